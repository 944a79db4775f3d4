-- One text for both engines, as the first one.

-- +goose Up

-- How many subscriptions a channel ever had: numbers are not given twice.
CREATE TABLE channel (
    place   TEXT   NOT NULL PRIMARY KEY, -- platform/workspace/channel
    numbers BIGINT NOT NULL
);

-- The wish of a channel for digests.
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
CREATE INDEX subscription_next_at ON subscription (next_at, id) WHERE next_at IS NOT NULL;

-- What was, is or will be sent on behalf of a subscription, which may be gone.
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
-- Digests come before corrections.
CREATE INDEX occurrence_ready ON occurrence (lane, (CASE WHEN kind = 'correction' THEN 1 ELSE 0 END), ready_at, id) WHERE ready_at IS NOT NULL;
CREATE INDEX occurrence_open ON occurrence (place, due_at, id) WHERE ready_at IS NOT NULL;
CREATE INDEX occurrence_history ON occurrence (subscription, due_at);
CREATE INDEX occurrence_told ON occurrence (place, edition) WHERE state = 'sent';
CREATE INDEX occurrence_finished ON occurrence (finished_at) WHERE finished_at IS NOT NULL;

-- The pages of an occurrence and, once they stand, their messages.
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
CREATE INDEX page_post ON page (post) WHERE post IS NOT NULL;

-- The entries that an occurrence tells of.
CREATE TABLE carried (
    occurrence TEXT   NOT NULL REFERENCES occurrence (id) ON DELETE CASCADE,
    n          BIGINT NOT NULL, -- from 0
    number     BIGINT NOT NULL, -- under which it is shown, 0 for none
    ref        TEXT   NOT NULL, -- briefing/entry
    revision   TEXT   NOT NULL, -- that was told, by a correction of it too
    PRIMARY KEY (occurrence, n)
);
CREATE INDEX carried_ref ON carried (ref, occurrence);

-- What entries were corrected to: digests that were composed before and are
-- sent later are corrected too.
CREATE TABLE corrected (
    ref      TEXT   NOT NULL PRIMARY KEY,
    revision TEXT   NOT NULL,
    edition  BIGINT NOT NULL, -- the last one in which it became known, 0 for none
    noted_at BIGINT NOT NULL
);

-- Subscriptions that have stopped and whose creators are still to be told.
CREATE TABLE untold (
    subscription TEXT   NOT NULL PRIMARY KEY,
    platform     TEXT   NOT NULL,
    since        BIGINT NOT NULL, -- when it stopped
    tell_at      BIGINT NOT NULL
);

-- The libraries that this database has come to know.
CREATE TABLE edition (
    number      BIGINT NOT NULL PRIMARY KEY,
    fingerprint TEXT   NOT NULL UNIQUE,
    used_at     BIGINT NOT NULL
);

-- What an edition knows of an entry, where the one before knows it otherwise.
CREATE TABLE known (
    ref      TEXT   NOT NULL,
    edition  BIGINT NOT NULL,
    revision TEXT   NOT NULL,
    PRIMARY KEY (ref, edition)
);

-- Who delivers what, and until when.
CREATE TABLE lane (
    id          TEXT   NOT NULL PRIMARY KEY,
    replica     TEXT   NOT NULL, -- '' for nobody
    fence       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL
);
CREATE TABLE replica (
    id          TEXT   NOT NULL PRIMARY KEY,
    lease_until BIGINT NOT NULL
);
