-- The key of the door, what may be a key, and the ceiling behind it. (Families' looks: governance/records/migrations/sql/0004_looks.sql.)

-- How much a login may open in an hour, whatever actors it names. Sequences count it, in ones, tens and hundreds: they need no row that requests
-- wait for or that leaves dead versions behind, and what was tried and rolled back counts too. A sequence's value is the hour (since 1970) times
-- 10^10, plus the students opened in it. `most_of_...` repeats the ceiling where it can be read without a query.
CREATE TABLE door.ceiling(login text PRIMARY KEY, an_hour bigint NOT NULL CHECK (an_hour > 0));
GRANT SELECT, UPDATE (an_hour) ON door.ceiling TO portal_door;     -- UPDATE for the row lock at the turn of the hour
DO $$ DECLARE who text; BEGIN FOREACH who IN ARRAY ARRAY['app', 'keeper'] LOOP
  EXECUTE format('CREATE SEQUENCE door.ones_of_%1$s; CREATE SEQUENCE door.tens_of_%1$s INCREMENT 10; CREATE SEQUENCE door.hundreds_of_%1$s INCREMENT 100;
    CREATE SEQUENCE door.most_of_%1$s;
    GRANT SELECT, UPDATE ON SEQUENCE door.ones_of_%1$s, door.tens_of_%1$s, door.hundreds_of_%1$s TO portal_door; GRANT SELECT ON SEQUENCE door.most_of_%1$s TO portal_door', who);
END LOOP; END $$;
CREATE FUNCTION door.ceiling_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  PERFORM setval(replace(NEW.login, 'portal_', 'door.most_of_')::regclass, NEW.an_hour); RETURN NULL; END $$;
CREATE TRIGGER repeated AFTER INSERT OR UPDATE ON door.ceiling FOR EACH ROW EXECUTE FUNCTION door.ceiling_changed();
INSERT INTO door.ceiling VALUES ('portal_app', 30000), ('portal_keeper', 200000);
CREATE VIEW door.meter AS
  SELECT c.login, to_timestamp(v.ones / 10000000000 * 3600) AS hour, v.ones % 10000000000 + v.tens % 10000000000 + v.hundreds % 10000000000 AS opened
  FROM door.ceiling c CROSS JOIN LATERAL (SELECT
    coalesce(pg_sequence_last_value(replace(c.login, 'portal_', 'door.ones_of_')::regclass), 0) AS ones,
    coalesce(pg_sequence_last_value(replace(c.login, 'portal_', 'door.tens_of_')::regclass), 0) AS tens,
    coalesce(pg_sequence_last_value(replace(c.login, 'portal_', 'door.hundreds_of_')::regclass), 0) AS hundreds) v;

-- A new hour, the first of all, or a clock that was set back by more than one: one request begins to count anew (ones last), and whoever saw the
-- same waits for it.
CREATE FUNCTION door.turn_hour(counters regclass[], this_hour bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  PERFORM FROM door.ceiling l WHERE l.login = session_user FOR UPDATE;
  IF coalesce(pg_sequence_last_value(counters[1]), 0) / 10000000000 NOT BETWEEN this_hour AND this_hour + 1 THEN
    PERFORM setval(counters[3], this_hour * 10000000000), setval(counters[2], this_hour * 10000000000), setval(counters[1], this_hour * 10000000000);
  END IF; END $$;
ALTER FUNCTION door.turn_hour(regclass[], bigint) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.turn_hour(regclass[], bigint), door.ceiling_changed() FROM PUBLIC;

-- The entry of an access that opens something: the only way to write the hash of a key. What opens is what a family's page shows, which filters by
-- record_ids alone; a search and an auditor's page show no value of a record. `students` are at most 1,000 ids, `places` the schools of a search.
--
-- A function and not INSERT with CHECKs and a trigger: its statements are planned once in a session, and PostgreSQL reads no CHECK's text anew.
-- Few and short expressions, since plpgsql makes each ready anew in every transaction. Together that took more than half of an entry's time.
CREATE FUNCTION door.enter(kind text, who bigint, worn text, purpose text, basis text, grant_id bigint, rule_version text, request text, address inet,
    elements text[], students bigint[], places bigint[], data jsonb, hash bytea, OUT id bigint, OUT at timestamptz)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  many integer := coalesce(cardinality(students), 25);
  -- ones, tens, hundreds, the most; other logins open nothing
  counters regclass[] := CASE session_user
    WHEN 'portal_app' THEN ARRAY['door.ones_of_app'::regclass, 'door.tens_of_app'::regclass, 'door.hundreds_of_app'::regclass, 'door.most_of_app'::regclass]
    WHEN 'portal_keeper' THEN ARRAY['door.ones_of_keeper'::regclass, 'door.tens_of_keeper'::regclass, 'door.hundreds_of_keeper'::regclass, 'door.most_of_keeper'::regclass] END;
  this_hour bigint := floor(extract(epoch FROM clock_timestamp()) / 3600);
  last bigint;
BEGIN
  IF (octet_length(hash) = 32 AND purpose IS NOT NULL AND elements IS NOT NULL AND many BETWEEN 1 AND 1000 AND CASE
      WHEN elements = '{search}' THEN who IS NOT NULL AND students IS NULL AND places IS NOT NULL AND cardinality(places) BETWEEN 1 AND 50
      -- somebody at the server's own command line has no account: the entry says so
      WHEN elements = '{audit}' THEN places IS NULL
      ELSE who IS NOT NULL AND places IS NULL AND array_ndims(students) = 1 AND array_position(students, NULL) IS NULL AND NOT elements && '{audit,search}'
    END) IS NOT TRUE THEN
    RAISE EXCEPTION 'this entry may not open anything' USING ERRCODE = 'check_violation', SCHEMA = 'trail', TABLE = 'entry', CONSTRAINT = 'opens'; END IF;
  IF (pg_sequence_last_value(counters[1]) / 10000000000 BETWEEN this_hour AND this_hour + 1) IS NOT TRUE THEN
    IF counters IS NULL THEN RAISE EXCEPTION 'this login may open nothing' USING ERRCODE = '53400'; END IF;
    PERFORM door.turn_hour(counters, this_hour);
  END IF;
  -- Too many is said before it counts, so that somebody else may still open few; whoever came at the same moment is seen after.
  IF pg_sequence_last_value(counters[1]) % 10000000000 + pg_sequence_last_value(counters[2]) % 10000000000 + pg_sequence_last_value(counters[3]) % 10000000000
      + many <= pg_sequence_last_value(counters[4]) THEN
    WHILE many >= 100 LOOP last := nextval(counters[3]); many := many - 100; END LOOP;
    WHILE many >= 10 LOOP last := nextval(counters[2]); many := many - 10; END LOOP;
    WHILE many > 0 LOOP last := nextval(counters[1]); many := many - 1; END LOOP;
  END IF;
  IF pg_sequence_last_value(counters[1]) % 10000000000 + pg_sequence_last_value(counters[2]) % 10000000000 + pg_sequence_last_value(counters[3]) % 10000000000
      + many > pg_sequence_last_value(counters[4]) THEN
    RAISE EXCEPTION 'this login has opened too many student records in this hour' USING ERRCODE = '53400'; END IF;
  INSERT INTO trail.entry AS e (action, kind, actor_id, hat, purpose, basis, grant_id, rule_version, cid, remote_addr, elements, record_ids, places, additional_data, key_hash)
    VALUES (3, kind, who, worn, purpose, basis, grant_id, rule_version, request, address, elements, students, places, data, hash)
    RETURNING e.id, e."timestamp" INTO id, at; END $$;
ALTER FUNCTION door.enter(text, bigint, text, text, text, bigint, text, text, inet, text[], bigint[], bigint[], jsonb, bytea) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.enter(text, bigint, text, text, text, bigint, text, text, inet, text[], bigint[], bigint[], jsonb, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.enter(text, bigint, text, text, text, bigint, text, text, inet, text[], bigint[], bigint[], jsonb, bytea) TO portal_app, portal_keeper;

-- The setting portal.key holds 'id time token'. A token and not the connection's pid, because PgBouncer runs the entry and the read on
-- different connections. Committed is not yet on disk: any login may set synchronous_commit = off, so the door pushes the WAL out first.
CREATE FUNCTION door.key() RETURNS trail.entry LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k text[] := string_to_array(current_setting('portal.key', true), ' '); found_entry trail.entry; BEGIN
  IF cardinality(k) IS DISTINCT FROM 3 THEN RETURN NULL; END IF;
  SELECT e.* INTO found_entry FROM trail.entry e
   WHERE e."timestamp" = k[2]::timestamptz AND e.id = k[1]::bigint
     AND e.key_hash = sha256(convert_to(k[3], 'UTF8')) AND e.login = session_user
     AND e.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()               -- visible and not our own, savepoints included: committed
     AND e."timestamp" BETWEEN clock_timestamp() - interval '10 seconds' AND clock_timestamp() + interval '1 second';
  IF found_entry.id IS NULL THEN RETURN NULL; END IF;
  IF pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() THEN PERFORM pg_logical_emit_message(false, 'door', '', true); END IF;
  RETURN found_entry; END $$;
ALTER FUNCTION door.key() OWNER TO portal_door;
