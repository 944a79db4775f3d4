PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-25 01:17:23');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-25 01:17:23');
CREATE TABLE conversation (
    id      TEXT   NOT NULL PRIMARY KEY,
    used_at BIGINT NOT NULL,
    turns   TEXT   NOT NULL -- a JSON array, the oldest first
);
INSERT INTO conversation VALUES('conversation',1939282200000,'[{"question":"第三点","briefing":"b","entry":"e","item":3,"slot":"where"}]');
CREATE TABLE seen (
    id         TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
INSERT INTO seen VALUES('event',253370764800000);
CREATE TABLE installation (
    workspace      TEXT   NOT NULL PRIMARY KEY,
    bot_user       TEXT   NOT NULL,
    scopes         TEXT   NOT NULL, -- separated by spaces
    access_sealed  BYTEA  NOT NULL,
    refresh_sealed BYTEA,           -- NULL where tokens do not expire
    key_id         BIGINT NOT NULL, -- of the key that both are sealed with
    installed_at   BIGINT NOT NULL,
    expires_at     BIGINT,          -- of the access token
    revision       BIGINT NOT NULL
);
INSERT INTO installation VALUES('T024BE7LD','U0BOT','app_mentions:read chat:write',X'0100ff27',X'0200fe',4000000000,1939282200000,1939325400000,1);
INSERT INTO installation VALUES('T2','U0BOT','',X'78',NULL,0,1939282200000,NULL,1);
CREATE TABLE tally (
    day  TEXT   NOT NULL,
    kind TEXT   NOT NULL,
    text TEXT   NOT NULL,
    n    BIGINT NOT NULL,
    PRIMARY KEY (day, kind, text)
);
INSERT INTO tally VALUES('2031-06-15','gap',replace('a "gap"\n<&> ','\n',char(10)),2);
CREATE TABLE preference (
    platform  TEXT   NOT NULL,
    user_id   TEXT   NOT NULL,
    lang      TEXT   NOT NULL,
    chosen_at BIGINT NOT NULL,
    PRIMARY KEY (platform, user_id)
);
INSERT INTO preference VALUES('slack','U1','zh-Hant',1795569443761);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',2);
CREATE INDEX conversation_used_at ON conversation (used_at);
CREATE INDEX seen_expires_at ON seen (expires_at);
CREATE INDEX preference_chosen_at ON preference (chosen_at);
COMMIT;
