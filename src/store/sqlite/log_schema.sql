-- log/<period>.db: everything about the events of one period. Version 1.
-- To change it: add log_2.sql, append it to the list in log_file.cc, never edit this file.
--
-- The happy path appends to `event` and, one commit later, to `attempt`, and updates the one row of `meta`.
-- `event` in other tables is event.hi; `endpoint` is the upper half of the endpoint's id, unique in this database.
CREATE TABLE meta(
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    watermark INTEGER NOT NULL,  -- every delivery of events up to this hi is settled or parked
    events    INTEGER NOT NULL,  -- counters since the file was made; rows may have gone since
    accepted  INTEGER NOT NULL,  -- deliveries
    delivered INTEGER NOT NULL,
    dead      INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    parked    INTEGER NOT NULL,  -- rows in `parked`
    stage     INTEGER NOT NULL,  -- 0 open, 1 closed, 2 closed and attempt_by_endpoint is complete
    commits   INTEGER NOT NULL   -- grows with every transaction
) STRICT;

CREATE TABLE event(
    hi           INTEGER PRIMARY KEY,  -- issued in commit order: every insert appends
    lo           INTEGER NOT NULL,
    accepted_at  INTEGER NOT NULL,     -- times and durations in µs
    organization BLOB    NOT NULL,     -- ids: 16 bytes, big-endian
    application  BLOB    NOT NULL,
    type         TEXT    NOT NULL,
    targets      BLOB    NOT NULL,     -- endpoint ids, 16 bytes each
    payload      BLOB    NOT NULL
) STRICT;

CREATE TABLE attempt(
    event       INTEGER NOT NULL,
    endpoint    INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    outcome     INTEGER NOT NULL,
    status_code INTEGER NOT NULL,
    state_after INTEGER NOT NULL,      -- 2 delivered settles the delivery
    queue_lag   INTEGER NOT NULL,
    dns         INTEGER NOT NULL,
    connect     INTEGER NOT NULL,
    tls         INTEGER NOT NULL,
    first_byte  INTEGER NOT NULL,
    total       INTEGER NOT NULL,
    response    TEXT    NOT NULL,
    PRIMARY KEY (event, endpoint, number)
) STRICT, WITHOUT ROWID;

-- Deliveries that wait. A lane pages them in by its primary key.
CREATE TABLE parked(
    endpoint      INTEGER NOT NULL,
    due           INTEGER NOT NULL,
    event         INTEGER NOT NULL,
    attempts_made INTEGER NOT NULL,
    PRIMARY KEY (endpoint, due, event)
) STRICT, WITHOUT ROWID;
-- A delivery is parked at most once. Also answers "is it parked, and until when?" for one event.
CREATE UNIQUE INDEX parked_by_event ON parked(event, endpoint);

-- Deliveries settled otherwise than by a delivered attempt: dead and cancelled.
CREATE TABLE ending(
    event    INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (event, endpoint)
) STRICT, WITHOUT ROWID;

-- "Attempts of an endpoint, newest first". Filled when the file is closed; in memory until then.
CREATE TABLE attempt_by_endpoint(
    endpoint   INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    event      INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (endpoint, started_at, event, number)
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
