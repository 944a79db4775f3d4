PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-25 04:01:47');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-25 04:01:47');
INSERT INTO goose_db_version VALUES(3,2,1,'2026-11-25 04:01:47');
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
INSERT INTO preference VALUES('slack','U1','zh-Hant',1795579308079);
CREATE TABLE channel (
    place   TEXT   NOT NULL PRIMARY KEY, -- platform/workspace/channel
    numbers BIGINT NOT NULL
);
INSERT INTO channel VALUES('slack/T1/C1',2);
INSERT INTO channel VALUES('slack/T1/C2',1);
INSERT INTO channel VALUES('slack/T1/C3',1);
CREATE TABLE subscription (
    id         TEXT   NOT NULL PRIMARY KEY,
    platform   TEXT   NOT NULL,
    workspace  TEXT   NOT NULL,
    channel    TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    lane       TEXT   NOT NULL,
    settings   TEXT   NOT NULL, -- a JSON object
    state      TEXT   NOT NULL,
    reason     TEXT   NOT NULL, -- why it is stopped
    creator    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    next_at    BIGINT,          -- of the occurrence to come, NULL where none is
    next_date  TEXT   NOT NULL, -- its local date,
    next_clock BIGINT NOT NULL, -- and minutes since midnight
    edition    BIGINT NOT NULL, -- the channel knows what this one holds
    sent_at    BIGINT,
    revision   BIGINT NOT NULL,
    UNIQUE (platform, workspace, channel, number)
);
INSERT INTO subscription VALUES('fi1h126brniqt26urfe1','slack','T1','C1',1,'slack/T1','{"times":["09:00","18:30"],"zone":"Asia/Hong_Kong","days":"mon,tue,wed,thu,fri","topics":["harbour-forum-2031","潮汐"],"langs":["zh-Hans","en"],"style":"summary","empty":"say","revisit":true,"quiet":["2031-12-24/2031-12-26"]}','active','','U1',1795579307985,253370764800000,'9999-01-01',0,2,1795579308032,2);
INSERT INTO subscription VALUES('ga2b2qcaviskqckmelv2','slack','T1','C2',1,'slack/T1','{"times":["09:00","18:30"],"zone":"Asia/Hong_Kong","days":"mon,tue,wed,thu,fri","topics":["harbour-forum-2031","潮汐"],"langs":["zh-Hans","en"],"style":"summary","empty":"say","revisit":true,"quiet":["2031-12-24/2031-12-26"]}','active','','U1',1795579308069,253370764800000,'9999-01-01',0,2,NULL,2);
INSERT INTO subscription VALUES('ig0cqbkan9ubc8rd4jbc','slack','T1','C3',1,'slack/T1','{"times":["09:00","18:30"],"zone":"Asia/Hong_Kong","days":"mon,tue,wed,thu,fri","topics":["harbour-forum-2031","潮汐"],"langs":["zh-Hans","en"],"style":"summary","empty":"say","revisit":true,"quiet":["2031-12-24/2031-12-26"]}','paused','','U1',1795579308070,NULL,'',0,2,NULL,3);
CREATE TABLE occurrence (
    id                TEXT   NOT NULL PRIMARY KEY,
    subscription      TEXT   NOT NULL,
    place             TEXT   NOT NULL, -- as in channel
    lane              TEXT   NOT NULL,
    kind              TEXT   NOT NULL,
    due_at            BIGINT NOT NULL,
    due_date          TEXT   NOT NULL,
    due_clock         BIGINT NOT NULL,
    state             TEXT   NOT NULL,
    reason            TEXT   NOT NULL,
    attempts          BIGINT NOT NULL,
    fence             BIGINT NOT NULL, -- of whoever took it last
    edition           BIGINT NOT NULL, -- that it was composed from, 0 before
    langs             TEXT   NOT NULL, -- of its pages, separated by spaces
    ready_at          BIGINT,          -- when it may be taken, NULL once it is finished
    finished_at       BIGINT,          -- NULL before
    corrects          TEXT   NOT NULL, -- of a correction: the digest, the entry and what it has to say
    corrects_ref      TEXT   NOT NULL,
    corrects_revision TEXT   NOT NULL
);
INSERT INTO occurrence VALUES('fi1h126brniqt26urfe1/2000-01-01/0000','fi1h126brniqt26urfe1','slack/T1/C1','slack/T1','scheduled',946684800000,'2000-01-01',0,'sent','',1,1795579307991,2,'zh-Hans',NULL,1795579308032,'','','');
INSERT INTO occurrence VALUES('fi1h126brniqt26urfe1/2000-01-01/0000/c/vepq6hf66djd','fi1h126brniqt26urfe1','slack/T1/C1','slack/T1','correction',1795579308067,'2026-11-25',241,'sending','',1,1795579308073,0,'',1795579308067,NULL,'fi1h126brniqt26urfe1/2000-01-01/0000','harbour-forum-2031/a','r3');
INSERT INTO occurrence VALUES('ga2b2qcaviskqckmelv2/2000-01-01/0000','ga2b2qcaviskqckmelv2','slack/T1/C2','slack/T1','scheduled',946684800000,'2000-01-01',0,'sending','',1,1795579308073,2,'zh-Hans',946684800000,NULL,'','','');
INSERT INTO occurrence VALUES('ig0cqbkan9ubc8rd4jbc/2000-01-01/0001','ig0cqbkan9ubc8rd4jbc','slack/T1/C3','slack/T1','scheduled',946684860000,'2000-01-01',1,'skipped','paused',0,0,0,'',NULL,1795579308072,'','','');
CREATE TABLE page (
    occurrence TEXT   NOT NULL REFERENCES occurrence (id) ON DELETE CASCADE,
    n          BIGINT NOT NULL, -- from 0
    body       TEXT   NOT NULL, -- a JSON object
    below      BIGINT NOT NULL, -- 1 where it goes into a thread, 0 otherwise
    key_id     TEXT   NOT NULL,
    tried_at   BIGINT,          -- when it may have been posted first
    thread     TEXT   NOT NULL,
    post       TEXT,            -- NULL until it was posted
    PRIMARY KEY (occurrence, n)
);
INSERT INTO page VALUES('fi1h126brniqt26urfe1/2000-01-01/0000',0,'{"title":"first","lang":"zh-Hans","page":1,"of":2}',0,'keyfirst',1795579308023,'','171.1');
INSERT INTO page VALUES('fi1h126brniqt26urfe1/2000-01-01/0000',1,'{"title":"second","lang":"zh-Hans","page":1,"of":2}',1,'keysecond',1795579308023,'171.1','171.1b');
INSERT INTO page VALUES('ga2b2qcaviskqckmelv2/2000-01-01/0000',0,'{"title":"first","lang":"zh-Hans","page":1,"of":2}',0,'keyfirst',1795579308076,'','172.1');
INSERT INTO page VALUES('ga2b2qcaviskqckmelv2/2000-01-01/0000',1,'{"title":"second","lang":"zh-Hans","page":1,"of":2}',1,'keysecond',1795579308076,'',NULL);
CREATE TABLE carried (
    occurrence TEXT   NOT NULL REFERENCES occurrence (id) ON DELETE CASCADE,
    n          BIGINT NOT NULL, -- from 0
    number     BIGINT NOT NULL, -- under which it is shown, 0 for none
    ref        TEXT   NOT NULL, -- briefing/entry
    revision   TEXT   NOT NULL, -- that was told, by a correction of it too
    PRIMARY KEY (occurrence, n)
);
INSERT INTO carried VALUES('fi1h126brniqt26urfe1/2000-01-01/0000',0,1,'harbour-forum-2031/a','r2');
INSERT INTO carried VALUES('fi1h126brniqt26urfe1/2000-01-01/0000',1,0,'harbour-forum-2031/b','r1');
INSERT INTO carried VALUES('ga2b2qcaviskqckmelv2/2000-01-01/0000',0,1,'harbour-forum-2031/a','r2');
INSERT INTO carried VALUES('ga2b2qcaviskqckmelv2/2000-01-01/0000',1,0,'harbour-forum-2031/b','r1');
CREATE TABLE corrected (
    ref      TEXT   NOT NULL PRIMARY KEY,
    revision TEXT   NOT NULL,
    edition  BIGINT NOT NULL, -- the last one in which it became known, 0 for none
    noted_at BIGINT NOT NULL
);
INSERT INTO corrected VALUES('harbour-forum-2031/a','r3',0,1795579308066);
CREATE TABLE untold (
    subscription TEXT   NOT NULL PRIMARY KEY,
    platform     TEXT   NOT NULL,
    since        BIGINT NOT NULL, -- when it stopped
    tell_at      BIGINT NOT NULL
);
CREATE TABLE edition (
    number      BIGINT NOT NULL PRIMARY KEY,
    fingerprint TEXT   NOT NULL UNIQUE,
    used_at     BIGINT NOT NULL
);
INSERT INTO edition VALUES(1,'one',1795579307983);
INSERT INTO edition VALUES(2,'two',1795579307986);
CREATE TABLE known (
    ref      TEXT   NOT NULL,
    edition  BIGINT NOT NULL,
    revision TEXT   NOT NULL,
    PRIMARY KEY (ref, edition)
);
INSERT INTO known VALUES('harbour-forum-2031/a',1,'r1');
INSERT INTO known VALUES('harbour-forum-2031/b',1,'r1');
INSERT INTO known VALUES('harbour-forum-2031/a',2,'r2');
CREATE TABLE lane (
    id          TEXT   NOT NULL PRIMARY KEY,
    replica     TEXT   NOT NULL, -- '' for nobody
    fence       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL
);
INSERT INTO lane VALUES('slack/T1','',1795579308073,1795579308077);
CREATE TABLE replica (
    id          TEXT   NOT NULL PRIMARY KEY,
    lease_until BIGINT NOT NULL
);
INSERT INTO replica VALUES('r1',1795582908077);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',3);
CREATE INDEX conversation_used_at ON conversation (used_at);
CREATE INDEX seen_expires_at ON seen (expires_at);
CREATE INDEX preference_chosen_at ON preference (chosen_at);
CREATE INDEX subscription_next_at ON subscription (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX occurrence_ready ON occurrence (lane, (CASE WHEN kind = 'correction' THEN 1 ELSE 0 END), ready_at, id) WHERE ready_at IS NOT NULL;
CREATE INDEX occurrence_open ON occurrence (place, due_at, id) WHERE ready_at IS NOT NULL;
CREATE INDEX occurrence_history ON occurrence (subscription, due_at);
CREATE INDEX occurrence_told ON occurrence (place, edition) WHERE state = 'sent';
CREATE INDEX occurrence_finished ON occurrence (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX page_post ON page (post) WHERE post IS NOT NULL;
CREATE INDEX carried_ref ON carried (ref, occurrence);
COMMIT;
