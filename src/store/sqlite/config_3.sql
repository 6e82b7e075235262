-- posthaste.db, version 3: mailboxes, lists of records by label and parent, and the audit log (domain/audit.h).
ALTER TABLE endpoint ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoint ADD COLUMN ingest_key TEXT;

ALTER TABLE record ADD COLUMN label TEXT;  -- NULL: without
-- Pages of what belongs to one object, all of it or with one label.
CREATE INDEX record_by_parent ON record(kind, parent, id);
CREATE INDEX record_by_label ON record(kind, parent, label, id) WHERE label IS NOT NULL;

CREATE TABLE audit(
    sequence     INTEGER PRIMARY KEY,  -- 1, 2, …, without gaps
    at           INTEGER NOT NULL,     -- µs
    organization BLOB    NOT NULL,
    actor        TEXT    NOT NULL,
    actor_name   TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    object       TEXT    NOT NULL,
    before       TEXT    NOT NULL,
    after        TEXT    NOT NULL,
    hash         BLOB    NOT NULL      -- of this entry and the hash before it
) STRICT;
CREATE INDEX audit_by_organization ON audit(organization, sequence);
-- What happened to one object, and what one actor did.
CREATE INDEX audit_by_object ON audit(organization, object, sequence);
CREATE INDEX audit_by_actor ON audit(organization, actor, sequence);

-- Entries are only ever appended. This stops mistakes; whoever can drop a trigger is noticed by the hashes.
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
-- Also refuses INSERT OR REPLACE, which would delete without asking the trigger above.
CREATE TRIGGER audit_has_no_gaps BEFORE INSERT ON audit
WHEN new.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit)
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
