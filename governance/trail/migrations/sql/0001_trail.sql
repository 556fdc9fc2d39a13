-- The trail: append-only, partitioned by month. Made by the owner; the logins exist already (manage.py logins).

CREATE SCHEMA trail;
CREATE SCHEMA trail_parts;   -- partitions stand apart, without USAGE for anybody, so that no GRANT ... ON ALL TABLES opens one to a back-dated insert
CREATE SCHEMA door;
GRANT USAGE ON SCHEMA trail, door TO portal_app, portal_keeper, portal_sealer, portal_door;

CREATE TABLE trail.entry(
  id bigint GENERATED ALWAYS AS IDENTITY,
  "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),           -- orders entries by transaction for sealing
  nonce uuid NOT NULL DEFAULT gen_random_uuid(),            -- keeps a sealed leaf from being guessed
  login text NOT NULL DEFAULT session_user,                 -- what the keeper writes opens nothing to the application, and the other way round
  action smallint NOT NULL,
  kind text NOT NULL,
  content_type_id integer,
  object_pk text NOT NULL DEFAULT '',
  object_id bigint,
  object_repr text NOT NULL DEFAULT '',
  serialized_data jsonb,
  changes_text text NOT NULL DEFAULT '',
  changes jsonb,
  actor_id bigint,
  actor_email text,
  hat text,
  cid text,
  remote_addr inet,
  remote_port integer,
  additional_data jsonb,
  purpose text,
  basis text,
  grant_id bigint,
  rule_version text,
  elements text[],
  record_ids bigint[],
  places bigint[],                                          -- the schools that a search goes through
  held text,                                                -- held back from families; no column grant, only the door's functions set it
  held_until date,
  key_hash bytea,                                           -- sha256 of a random token made by the writer; NULL opens nothing; set by door.enter alone
  -- Short, and the only one: PostgreSQL reads the text of each CHECK anew in every statement. What may open something is held by door.enter.
  CONSTRAINT shape CHECK (cardinality(record_ids) <= 1000 AND (held IS NULL) = (held_until IS NULL) AND held IN ('announced', 'silent')),
  PRIMARY KEY ("timestamp", id)) PARTITION BY RANGE ("timestamp");
CREATE INDEX entry_students ON trail.entry USING gin(record_ids);
CREATE INDEX entry_actor ON trail.entry(actor_id, "timestamp");
CREATE INDEX entry_xid ON trail.entry(xid);
CREATE INDEX entry_object ON trail.entry(content_type_id, object_pk, "timestamp") WHERE object_pk <> '';

CREATE FUNCTION trail.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON trail.entry FOR EACH ROW EXECUTE FUNCTION trail.refuse();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON trail.entry FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse();

-- Months are made in UTC: made under two time zones they would leave a gap. ATTACH waits for no open entry. No DEFAULT partition: a row in it
-- would make the right partition impossible. Row triggers and checks come along by themselves; the TRUNCATE trigger does not.
CREATE PROCEDURE trail.make_partition(month date) LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE part text := to_char(month, '"p"YYYYMM'); low date := date_trunc('month', month); BEGIN
  IF to_regclass('trail_parts.' || part) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE trail_parts.%I (LIKE trail.entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
  EXECUTE format('CREATE TRIGGER append_only_all BEFORE TRUNCATE ON trail_parts.%I FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse()', part);
  EXECUTE format('ALTER TABLE trail.entry ATTACH PARTITION trail_parts.%I FOR VALUES FROM (%L) TO (%L)', part, low, low + interval '1 month');
END $$;
REVOKE EXECUTE ON PROCEDURE trail.make_partition(date) FROM PUBLIC;
-- A year back for history that is imported or shown in the demo, three years ahead; `manage.py trail partitions` tops it up.
DO $$ BEGIN FOR i IN -13..36 LOOP
  CALL trail.make_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date); END LOOP; END $$;

-- Neither id, time, xid, nonce, login, what is held back nor the hash of a key can be named. Read back is what INSERT ... RETURNING needs.
GRANT INSERT (action, kind, content_type_id, object_pk, object_id, actor_id, hat, cid, remote_addr, changes, additional_data, purpose, basis,
  grant_id, rule_version, elements, record_ids, places), SELECT (id, "timestamp") ON trail.entry TO portal_app, portal_keeper;
GRANT SELECT ON trail.entry TO portal_sealer;
GRANT SELECT, INSERT ON trail.entry TO portal_door;
