-- posthaste.db: configuration, and what outlives the log files. Version 1.
-- To change it: add config_2.sql, append it to the list in config_file.cc, never edit this file.
CREATE TABLE endpoint(
    hi              INTEGER PRIMARY KEY,  -- upper half of the id, unique in this database
    lo              INTEGER NOT NULL,
    organization    BLOB    NOT NULL,     -- ids: 16 bytes, big-endian
    application     BLOB    NOT NULL,
    profile         INTEGER NOT NULL,
    url             TEXT    NOT NULL,
    secret          TEXT,
    old_secrets     TEXT    NOT NULL,     -- JSON: [["secret", expiry in µs], ...]
    event_types     TEXT,                 -- JSON array of names; NULL: no filter
    is_active       INTEGER NOT NULL,
    is_deleted      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,     -- times and durations in µs
    gaps            TEXT    NOT NULL,     -- JSON array
    base            INTEGER NOT NULL,
    factor          REAL    NOT NULL,
    delay_max       INTEGER NOT NULL,
    jitter          INTEGER NOT NULL,
    jitter_fraction REAL    NOT NULL,
    attempts_max    INTEGER NOT NULL,
    age_max         INTEGER,
    timeout         INTEGER NOT NULL,
    in_flight_max   INTEGER NOT NULL,
    revision        INTEGER NOT NULL
) STRICT;

-- Counters of log files that retention has dropped, and the highest id ever issued in one of them.
CREATE TABLE total(
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    events    INTEGER NOT NULL,
    accepted  INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    dead      INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    id_floor  INTEGER NOT NULL
) STRICT;
INSERT INTO total VALUES (1, 0, 0, 0, 0, 0, 0);

-- Log files whose counters are in `total` already. Written in the same transaction, so that a crash before the file is
-- unlinked cannot count it twice; the row goes once the file is gone.
CREATE TABLE folded(
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
