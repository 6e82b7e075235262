-- log/<period>.db, version 6: the headers of answers are kept (domain/kept_headers.h).
-- NULL: none were. Where sealed_response is not NULL, they are in it, in front of the body and a NUL, and here is nothing.
ALTER TABLE attempt ADD COLUMN response_headers BLOB;
