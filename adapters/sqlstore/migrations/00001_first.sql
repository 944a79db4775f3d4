-- One text for both engines. Instants are milliseconds since 1970 in UTC, days
-- are texts such as 2031-06-15. SQLite takes the name of a type as a hint:
-- BIGINT is its integer, BYTEA holds blobs as they are.

-- +goose Up

-- The last answers of a conversation, for follow-ups.
CREATE TABLE conversation (
    id      TEXT   NOT NULL PRIMARY KEY,
    used_at BIGINT NOT NULL,
    turns   TEXT   NOT NULL -- a JSON array, the oldest first
);
CREATE INDEX conversation_used_at ON conversation (used_at);

-- Ids of events and interactions that have been handled.
CREATE TABLE seen (
    id         TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX seen_expires_at ON seen (expires_at);

-- The workspaces that the bot was installed in.
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

-- How often something happened on a day, without who.
CREATE TABLE tally (
    day  TEXT   NOT NULL,
    kind TEXT   NOT NULL,
    text TEXT   NOT NULL,
    n    BIGINT NOT NULL,
    PRIMARY KEY (day, kind, text)
);

-- What users have chosen.
CREATE TABLE preference (
    platform  TEXT   NOT NULL,
    user_id   TEXT   NOT NULL,
    lang      TEXT   NOT NULL,
    chosen_at BIGINT NOT NULL,
    PRIMARY KEY (platform, user_id)
);
CREATE INDEX preference_chosen_at ON preference (chosen_at);
