-- The key of the door, and what may be a key: its shape and the ceiling. (Families' looks: governance/records/migrations/sql/0004_looks.sql.)

-- How much a login may open in an hour, whatever actors it names.
CREATE TABLE door.ceiling(login text PRIMARY KEY, an_hour bigint NOT NULL);
CREATE TABLE door.meter(login text, hour timestamptz, shard smallint, opened bigint NOT NULL, PRIMARY KEY (login, hour, shard)) WITH (fillfactor = 20);
GRANT SELECT ON door.ceiling TO portal_door;
GRANT SELECT, INSERT, UPDATE, DELETE ON door.meter TO portal_door;
INSERT INTO door.ceiling VALUES ('portal_app', 30000), ('portal_keeper', 200000);

-- What opens is what a family's page shows, which filters by record_ids alone; a search and an auditor's page show no value of a record.
-- A trigger and not a CHECK: PostgreSQL parses a CHECK's text for every statement, which took a quarter of an entry's time (tests/bench/commit_rate.py).
CREATE FUNCTION door.admit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  this_hour timestamptz := date_trunc('hour', NEW."timestamp", 'UTC');
  part smallint := pg_backend_pid() % 32;                     -- 32 rows a login and hour, so that two requests seldom wait for one
  many bigint := coalesce(cardinality(NEW.record_ids), 25);
  used bigint; allowed bigint;
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
  UPDATE door.meter m SET opened = m.opened + many WHERE m.login = NEW.login AND m.hour = this_hour AND m.shard = part;
  IF NOT FOUND THEN
    INSERT INTO door.meter AS m VALUES (NEW.login, this_hour, part, many)
      ON CONFLICT (login, hour, shard) DO UPDATE SET opened = m.opened + excluded.opened;
  END IF;
  SELECT sum(m.opened) INTO used FROM door.meter m WHERE m.login = NEW.login AND m.hour = this_hour;
  SELECT c.an_hour INTO allowed FROM door.ceiling c WHERE c.login = NEW.login;
  IF used > coalesce(allowed, 0) THEN
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
