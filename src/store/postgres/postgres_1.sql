-- The tables of a posthaste database. Version 1.
-- To change them: add postgres_2.sql, append it to the list in schema.cc, never edit this file once it was published.
--
-- Times and durations are microseconds, ids of 128 bits are uuids; hi and lo are an id's halves, and hi alone is unique in a
-- database. Texts hold what people wrote; what PostgreSQL refuses in a text is escaped (pg_values.h).

-- Who writes, and what the last commit left. One row for each shard of lanes; for now there is one shard, 0. Every commit
-- changes its row, and fails when the epoch is not its own: a server that lost the database cannot write any more.
CREATE TABLE writer(
    shard         smallint PRIMARY KEY,
    epoch         bigint   NOT NULL,      -- grows whenever somebody takes the lease
    owner         uuid,                   -- one opening of the store; NULL: nobody
    server        text     NOT NULL,      -- for people
    backend       integer  NOT NULL,      -- the owner's connection: when it is gone, so is the owner
    backend_start timestamptz,
    expires_at    timestamptz NOT NULL,   -- by the database's clock
    commits       bigint   NOT NULL,
    watermark     bigint   NOT NULL,      -- every delivery of events up to this hi is settled or parked
    newest_id     bigint   NOT NULL,      -- no id at or below was left unissued
    events        bigint   NOT NULL,      -- counters of the whole life of the database
    accepted      bigint   NOT NULL,
    delivered     bigint   NOT NULL,
    dead          bigint   NOT NULL,
    cancelled     bigint   NOT NULL,
    parked        bigint   NOT NULL       -- rows in `parked`
) WITH (fillfactor = 20);
INSERT INTO writer VALUES (0, 0, NULL, '', 0, NULL, '-infinity', 0, 0, 0, 0, 0, 0, 0, 0, 0);

-- ---- the log: partitioned by event, a partition holds a span of time ------------------------------------------------------

-- The partitions that are. event_N, attempt_N and delivery_N belong to the row with first_hi = N.
CREATE TABLE log_partition(
    first_hi   bigint  PRIMARY KEY,
    end_hi     bigint  NOT NULL,          -- exclusive
    is_leaving boolean NOT NULL DEFAULT false,  -- being dropped; nothing in it counts any more
    data_key   bytea                      -- 32 bytes, sealed: the key of its sealed payloads
);

CREATE TABLE event(
    hi                 bigint   NOT NULL,  -- issued in commit order: every insert appends
    lo                 bigint   NOT NULL,
    shard              smallint NOT NULL DEFAULT 0,  -- whose tail it was in
    accepted_at        bigint   NOT NULL,
    organization       uuid     NOT NULL,
    application        uuid     NOT NULL,
    type               text     NOT NULL,
    targets            bytea    NOT NULL,  -- endpoint ids, 16 bytes each
    payload            bytea   NOT NULL,
    uid                text,
    uid_key            uuid,               -- of application and uid: uid_digest() in log_rows.h
    request_key        uuid,
    channels           text,               -- a list (netstring.h); NULL: none
    tags               text,
    body               bytea,
    payload_expires_at bigint,
    deliver_at         bigint,
    is_expunged        boolean  NOT NULL DEFAULT false,
    is_sealed          boolean  NOT NULL DEFAULT false,  -- payload and body
    PRIMARY KEY (hi)
) PARTITION BY RANGE (hi);
CREATE INDEX event_by_application ON event(application, hi);
CREATE INDEX event_by_uid ON event(uid_key) WHERE uid_key IS NOT NULL;
CREATE INDEX event_by_request ON event(request_key) WHERE request_key IS NOT NULL;
CREATE INDEX event_by_payload_end ON event(payload_expires_at)
    WHERE payload_expires_at IS NOT NULL AND NOT is_expunged;

CREATE TABLE attempt(
    event            bigint   NOT NULL,
    endpoint         bigint   NOT NULL,
    number           integer  NOT NULL,
    started_at       bigint   NOT NULL,
    outcome          smallint NOT NULL,
    status_code      smallint NOT NULL,
    state_after      smallint NOT NULL,    -- 2 delivered settles the delivery
    trigger          smallint NOT NULL,
    queue_lag        bigint   NOT NULL,
    dns              bigint   NOT NULL,
    connect          bigint   NOT NULL,
    tls              bigint   NOT NULL,
    first_byte       bigint   NOT NULL,
    total            bigint   NOT NULL,
    response         text     NOT NULL,
    sealed_response  bytea,                -- `response` is '' then
    response_headers bytea,                -- domain/kept_headers.h; NULL: none were kept. Sealed where sealed_response is
    PRIMARY KEY (event, endpoint, number)
) PARTITION BY RANGE (event);
CREATE INDEX attempt_by_endpoint ON attempt(endpoint, started_at);

-- Deliveries of which more must be known than events and attempts tell: those that ended otherwise than by an attempt that
-- delivered, and those that a resend made.
CREATE TABLE delivery(
    event       bigint   NOT NULL,
    endpoint    bigint   NOT NULL,
    endpoint_lo bigint   NOT NULL,
    is_added    boolean  NOT NULL,         -- the event's own targets do not name it
    state       smallint,                  -- how it ended; NULL: it has not, or an attempt says so
    at          bigint   NOT NULL,         -- of its end
    PRIMARY KEY (event, endpoint)
) PARTITION BY RANGE (event);

-- Deliveries that wait. Not partitioned: a lane pages its rows in by (endpoint, due), whenever their events came.
CREATE TABLE parked(
    event         bigint   NOT NULL,
    endpoint      bigint   NOT NULL,
    endpoint_lo   bigint   NOT NULL,
    shard         smallint NOT NULL DEFAULT 0,  -- whose lane it waits in
    due           bigint   NOT NULL,
    attempts_made integer  NOT NULL,
    manual_made   integer  NOT NULL,
    trigger       smallint NOT NULL,
    resume_due    bigint,
    PRIMARY KEY (event, endpoint)
);
CREATE INDEX parked_by_due ON parked(endpoint, due, event);

-- ---- configuration -----------------------------------------------------------------------------------------------------

CREATE TABLE endpoint(
    id           uuid    PRIMARY KEY,
    organization uuid    NOT NULL,
    application  uuid    NOT NULL,
    uid          text,
    is_deleted   boolean NOT NULL,
    revision     bigint  NOT NULL,
    details      text    NOT NULL,         -- fields (endpoint_fields.h)
    sealed       bytea   NOT NULL          -- URL, secrets and headers (endpoint_secrets.h)
);
CREATE UNIQUE INDEX endpoint_by_uid ON endpoint(application, uid) WHERE uid IS NOT NULL AND NOT is_deleted;

CREATE TABLE record(
    kind         smallint NOT NULL,
    id           uuid     NOT NULL,
    organization uuid     NOT NULL,
    parent       uuid     NOT NULL,        -- zeros: none
    name         text,                     -- NULL: without
    label        text,                     -- NULL: without
    expires_at   bigint,
    revision     bigint   NOT NULL,
    body         text     NOT NULL,
    sealed       bytea,                    -- of kinds that bear secrets; `body` is '' then
    PRIMARY KEY (kind, id)
);
CREATE INDEX record_by_kind ON record(kind, organization, id);
CREATE UNIQUE INDEX record_by_name ON record(kind, organization, parent, name) WHERE name IS NOT NULL;
CREATE INDEX record_by_parent ON record(kind, parent, id);
CREATE INDEX record_by_label ON record(kind, parent, label, id) WHERE label IS NOT NULL;
CREATE INDEX record_by_expiry ON record(expires_at) WHERE expires_at IS NOT NULL;

-- The keys that values of these tables may be sealed with. A key is noted before it seals.
CREATE TABLE sealing_key(
    id text PRIMARY KEY                    -- 16 hexadecimal digits
);

CREATE TABLE audit(
    sequence     bigint PRIMARY KEY,       -- 1, 2, …, without gaps
    at           bigint NOT NULL,
    organization uuid   NOT NULL,
    actor        text   NOT NULL,
    actor_name   text   NOT NULL,
    address      text   NOT NULL,
    action       text   NOT NULL,
    object       text   NOT NULL,
    before       text   NOT NULL,
    after        text   NOT NULL,
    hash         bytea  NOT NULL           -- of this entry and the hash before it
);
CREATE INDEX audit_by_organization ON audit(organization, sequence);
CREATE INDEX audit_by_object ON audit(organization, object, sequence);
CREATE INDEX audit_by_actor ON audit(organization, actor, sequence);

-- Entries are only ever appended. This stops mistakes; whoever can drop a trigger is noticed by the hashes.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
