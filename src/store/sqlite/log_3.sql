-- log/<period>.db, version 3: tags of events.
ALTER TABLE event ADD COLUMN tags TEXT;                   -- JSON array; NULL: none
