-- How much may be opened: a ceiling for a login that grows with the district, and a limit for each person. And a cheaper entry.

-- PostgreSQL reads the text of a CHECK anew in every statement, so the table keeps one short one. That a hold has a time is held where holds are
-- decided (the record of disclosures); an entry with half of one is shown to nobody.
ALTER TABLE trail.entry DROP CONSTRAINT shape;
ALTER TABLE trail.entry ADD CONSTRAINT shape CHECK (cardinality(record_ids) <= 1000);

-- The entry of an access that opens something: the only way to write the hash of a key. What opens is what a family's page shows, which filters by
-- record_ids alone; a search and an auditor's page show no value of a record. `students` are at most 1,000 ids, `places` the schools of a search.
--
-- A function and not INSERT with CHECKs and a trigger: its statements are planned once in a session, and PostgreSQL reads no CHECK's text anew.
-- Few and short expressions, since plpgsql makes each ready anew in every transaction; each counter is read once. What others count between that
-- and the end is seen in the counter that this entry moves itself, so requests of one moment may pass the ceiling by 99 students each.
CREATE OR REPLACE FUNCTION door.enter(kind text, who bigint, worn text, purpose text, basis text, grant_id bigint, rule_version text, request text, address inet,
    elements text[], students bigint[], places bigint[], data jsonb, hash bytea, OUT id bigint, OUT at timestamptz)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  many integer := coalesce(cardinality(students), 25);
  this_hour bigint := floor(date_part('epoch', clock_timestamp()) / 3600);
  -- ones, tens, hundreds, the most; other logins open nothing
  counters regclass[] := CASE session_user
    WHEN 'portal_app' THEN '{door.ones_of_app,door.tens_of_app,door.hundreds_of_app,door.most_of_app}'::regclass[]
    WHEN 'portal_keeper' THEN '{door.ones_of_keeper,door.tens_of_keeper,door.hundreds_of_keeper,door.most_of_keeper}'::regclass[] END;
  ones bigint := pg_sequence_last_value(counters[1]);
  tens bigint := pg_sequence_last_value(counters[2]);
  hundreds bigint := pg_sequence_last_value(counters[3]);
  most bigint;
BEGIN
  IF (octet_length(hash) = 32 AND purpose IS NOT NULL AND elements IS NOT NULL AND many BETWEEN 1 AND 1000 AND CASE
      WHEN elements = '{search}' THEN who IS NOT NULL AND students IS NULL AND places IS NOT NULL AND cardinality(places) BETWEEN 1 AND 50
      -- somebody at the server's own command line has no account: the entry says so
      WHEN elements = '{audit}' THEN places IS NULL
      ELSE who IS NOT NULL AND places IS NULL AND array_ndims(students) = 1 AND array_position(students, NULL) IS NULL AND NOT elements && '{audit,search}'
    END) IS NOT TRUE THEN
    RAISE EXCEPTION 'this entry may not open anything' USING ERRCODE = 'check_violation', SCHEMA = 'trail', TABLE = 'entry', CONSTRAINT = 'opens'; END IF;
  IF (ones / 10000000000 BETWEEN this_hour AND this_hour + 1) IS NOT TRUE THEN
    IF counters IS NULL THEN RAISE EXCEPTION 'this login may open nothing' USING ERRCODE = '53400'; END IF;
    PERFORM door.turn_hour(counters, this_hour);
    ones := pg_sequence_last_value(counters[1]);
    tens := pg_sequence_last_value(counters[2]);
    hundreds := pg_sequence_last_value(counters[3]);
  END IF;
  most := pg_sequence_last_value(counters[4]);
  -- Too many is said before it counts, so that somebody else may still open few; whoever came at the same moment is seen after.
  IF ones % 10000000000 + tens % 10000000000 + hundreds % 10000000000 + many > most THEN
    RAISE EXCEPTION 'this login has opened too many student records in this hour' USING ERRCODE = '53400'; END IF;
  FOR i IN 1..many / 100 LOOP hundreds := nextval(counters[3]); END LOOP;
  FOR i IN 1..many % 100 / 10 LOOP tens := nextval(counters[2]); END LOOP;
  FOR i IN 1..many % 10 LOOP ones := nextval(counters[1]); END LOOP;
  IF ones % 10000000000 + tens % 10000000000 + hundreds % 10000000000 > most THEN
    RAISE EXCEPTION 'this login has opened too many student records in this hour' USING ERRCODE = '53400'; END IF;
  INSERT INTO trail.entry AS e (action, kind, actor_id, hat, purpose, basis, grant_id, rule_version, cid, remote_addr, elements, record_ids, places, additional_data, key_hash)
    VALUES (3, kind, who, worn, purpose, basis, grant_id, rule_version, request, address, elements, students, places, data, hash)
    RETURNING e.id, e."timestamp" INTO id, at; END $$;

-- The ceiling grows with the district: `per_student` looks an hour at each student whose identity the portal holds, and never less than `at_least`.
-- Every import sets it anew. The application may add rows to the students' anchors, but not to their identities, so it cannot lift its own ceiling.
ALTER TABLE door.ceiling ADD COLUMN at_least bigint NOT NULL DEFAULT 30000 CHECK (at_least > 0), ADD COLUMN per_student integer NOT NULL DEFAULT 4 CHECK (per_student >= 0);
UPDATE door.ceiling SET at_least = 200000 WHERE login = 'portal_keeper';
GRANT SELECT, UPDATE ON SEQUENCE door.most_of_app, door.most_of_keeper TO portal_door;      -- the trigger repeats the ceiling there
GRANT EXECUTE ON FUNCTION door.ceiling_changed() TO portal_door;

-- The limit for each person: different students opened in an hour and in a day, by the role in which they are opened; '' is every other role. Only the
-- owner changes it. Families are not counted (they open their own), nor are a teacher's own class lists by rule, which a school day needs.
CREATE TABLE door.volume(hat text PRIMARY KEY, an_hour integer NOT NULL CHECK (an_hour > 0), a_day integer NOT NULL CHECK (a_day >= an_hour));
INSERT INTO door.volume VALUES ('', 300, 1000), ('secretary', 600, 2000);
CREATE TABLE door.reader(id bigint PRIMARY KEY);       -- whose row is locked while somebody's looks are counted: two requests at once cannot both be the last
GRANT SELECT ON door.volume TO portal_door;
GRANT SELECT, INSERT, UPDATE ON door.reader TO portal_door;

-- May this person, in this role, open these students too? `stopped`, with the moment from which on it is possible (NULL: never at once, they are more
-- than the limit), and an entry that says so. `students` NULL: one more, whoever it may be. Counted from the trail, so no session and no restart forgets.
CREATE FUNCTION door.counted(who bigint, worn text, purpose text, request text, address inet, students bigint[], OUT stopped boolean, OUT until timestamptz)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE most record; wanted bigint[] := coalesce(students, '{0}'); hour_until timestamptz; day_until timestamptz; over_hour boolean; over_day boolean; BEGIN
  stopped := false;
  INSERT INTO door.reader AS r (id) VALUES (who) ON CONFLICT ON CONSTRAINT reader_pkey DO NOTHING;
  PERFORM FROM door.reader r WHERE r.id = who FOR UPDATE;
  SELECT v.an_hour, v.a_day INTO most FROM door.volume v WHERE v.hat IN (worn, '') ORDER BY v.hat DESC LIMIT 1;
  -- Each student counts once, at the last time: the students whose time must be over before there is room for the new ones.
  WITH seen AS MATERIALIZED (
    SELECT s.id, max(e."timestamp") AS last FROM trail.entry e CROSS JOIN LATERAL unnest(e.record_ids) AS s(id)
     WHERE e.actor_id = who AND e."timestamp" > clock_timestamp() - interval '1 day' AND e.login = session_user AND e.key_hash IS NOT NULL AND e.elements <> '{audit}'
       AND (e.hat IS NULL OR e.hat NOT IN ('guardian', 'student')) AND NOT (e.kind = 'records.class_list.opened' AND e.grant_id IS NULL) AND NOT s.id = ANY (wanted)
     GROUP BY s.id),
  room AS (SELECT (SELECT count(*) FROM seen x WHERE x.last > clock_timestamp() - interval '1 hour') + cardinality(wanted) - most.an_hour AS hour,
    (SELECT count(*) FROM seen) + cardinality(wanted) - most.a_day AS day)
  SELECT r.hour > 0, r.day > 0,
    (SELECT x.last + interval '1 hour' FROM seen x WHERE x.last > clock_timestamp() - interval '1 hour' ORDER BY x.last OFFSET greatest(r.hour - 1, 0) LIMIT 1),
    (SELECT x.last + interval '1 day' FROM seen x ORDER BY x.last OFFSET greatest(r.day - 1, 0) LIMIT 1)
    INTO over_hour, over_day, hour_until, day_until FROM room r;
  IF NOT over_hour AND NOT over_day THEN RETURN; END IF;
  stopped := true;
  IF cardinality(wanted) <= most.an_hour THEN until := greatest(CASE WHEN over_hour THEN hour_until END, CASE WHEN over_day THEN day_until END); END IF;
  INSERT INTO trail.entry(action, kind, actor_id, hat, purpose, cid, remote_addr, additional_data)
    VALUES (3, 'records.limit.reached', who, worn, purpose, request, address,
      jsonb_build_object('per', CASE WHEN over_day THEN 'day' ELSE 'hour' END, 'limit', CASE WHEN over_day THEN most.a_day ELSE most.an_hour END, 'asked', cardinality(wanted))); END $$;

-- `door.enter` for a person whose looks are counted: both in one transaction, so in one round trip.
CREATE FUNCTION door.enter_counted(kind text, who bigint, worn text, purpose text, basis text, grant_id bigint, rule_version text, request text, address inet,
    elements text[], students bigint[], places bigint[], data jsonb, hash bytea, OUT id bigint, OUT at timestamptz, OUT stopped boolean, OUT until timestamptz)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  SELECT c.stopped, c.until INTO stopped, until FROM door.counted(who, worn, purpose, request, address, students) c;
  IF NOT stopped THEN
    SELECT e.id, e.at INTO id, at FROM door.enter(kind, who, worn, purpose, basis, grant_id, rule_version, request, address, elements, students, places, data, hash) e;
  END IF; END $$;

ALTER FUNCTION door.counted(bigint, text, text, text, inet, bigint[]) OWNER TO portal_door;
ALTER FUNCTION door.enter_counted(text, bigint, text, text, text, bigint, text, text, inet, text[], bigint[], bigint[], jsonb, bytea) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.counted(bigint, text, text, text, inet, bigint[]),
  door.enter_counted(text, bigint, text, text, text, bigint, text, text, inet, text[], bigint[], bigint[], jsonb, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.counted(bigint, text, text, text, inet, bigint[]),
  door.enter_counted(text, bigint, text, text, text, bigint, text, text, inet, text[], bigint[], bigint[], jsonb, bytea) TO portal_app;
