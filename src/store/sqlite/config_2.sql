-- posthaste.db, version 2: what the native API knows of endpoints, and records (ports/record.h).
ALTER TABLE endpoint ADD COLUMN uid TEXT;
-- JSON object of what has no column: description, version, throttle_rate, channels, filter, metadata, headers, failing_since,
-- updated_at, after_timeout_min (of the retry policy). A member that is not there has its default.
ALTER TABLE endpoint ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
CREATE UNIQUE INDEX endpoint_by_uid ON endpoint(application, uid) WHERE uid IS NOT NULL AND is_deleted = 0;

-- A record's id need not come from our generator (an organization's may be made from a token's text), so that its upper
-- half may be any number: the whole id is kept as 16 bytes, big-endian, whose order is that of ids.
CREATE TABLE record(
    kind         INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    organization BLOB    NOT NULL,
    parent       BLOB    NOT NULL,  -- 16 zero bytes: none
    name         TEXT,              -- NULL: without
    expires_at   INTEGER,
    revision     INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
-- Pages of one kind, by id.
CREATE INDEX record_by_kind ON record(kind, organization, id);
CREATE UNIQUE INDEX record_by_name ON record(kind, organization, parent, name) WHERE name IS NOT NULL;
CREATE INDEX record_by_expiry ON record(expires_at) WHERE expires_at IS NOT NULL;
