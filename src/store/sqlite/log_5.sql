-- log/<period>.db, version 5: events that are to be delivered at a time of their own.
ALTER TABLE event ADD COLUMN deliver_at INTEGER;          -- NULL: at once
