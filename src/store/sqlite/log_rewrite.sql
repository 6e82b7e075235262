-- Copies the events named in temp.keep, and everything about them, from the attached file `old` into this new one. The
-- counters are those since the file was made, so they stay as they are. A key filter may hold more than there is.
INSERT INTO main.data_key SELECT * FROM old.data_key;
INSERT INTO main.event SELECT * FROM old.event WHERE hi IN (SELECT event FROM temp.keep) ORDER BY hi;
INSERT INTO main.attempt SELECT * FROM old.attempt WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.parked SELECT * FROM old.parked;
INSERT INTO main.ending SELECT * FROM old.ending WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.extra_target SELECT * FROM old.extra_target WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.payload_expiry SELECT * FROM old.payload_expiry WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.attempt_by_endpoint(endpoint, started_at, event, number, is_delivered)
    SELECT endpoint, started_at, event, number, outcome = 0 FROM main.attempt
    ORDER BY endpoint, started_at, event, number;
INSERT INTO main.event_by_application
    SELECT * FROM old.event_by_application WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.event_key_sorted SELECT * FROM old.event_key_sorted WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.key_filter SELECT * FROM old.key_filter;
DELETE FROM main.meta;
INSERT INTO main.meta SELECT * FROM old.meta;
