-- The guarded records: the application's login has no USAGE here and no right to any table.

CREATE SCHEMA records;
GRANT USAGE ON SCHEMA records TO portal_door;

-- Who a student is, and what a roster says of them. One row a student; a column is shown only where the key's entry names its element.
CREATE TABLE records.identity(
  student_id bigint PRIMARY KEY,
  sourced_id text NOT NULL,                      -- the roster's id: often a state id, so it is a value too
  given_name text NOT NULL DEFAULT '', middle_name text, family_name text NOT NULL DEFAULT '',
  preferred_name text, pronouns text,
  local_id text, state_id text, email text, username text, phone text,
  grade text, birth_date date, birth_place text, gender text, ethnicity text[],
  changed_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX identity_sourced_id ON records.identity(sourced_id);       -- set by the keeper's import alone
CREATE INDEX identity_family_name ON records.identity(lower(family_name) text_pattern_ops);
CREATE INDEX identity_given_name ON records.identity(lower(given_name) text_pattern_ops);

-- Every other element: one value a student, element and item (a course, a test, a vaccine; '' where there is one only).
CREATE TABLE records.value(
  student_id bigint NOT NULL, element text NOT NULL, item text NOT NULL DEFAULT '', value text NOT NULL,
  recorded_on date, source text NOT NULL DEFAULT '', changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (student_id, element, item));

-- Parents and guardians as the roster names them; their link to a student is governance.records.Guardianship.
CREATE TABLE records.guardian(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sourced_id text NOT NULL,
  given_name text NOT NULL DEFAULT '', family_name text NOT NULL DEFAULT '', email text, phone text, language text,
  changed_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX guardian_sourced_id ON records.guardian(sourced_id);

DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['identity', 'value', 'guardian'] LOOP
  -- The only policy: anybody else, a reader of all data too, sees no row, even after a careless GRANT.
  EXECUTE format('ALTER TABLE records.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY door ON records.%I TO portal_door USING (true) WITH CHECK (true)', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON records.%I TO portal_door', t);
END LOOP; END $$;
