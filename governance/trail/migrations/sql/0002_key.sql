-- The key of the door, and what may be a key: its shape and the ceiling. (Families' looks: governance/records/migrations/sql/0004_looks.sql.)

-- How much a login may open in an hour, whatever actors it names. A sequence counts: it needs no row that requests wait for or that grows
-- dead versions, and what was tried and rolled back counts too. Its value is the hour (since 1970) times 10^10, plus the students opened in it.
CREATE SEQUENCE door.opened_by_app;
CREATE SEQUENCE door.opened_by_keeper;
CREATE TABLE door.ceiling(login text PRIMARY KEY, an_hour bigint NOT NULL, counter regclass NOT NULL);
INSERT INTO door.ceiling VALUES ('portal_app', 30000, 'door.opened_by_app'), ('portal_keeper', 200000, 'door.opened_by_keeper');
GRANT SELECT, UPDATE (counter) ON door.ceiling TO portal_door;   -- UPDATE for the row lock at the turn of the hour
GRANT SELECT, UPDATE ON SEQUENCE door.opened_by_app, door.opened_by_keeper TO portal_door;
CREATE VIEW door.meter AS
  SELECT c.login, to_timestamp(v.last / 10000000000 * 3600) AS hour, v.last % 10000000000 AS opened
  FROM door.ceiling c CROSS JOIN LATERAL (SELECT coalesce(pg_sequence_last_value(c.counter), 0) AS last) v;

-- What opens is what a family's page shows, which filters by record_ids alone; a search and an auditor's page show no value of a record.
-- A trigger and not a CHECK: PostgreSQL parses a CHECK's text for every statement, which took a quarter of an entry's time (tests/bench/commit_rate.py).
CREATE FUNCTION door.admit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  hour_size CONSTANT bigint := 10000000000;
  this_hour bigint := floor(extract(epoch FROM clock_timestamp()) / 3600)::bigint;
  many bigint := coalesce(cardinality(NEW.record_ids), 25);
  last bigint; allowed bigint; counter regclass;
BEGIN
  IF (octet_length(NEW.key_hash) = 32 AND NEW.action = 3 AND NEW.purpose IS NOT NULL AND NEW.elements IS NOT NULL AND CASE
      WHEN NEW.elements = '{search}' THEN
        NEW.actor_id IS NOT NULL AND NEW.record_ids IS NULL AND NEW.places IS NOT NULL AND cardinality(NEW.places) BETWEEN 1 AND 50
      -- somebody at the server's own command line has no account: actor_id may be NULL here, and the entry says so
      WHEN NEW.elements = '{audit}' THEN NEW.places IS NULL AND (NEW.record_ids IS NULL OR cardinality(NEW.record_ids) BETWEEN 1 AND 1000)
      ELSE NEW.actor_id IS NOT NULL AND NEW.places IS NULL AND NEW.record_ids IS NOT NULL AND cardinality(NEW.record_ids) BETWEEN 1 AND 1000
        AND array_ndims(NEW.record_ids) = 1 AND array_position(NEW.record_ids, NULL) IS NULL
        AND NOT 'audit' = ANY (NEW.elements) AND NOT 'search' = ANY (NEW.elements) END) IS NOT TRUE THEN
    RAISE EXCEPTION 'this entry may not open anything' USING ERRCODE = 'check_violation', SCHEMA = 'trail', TABLE = 'entry', CONSTRAINT = 'opens'; END IF;
  SELECT c.an_hour, c.counter, coalesce(pg_sequence_last_value(c.counter), 0) INTO allowed, counter, last FROM door.ceiling c WHERE c.login = NEW.login;
  IF counter IS NULL THEN RAISE EXCEPTION 'this login may open nothing' USING ERRCODE = '53400'; END IF;
  -- A new hour, or a clock that was set back by more than one: one request begins to count anew, and whoever saw the same waits for it.
  IF last / hour_size NOT BETWEEN this_hour AND this_hour + 1 THEN
    PERFORM FROM door.ceiling c WHERE c.login = NEW.login FOR UPDATE;
    last := coalesce(pg_sequence_last_value(counter), 0);
    IF last / hour_size NOT BETWEEN this_hour AND this_hour + 1 THEN last := setval(counter, this_hour * hour_size); END IF;
  END IF;
  -- Too many is said before it counts, so that somebody else may still open few; who came at the same moment is seen after.
  IF last % hour_size + many <= allowed THEN SELECT max(nextval(counter)) INTO last FROM generate_series(1, many); many := 0; END IF;
  IF last % hour_size + many > allowed THEN
    RAISE EXCEPTION 'this login has opened too many student records in this hour' USING ERRCODE = '53400'; END IF;
  RETURN NULL; END $$;
ALTER FUNCTION door.admit() OWNER TO portal_door;
CREATE TRIGGER admit AFTER INSERT ON trail.entry FOR EACH ROW WHEN (NEW.key_hash IS NOT NULL) EXECUTE FUNCTION door.admit();

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
