-- The key of the door, and what may be a key: its shape and the ceiling. (Families' looks: governance/records/migrations/sql/0004_looks.sql.)

-- How much a login may open in an hour, whatever actors it names. Sequences count it, in ones, tens and hundreds: they need no row that requests
-- wait for or that leaves dead versions behind, and what was tried and rolled back counts too. A sequence's value is the hour (since 1970) times
-- 10^10, plus the students opened in it.
CREATE TABLE door.ceiling(login text PRIMARY KEY, an_hour bigint NOT NULL, ones regclass NOT NULL, tens regclass NOT NULL, hundreds regclass NOT NULL);
GRANT SELECT, UPDATE (ones) ON door.ceiling TO portal_door;     -- UPDATE for the row lock at the turn of the hour
DO $$ DECLARE who text; BEGIN FOREACH who IN ARRAY ARRAY['app', 'keeper'] LOOP
  EXECUTE format('CREATE SEQUENCE door.ones_of_%1$s; CREATE SEQUENCE door.tens_of_%1$s INCREMENT 10; CREATE SEQUENCE door.hundreds_of_%1$s INCREMENT 100;
    GRANT SELECT, UPDATE ON SEQUENCE door.ones_of_%1$s, door.tens_of_%1$s, door.hundreds_of_%1$s TO portal_door;
    INSERT INTO door.ceiling VALUES (''portal_%1$s'', %2$s, ''door.ones_of_%1$s'', ''door.tens_of_%1$s'', ''door.hundreds_of_%1$s'')',
    who, CASE who WHEN 'app' THEN 30000 ELSE 200000 END);
END LOOP; END $$;
CREATE VIEW door.meter AS
  SELECT c.login, to_timestamp(v.ones / 10000000000 * 3600) AS hour, v.ones % 10000000000 + v.tens % 10000000000 + v.hundreds % 10000000000 AS opened
  FROM door.ceiling c CROSS JOIN LATERAL (SELECT coalesce(pg_sequence_last_value(c.ones), 0) AS ones, coalesce(pg_sequence_last_value(c.tens), 0) AS tens,
    coalesce(pg_sequence_last_value(c.hundreds), 0) AS hundreds) v;

-- What shape an entry may have, and whether it may open something. What opens is what a family's page shows, which filters by record_ids alone; a
-- search and an auditor's page show no value of a record. One trigger without a WHEN and not CHECKs: PostgreSQL parses the text of both anew for every
-- statement, which took a third of an entry's time. Few and short expressions, since each is made ready anew in every transaction.
CREATE FUNCTION door.admit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  this_hour bigint := floor(extract(epoch FROM clock_timestamp()) / 3600);
  many integer := coalesce(cardinality(NEW.record_ids), 25);
  ones regclass; tens regclass; hundreds regclass; is_now boolean; allowed bigint; used bigint; last bigint;
BEGIN
  IF NEW.key_hash IS NULL THEN
    IF many > 1000 OR (NEW.held IS NULL) <> (NEW.held_until IS NULL) OR NEW.held NOT IN ('announced', 'silent') THEN
      RAISE EXCEPTION 'an entry cannot be like this' USING ERRCODE = 'check_violation', SCHEMA = 'trail', TABLE = 'entry', CONSTRAINT = 'shape'; END IF;
    RETURN NULL;
  END IF;
  IF (octet_length(NEW.key_hash) = 32 AND NEW.action = 3 AND NEW.purpose IS NOT NULL AND NEW.elements IS NOT NULL AND NEW.held IS NULL AND NEW.held_until IS NULL
    AND many BETWEEN 1 AND 1000 AND CASE
      WHEN NEW.elements = '{search}' THEN
        NEW.actor_id IS NOT NULL AND NEW.record_ids IS NULL AND NEW.places IS NOT NULL AND cardinality(NEW.places) BETWEEN 1 AND 50
      -- somebody at the server's own command line has no account: actor_id may be NULL here, and the entry says so
      WHEN NEW.elements = '{audit}' THEN NEW.places IS NULL
      ELSE NEW.actor_id IS NOT NULL AND NEW.places IS NULL AND array_ndims(NEW.record_ids) = 1 AND array_position(NEW.record_ids, NULL) IS NULL
        AND NOT NEW.elements && '{audit,search}' END) IS NOT TRUE THEN
    RAISE EXCEPTION 'this entry may not open anything' USING ERRCODE = 'check_violation', SCHEMA = 'trail', TABLE = 'entry', CONSTRAINT = 'opens'; END IF;
  LOOP
    SELECT l.ones, l.tens, l.hundreds, pg_sequence_last_value(l.ones) / 10000000000 BETWEEN this_hour AND this_hour + 1,
        l.an_hour, pg_sequence_last_value(l.ones) % 10000000000 + pg_sequence_last_value(l.tens) % 10000000000 + pg_sequence_last_value(l.hundreds) % 10000000000
      INTO ones, tens, hundreds, is_now, allowed, used FROM door.ceiling l WHERE l.login = NEW.login;
    EXIT WHEN is_now;
    -- A new hour, the first of all, or a clock that was set back by more than one: one request begins to count anew, and whoever saw the same waits.
    IF ones IS NULL THEN RAISE EXCEPTION 'this login may open nothing' USING ERRCODE = '53400'; END IF;
    PERFORM FROM door.ceiling l WHERE l.login = NEW.login FOR UPDATE;
    IF coalesce(pg_sequence_last_value(ones), 0) / 10000000000 NOT BETWEEN this_hour AND this_hour + 1 THEN
      PERFORM setval(hundreds, this_hour * 10000000000), setval(tens, this_hour * 10000000000), setval(ones, this_hour * 10000000000); END IF;
  END LOOP;
  -- Too many is said before it counts, so that somebody else may still open few; whoever came at the same moment is seen after.
  IF used + many <= allowed THEN
    WHILE many >= 100 LOOP last := nextval(hundreds); many := many - 100; END LOOP;
    WHILE many >= 10 LOOP last := nextval(tens); many := many - 10; END LOOP;
    WHILE many > 0 LOOP last := nextval(ones); many := many - 1; END LOOP;
    used := pg_sequence_last_value(ones) % 10000000000 + pg_sequence_last_value(tens) % 10000000000 + pg_sequence_last_value(hundreds) % 10000000000;
  END IF;
  IF used + many > allowed THEN RAISE EXCEPTION 'this login has opened too many student records in this hour' USING ERRCODE = '53400'; END IF;
  RETURN NULL; END $$;
ALTER FUNCTION door.admit() OWNER TO portal_door;
CREATE TRIGGER admit AFTER INSERT ON trail.entry FOR EACH ROW EXECUTE FUNCTION door.admit();

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
