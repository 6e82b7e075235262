-- Copies the events named in temp.keep, and everything about them, from the attached file `old` into this new one. The
-- counters are those since the file was made, so they stay as they are.
INSERT INTO main.event SELECT * FROM old.event WHERE hi IN (SELECT event FROM temp.keep) ORDER BY hi;
INSERT INTO main.attempt SELECT * FROM old.attempt WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.parked SELECT * FROM old.parked;
INSERT INTO main.ending SELECT * FROM old.ending WHERE event IN (SELECT event FROM temp.keep);
INSERT INTO main.attempt_by_endpoint
    SELECT endpoint, started_at, event, number FROM main.attempt ORDER BY endpoint, started_at, event, number;
DELETE FROM main.meta;
INSERT INTO main.meta SELECT * FROM old.meta;
