-- Restores and new keys that two people declared, what the sealer refused, and the runs of verifying.

-- Which entry of the trail declared an epoch or a key; NULL for the first of each.
ALTER TABLE seal.epoch ADD declared_by bigint;
ALTER TABLE seal.public_key ADD declared_by bigint;

-- Numbers of the entries that declare something. What was declared is what the sealed entry says; a row here without such an entry says nothing.
CREATE TABLE seal.declaration(number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('restore', 'key')), entry bigint NOT NULL UNIQUE,
  entry_at timestamptz NOT NULL);
-- Where the sealer stopped: how far the database goes, and the checkpoint that it had signed before. Pages read here what has to be declared.
CREATE TABLE seal.refusal(number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  because text NOT NULL CHECK (because IN ('went-back', 'another-cluster')), size bigint NOT NULL, note text);
CREATE TABLE seal.verify_request(number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, asked_at timestamptz NOT NULL DEFAULT clock_timestamp(), asked_by uuid);
-- `findings` as [[number of the entry or null, words]]; `held` how many entries of the last year are kept back from families for now.
CREATE TABLE seal.verify_run(number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, request bigint NOT NULL UNIQUE REFERENCES seal.verify_request, began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz, entries bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, checkpoints bigint NOT NULL DEFAULT 0, unsealed bigint NOT NULL DEFAULT 0, held bigint,
  holds boolean, findings jsonb NOT NULL DEFAULT '[]', CHECK ((ended_at IS NULL) = (holds IS NULL)));

DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['declaration', 'refusal', 'verify_request'] LOOP
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON seal.%I FOR EACH ROW EXECUTE FUNCTION trail.refuse()', t);
  EXECUTE format('CREATE TRIGGER append_only_all BEFORE TRUNCATE ON seal.%I FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse()', t);
END LOOP; END $$;
GRANT SELECT ON seal.declaration, seal.refusal, seal.verify_request, seal.verify_run TO portal_app, portal_door, portal_sealer;
GRANT INSERT ON seal.declaration, seal.verify_request TO portal_app;
GRANT INSERT ON seal.refusal, seal.verify_run TO portal_sealer;
GRANT UPDATE ON seal.verify_run TO portal_sealer;

-- The canonical bytes of an entry that declares a restore or a key, for everybody: it names nobody and no student.
CREATE FUNCTION door.declared_entry(which bigint, at timestamptz) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT trail.canonical(e) FROM trail.entry e WHERE e."timestamp" = declared_entry.at AND e.id = declared_entry.which
       AND e.kind IN ('trail.restore.declared', 'trail.key.declared') AND e.actor_id IS NULL AND e.remote_addr IS NULL AND e.record_ids IS NULL;
  END;
ALTER FUNCTION door.declared_entry(bigint, timestamptz) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.declared_entry(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.declared_entry(bigint, timestamptz) TO portal_app;
