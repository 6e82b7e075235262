-- log/<period>.db, version 4: payloads, bodies and responses may be sealed, with a key of this file's own (log_file_sealing.cc).
CREATE TABLE data_key(
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL              -- 32 bytes, sealed with an encryption key (domain/sealing.h)
) STRICT;
ALTER TABLE event ADD COLUMN is_sealed INTEGER NOT NULL DEFAULT 0;  -- payload and body
ALTER TABLE attempt ADD COLUMN sealed_response BLOB;                -- `response` is '' then
