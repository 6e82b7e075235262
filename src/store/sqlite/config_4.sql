-- posthaste.db, version 4: secrets are sealed (domain/sealing.h), with the functions of config_sealing.cc.

-- The keys that values of this file may be sealed with, by id. A key is noted before it seals, and its row goes after
-- everything was sealed anew and the file was written anew. The row '' says that texts from before version 4 may still lie
-- in unused parts of pages.
CREATE TABLE sealing_key(
    id TEXT PRIMARY KEY                    -- 16 hexadecimal digits, or ''
) STRICT, WITHOUT ROWID;
INSERT INTO sealing_key VALUES (primary_key_id());
INSERT INTO sealing_key SELECT ''
    WHERE (SELECT id_floor FROM total) > 0 OR EXISTS (SELECT * FROM endpoint) OR EXISTS (SELECT * FROM record);

-- URL, secrets and headers (endpoint_secrets.h).
ALTER TABLE endpoint ADD COLUMN sealed BLOB;
UPDATE endpoint SET
    sealed = seal_endpoint(hi, lo,
        secret_field('url', url) ||
        secret_field('secret', secret) ||
        coalesce((SELECT group_concat(secret_field('old_secret',
                      json_extract(value, '$[1]') || ' ' || json_extract(value, '$[0]')), '')
                  FROM json_each(old_secrets)), '') ||
        secret_field('ingest_key', ingest_key) ||
        coalesce((SELECT group_concat(secret_field('header',
                      json_extract(value, '$[0]') || ': ' || json_extract(value, '$[1]')), '')
                  FROM json_each(details, '$.headers')), '')),
    details = json_remove(details, '$.headers');
ALTER TABLE endpoint DROP COLUMN url;
ALTER TABLE endpoint DROP COLUMN secret;
ALTER TABLE endpoint DROP COLUMN old_secrets;
ALTER TABLE endpoint DROP COLUMN ingest_key;

-- The body of a record whose kind bears secrets (ports/record.h); `body` is '' then.
ALTER TABLE record ADD COLUMN sealed BLOB;
UPDATE record SET sealed = seal_record(kind, id, body), body = '' WHERE kind IN (5, 6, 7, 11);
