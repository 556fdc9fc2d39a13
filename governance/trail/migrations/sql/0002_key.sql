-- The key of the door, the ceiling behind it, and the auditor's search that it opens. (Families' looks: governance/records/migrations/sql/0004_looks.sql.)

-- How much a login may open in an hour, whatever actors it names.
CREATE TABLE door.ceiling(login text PRIMARY KEY, an_hour bigint NOT NULL);
CREATE TABLE door.meter(login text, hour timestamptz, shard smallint, opened bigint NOT NULL, PRIMARY KEY (login, hour, shard)) WITH (fillfactor = 20);
GRANT SELECT ON door.ceiling TO portal_door;
GRANT SELECT, INSERT, UPDATE, DELETE ON door.meter TO portal_door;
INSERT INTO door.ceiling VALUES ('portal_app', 30000), ('portal_keeper', 200000);
CREATE FUNCTION door.measure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE this_hour timestamptz := date_trunc('hour', NEW."timestamp", 'UTC'); used bigint; BEGIN
  -- 32 rows a login and hour, so that two requests seldom wait for one
  INSERT INTO door.meter AS m VALUES (NEW.login, this_hour, pg_backend_pid() % 32, coalesce(cardinality(NEW.record_ids), 25))
    ON CONFLICT (login, hour, shard) DO UPDATE SET opened = m.opened + excluded.opened;
  SELECT sum(m.opened) INTO used FROM door.meter m WHERE m.login = NEW.login AND m.hour = this_hour;
  IF used > coalesce((SELECT c.an_hour FROM door.ceiling c WHERE c.login = NEW.login), 0) THEN
    RAISE EXCEPTION 'this login has opened too many student records in this hour' USING ERRCODE = '53400'; END IF;
  RETURN NULL; END $$;
ALTER FUNCTION door.measure() OWNER TO portal_door;
CREATE TRIGGER measure AFTER INSERT ON trail.entry FOR EACH ROW WHEN (NEW.key_hash IS NOT NULL) EXECUTE FUNCTION door.measure();

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

-- The auditor's search: what is searched for stands in the key's own entry (additional_data.filters), so that the trail tells it.
-- Filters: from, to (timestamps), actor, kind, purpose, basis, element, grant, action, address, cid; a student stands in record_ids of the key.
CREATE FUNCTION door.audit(before_at timestamptz, before_id bigint, at_most bigint)
  RETURNS TABLE(id bigint, at timestamptz, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, grant_id bigint,
    rule_version text, elements text[], record_ids bigint[], places bigint[], object_pk text, content_type_id integer, cid text, remote_addr inet,
    changes jsonb, additional_data jsonb, held text, held_until date, login text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT e.id, e."timestamp", e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements, e.record_ids, e.places,
      e.object_pk, e.content_type_id, e.cid, e.remote_addr, e.changes, e.additional_data, e.held, e.held_until, e.login
    FROM door.key() k CROSS JOIN LATERAL (SELECT k.additional_data -> 'filters' AS f) q
      JOIN trail.entry e ON (k.record_ids IS NULL OR e.record_ids && k.record_ids)
    WHERE k.elements = ARRAY['audit']
      AND e."timestamp" >= coalesce((q.f ->> 'from')::timestamptz, '-infinity') AND e."timestamp" < coalesce((q.f ->> 'to')::timestamptz, 'infinity')
      AND (q.f ->> 'actor' IS NULL OR e.actor_id = (q.f ->> 'actor')::bigint)
      AND (q.f ->> 'kind' IS NULL OR e.kind = q.f ->> 'kind')
      AND (q.f ->> 'purpose' IS NULL OR e.purpose = q.f ->> 'purpose')
      AND (q.f ->> 'basis' IS NULL OR e.basis = q.f ->> 'basis')
      AND (q.f ->> 'element' IS NULL OR (q.f ->> 'element') = ANY (e.elements))
      AND (q.f ->> 'grant' IS NULL OR e.grant_id = (q.f ->> 'grant')::bigint)
      AND (q.f ->> 'action' IS NULL OR e.action = (q.f ->> 'action')::smallint)
      AND (q.f ->> 'address' IS NULL OR e.remote_addr = (q.f ->> 'address')::inet)
      AND (q.f ->> 'cid' IS NULL OR e.cid = q.f ->> 'cid')
      AND (before_at IS NULL OR (e."timestamp", e.id) < (before_at, before_id))
    ORDER BY e."timestamp" DESC, e.id DESC LIMIT at_most;
  END;
ALTER FUNCTION door.audit(timestamptz, bigint, bigint) OWNER TO portal_door;
GRANT EXECUTE ON FUNCTION door.audit(timestamptz, bigint, bigint) TO portal_app;
