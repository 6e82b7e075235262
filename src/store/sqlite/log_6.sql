-- log/<period>.db, version 6: the headers of answers are kept (domain/kept_headers.h).
-- NULL: none were. Sealed where sealed_response is not NULL.
ALTER TABLE attempt ADD COLUMN response_headers BLOB;
