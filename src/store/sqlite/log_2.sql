-- log/<period>.db, version 2: what the native API asks of events, resends, and looking events up by name and application.
ALTER TABLE event ADD COLUMN uid TEXT;
ALTER TABLE event ADD COLUMN channels TEXT;               -- JSON array; NULL: none
ALTER TABLE event ADD COLUMN body BLOB;
ALTER TABLE event ADD COLUMN request_key BLOB;            -- 16 bytes
ALTER TABLE event ADD COLUMN payload_expires_at INTEGER;
ALTER TABLE event ADD COLUMN is_expunged INTEGER NOT NULL DEFAULT 0;

ALTER TABLE attempt ADD COLUMN trigger INTEGER NOT NULL DEFAULT 0;

ALTER TABLE parked ADD COLUMN manual_made INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parked ADD COLUMN trigger INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parked ADD COLUMN resume_due INTEGER;

-- Targets that resends have added.
CREATE TABLE extra_target(
    event    INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    lo       INTEGER NOT NULL,         -- lower half of the endpoint's id
    PRIMARY KEY (event, endpoint)
) STRICT, WITHOUT ROWID;

-- Events whose payload goes at a time of its own.
CREATE TABLE payload_expiry(
    at    INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (at, event)
) STRICT, WITHOUT ROWID;

-- The keys (event_key.h) of the events' names: a row per commit that brought some. Read whole, after a restart and when the
-- file is closed.
CREATE TABLE event_key(
    id   INTEGER PRIMARY KEY,
    keys BLOB NOT NULL                 -- 16 bytes each: key, event; little-endian
) STRICT;

-- Filled when the file is closed; in memory until then.
CREATE TABLE event_key_sorted(
    key   INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (key, event)
) STRICT, WITHOUT ROWID;
-- One row once event_key_sorted is complete: how many keys of each kind, and their Bloom filter.
CREATE TABLE key_filter(
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    requests INTEGER NOT NULL,
    uids     INTEGER NOT NULL,
    bits     BLOB    NOT NULL
) STRICT;
-- "Events of an application", by the upper half of its id.
CREATE TABLE event_by_application(
    application INTEGER NOT NULL,
    event       INTEGER NOT NULL,
    PRIMARY KEY (application, event)
) STRICT, WITHOUT ROWID;

-- So that attempts are counted by outcome without looking each one up.
ALTER TABLE attempt_by_endpoint ADD COLUMN is_delivered INTEGER NOT NULL DEFAULT 0;
-- The tables of a file that was closed before are filled in the background, as those of a file that was just closed.
UPDATE meta SET stage = 1 WHERE stage = 2;
