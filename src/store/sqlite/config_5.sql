-- posthaste.db, version 5: lists are searched by name in their index. A list of contacts may have 100,000 rows, and looking
-- up each of them for its name took three times as long.
DROP INDEX record_by_parent;
DROP INDEX record_by_label;
CREATE INDEX record_by_parent ON record(kind, parent, id, name);
CREATE INDEX record_by_label ON record(kind, parent, label, id, name) WHERE label IS NOT NULL;
