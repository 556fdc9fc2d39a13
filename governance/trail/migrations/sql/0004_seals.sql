-- Seals over the trail: what stands in them is hashes, ids of entries and times. Written by the sealer alone, read by everybody.

CREATE SCHEMA seal;
GRANT USAGE ON SCHEMA seal TO portal_app, portal_keeper, portal_sealer, portal_door;

CREATE TABLE seal.turn(id smallint PRIMARY KEY CHECK (id = 1));                  -- whoever holds its lock seals
INSERT INTO seal.turn VALUES (1);
CREATE TABLE seal.public_key(number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, origin text NOT NULL, public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
  began_at timestamptz NOT NULL, because text NOT NULL);
-- Transaction numbers mean something within one cluster only; a restore into another begins a new epoch.
CREATE TABLE seal.epoch(number integer PRIMARY KEY, cluster text NOT NULL, began_at timestamptz NOT NULL, first_leaf bigint NOT NULL, because text NOT NULL);
CREATE TABLE seal.root(size bigint PRIMARY KEY CHECK (size >= 0), root bytea NOT NULL CHECK (octet_length(root) = 32));   -- never two roots for one size
-- Where each entry stands: `ids` in the order of their leaves, the first of which is number first_leaf. Gap-free, since each batch begins where the last one ended.
CREATE TABLE seal.batch(number bigint PRIMARY KEY, first_leaf bigint NOT NULL UNIQUE, ids bigint[] NOT NULL, low_at timestamptz NOT NULL, high_at timestamptz NOT NULL,
  snapshot_before text NOT NULL, snapshot_after text NOT NULL, epoch integer NOT NULL REFERENCES seal.epoch, sealed_at timestamptz NOT NULL,
  size bigint NOT NULL UNIQUE REFERENCES seal.root, CHECK (size = first_leaf + cardinality(ids) AND cardinality(ids) > 0));
CREATE INDEX batch_sealed_at ON seal.batch(sealed_at);
CREATE TABLE seal.tile(level smallint, index bigint, hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192), PRIMARY KEY (level, index));
ALTER TABLE seal.tile ALTER hashes SET STORAGE EXTERNAL;
CREATE TABLE seal.edge(level smallint PRIMARY KEY, hashes bytea NOT NULL);        -- the unfinished tile of each level; proven by the last root
CREATE TABLE seal.checkpoint(number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, size bigint NOT NULL REFERENCES seal.root, made_at timestamptz NOT NULL, note text NOT NULL);
CREATE INDEX checkpoint_made_at ON seal.checkpoint(made_at);
CREATE INDEX checkpoint_size ON seal.checkpoint(size);

DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['public_key', 'epoch', 'root', 'batch', 'tile', 'checkpoint'] LOOP
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON seal.%I FOR EACH ROW EXECUTE FUNCTION trail.refuse()', t);
  EXECUTE format('CREATE TRIGGER append_only_all BEFORE TRUNCATE ON seal.%I FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse()', t);
  EXECUTE format('GRANT SELECT, INSERT ON seal.%I TO portal_sealer', t);
  EXECUTE format('GRANT SELECT ON seal.%I TO portal_app, portal_door', t);
END LOOP; END $$;
GRANT SELECT, INSERT, UPDATE ON seal.edge TO portal_sealer;
GRANT SELECT, UPDATE ON seal.turn TO portal_sealer;
GRANT SELECT ON seal.edge TO portal_app, portal_door;
