-- Where a delivery lies while it is checked and merged. One transaction does everything, so the rows are never visible to anybody else: the tables
-- are emptied before (new files, which vanish when the transaction fails) and after. UNLOGGED: nothing of them goes into the WAL or a backup.
-- Rows lie in the order of the file, since COPY into a table emptied in the same transaction only appends: a row is known by its ctid, and its
-- number is counted only where there is a fault to tell.

CREATE TABLE records.import_lock(only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row));      -- held by the one import that runs
INSERT INTO records.import_lock DEFAULT VALUES;
GRANT SELECT, UPDATE ON records.import_lock TO portal_door;

-- Which roster a school or a term came from: a bulk delivery ends what is missing of its own source, not what another one brought.
CREATE TABLE records.roster_source(kind text NOT NULL, id bigint NOT NULL, source text NOT NULL, PRIMARY KEY (kind, id));
GRANT SELECT, INSERT, UPDATE ON records.roster_source TO portal_door;

-- The file as it was uploaded, without any password column; in pieces, for a day at most.
CREATE UNLOGGED TABLE records.intake(run_id bigint NOT NULL, piece integer NOT NULL, content bytea NOT NULL, made_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (run_id, piece));
ALTER TABLE records.intake ALTER content SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, DELETE ON records.intake TO portal_door;

CREATE UNLOGGED TABLE records.stage_org(sourced_id text, status text, name text, kind text, identifier text, parent text);
CREATE UNLOGGED TABLE records.stage_term(sourced_id text, status text, title text, kind text, begins text, ends text, parent text);
CREATE UNLOGGED TABLE records.stage_class(sourced_id text, status text, title text, kind text, course text, school text, terms text, subjects text);
-- The columns that most queries ask stand first: reading a row ends with the last one that is asked.
CREATE UNLOGGED TABLE records.stage_user(
  sourced_id text, status text, role text, agents text, given_name text, family_name text, email text, phone text, sms text, primary_org text, orgs text, middle_name text,
  identifier text, username text, grades text, user_ids text, master_id text, preferred_given text, preferred_family text, pronouns text);
CREATE UNLOGGED TABLE records.stage_role(status text, person text, kind text, role text, ends text, org text);
CREATE UNLOGGED TABLE records.stage_standing(sourced_id text, is_student boolean, relation text, staff_role text, home text);   -- worked out from the roles
CREATE UNLOGGED TABLE records.stage_enrollment(
  sourced_id text, role text, status text, person text, class text, begins text, ends text, modified text, school text, is_primary text);
CREATE UNLOGGED TABLE records.stage_adult(at tid, sourced_id text, role text, status text, person text, class text, begins text, ends text);   -- of those, who is no student
CREATE UNLOGGED TABLE records.stage_demographic(
  sourced_id text, status text, birth_date text, sex text, native text, asian text, black text, islander text, white text, two_or_more text, hispanic text,
  country text, state text, city text);
CREATE UNLOGGED TABLE records.stage_value(person text, element text, item text, value text, recorded_on text, place integer);
CREATE UNLOGGED TABLE records.stage_limit(person text, guardian text, kind text, ordered_on text, ends_on text, elements text, place integer);

-- What is wrong (`at` is the row, `other` the row it collides with), and what differs from what the portal holds.
CREATE UNLOGGED TABLE records.import_fault(file text NOT NULL, at tid, place text NOT NULL, code text NOT NULL, other tid);
CREATE UNLOGGED TABLE records.import_notice(file text NOT NULL, at tid, place text NOT NULL, code text NOT NULL, total bigint NOT NULL);
CREATE UNLOGGED TABLE records.delta_student(at tid, sourced_id text, student_id bigint, school_id bigint, what text NOT NULL, elements text[]);
CREATE UNLOGGED TABLE records.delta_guardian(at tid, sourced_id text, guardian_id bigint, what text NOT NULL, elements text[]);
CREATE UNLOGGED TABLE records.delta_link(at tid, student text, guardian text, by_guardian boolean, link_id bigint, student_id bigint, guardian_id bigint, relation text, what text NOT NULL);
CREATE UNLOGGED TABLE records.delta_enrollment(at tid, sourced_id text, enrollment_id bigint, student_id bigint, section_id bigint, begins date, ends date, what text);
CREATE UNLOGGED TABLE records.delta_touched(student_id bigint NOT NULL, what text NOT NULL, elements text[]);
CREATE UNLOGGED TABLE records.delta_value(at tid, student_id bigint, element text, item text, value text, recorded_on date, what text NOT NULL);
CREATE UNLOGGED TABLE records.delta_limit(at tid, link_id bigint, student_id bigint, kind text, ordered_on date, ends_on date, elements text[], what text NOT NULL);

-- Statistics would keep values after the rows are gone.
DO $$ DECLARE t text; c text; BEGIN
  FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'records'::regnamespace AND relkind = 'r' AND relname ~ '^(stage|delta|import_fault|import_notice)' LOOP
    EXECUTE format('ALTER TABLE records.%I SET (autovacuum_enabled = false, toast.autovacuum_enabled = false)', t);
    FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = ('records.' || t)::regclass AND attnum > 0 LOOP
      EXECUTE format('ALTER TABLE records.%I ALTER %I SET STATISTICS 0', t, c); END LOOP;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, TRUNCATE ON records.%I TO portal_door', t);
    IF t ~ '^stage' AND t NOT IN ('stage_standing', 'stage_adult') THEN EXECUTE format('GRANT INSERT ON records.%I TO portal_keeper', t); END IF;
  END LOOP; END $$;
GRANT USAGE ON SCHEMA records TO portal_keeper;      -- to fill the staging tables; it may read none

-- What the merge touches outside the schema `records`.
GRANT USAGE ON SCHEMA public TO portal_door;
GRANT SELECT, INSERT, UPDATE ON public.people_school, public.records_student, public.records_term, public.records_section, public.records_enrollment,
  public.records_staffmember, public.records_teaching, public.records_guardianship TO portal_door;
GRANT SELECT (id, staff_number) ON public.people_user TO portal_door;
GRANT SELECT ON public.governance_element TO portal_door;
GRANT SELECT, UPDATE ON public.records_importrun TO portal_door;
GRANT MAINTAIN ON public.records_student, public.records_enrollment, public.records_guardianship, public.records_section, records.identity, records.guardian, records.value TO portal_door;
DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['people_school', 'records_student', 'records_term', 'records_section', 'records_enrollment', 'records_staffmember',
    'records_teaching', 'records_guardianship'] LOOP
  EXECUTE format('GRANT USAGE ON SEQUENCE %s TO portal_door', pg_get_serial_sequence('public.' || t, 'id')); END LOOP;
  EXECUTE format('GRANT USAGE ON SEQUENCE %s TO portal_door', pg_get_serial_sequence('records.guardian', 'id')); END $$;

-- Begins an import: true for the one that may go on, false while another one runs. What is left of an import that failed is gone.
CREATE FUNCTION door.import_open() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  PERFORM FROM records.import_lock FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM door.import_clear();
  RETURN true; END $$;
CREATE FUNCTION door.import_clear() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  TRUNCATE records.stage_org, records.stage_term, records.stage_class, records.stage_user, records.stage_role, records.stage_standing, records.stage_enrollment, records.stage_adult, records.stage_demographic,
    records.stage_value, records.stage_limit, records.import_fault, records.import_notice, records.delta_student, records.delta_guardian, records.delta_link,
    records.delta_enrollment, records.delta_touched, records.delta_value, records.delta_limit; END $$;

-- A day as the standard writes it, or the day of a timestamp; NULL for anything else.
CREATE FUNCTION door.day(word text) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN octet_length(word) = 10 THEN CASE WHEN word LIKE '____-__-__' AND pg_input_is_valid(word, 'date') THEN word::date END
    WHEN word LIKE '____-__-__T%' OR word LIKE '____-__-__ %' THEN CASE WHEN pg_input_is_valid(left(word, 10), 'date') THEN left(word, 10)::date END END;

-- The faults found so far: at most 1,000 with the number of their row in the file (or with its line, where the rows brought it along), and how many there are.
CREATE FUNCTION door.import_faults() RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE total bigint; found jsonb := '[]'; noticed jsonb := '[]'; part jsonb; f text; stage text; number text; BEGIN
  SELECT count(*) INTO total FROM records.import_fault;
  FOR f, stage, number IN SELECT x.f, x.stage, CASE WHEN x.f IN ('values', 'limits') THEN 's.place' ELSE 'row_number() OVER (ORDER BY s.ctid)' END
      FROM (VALUES ('orgs', 'stage_org'), ('academicSessions', 'stage_term'), ('classes', 'stage_class'), ('users', 'stage_user'), ('roles', 'stage_role'),
        ('enrollments', 'stage_enrollment'), ('demographics', 'stage_demographic'), ('values', 'stage_value'), ('limits', 'stage_limit')) x(f, stage) LOOP
    IF EXISTS (SELECT FROM records.import_fault b WHERE b.file = f) OR EXISTS (SELECT FROM records.import_notice b WHERE b.file = f) THEN
      EXECUTE format($q$
        WITH n AS MATERIALIZED (SELECT s.ctid AS at, %s AS number FROM records.%I s)
        SELECT jsonb_agg(jsonb_build_array($1, y.number, y.place, y.code, y.other)) FROM (
          SELECT a.number, b.place, b.code, o.number AS other FROM records.import_fault b LEFT JOIN n a ON a.at = b.at LEFT JOIN n o ON o.at = b.other
          WHERE b.file = $1 ORDER BY a.number, b.place LIMIT 1000) y $q$, number, stage) INTO part USING f;
      found := found || coalesce(part, '[]');
      EXECUTE format($q$
        WITH n AS MATERIALIZED (SELECT s.ctid AS at, %s AS number FROM records.%I s)
        SELECT jsonb_agg(jsonb_build_array($1, a.number, b.place, b.code, b.total) ORDER BY b.place, b.code)
        FROM records.import_notice b LEFT JOIN n a ON a.at = b.at WHERE b.file = $1 $q$, number, stage) INTO part USING f;
      noticed := noticed || coalesce(part, '[]');
    END IF; END LOOP;
  RETURN jsonb_build_object('fault_count', total, 'faults', jsonb_path_query_array(found, '$[0 to 999]'), 'notices', noticed); END $$;

-- Uploads: the application puts pieces in and cannot read one back; the keeper's worker takes them out. Nothing is kept longer than a day.
CREATE FUNCTION door.intake_put(run uuid, piece integer, content bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE r bigint; BEGIN
  SELECT x.id INTO r FROM public.records_importrun x WHERE x.public_id = run AND x.state IN ('received', 'mapping', 'applying') AND x.applied_at IS NULL;
  IF r IS NULL OR octet_length(content) > 1048576 OR piece NOT BETWEEN 0 AND 255 THEN RAISE EXCEPTION 'no such upload'; END IF;
  INSERT INTO records.intake(run_id, piece, content) VALUES (r, intake_put.piece, intake_put.content) ON CONFLICT DO NOTHING; END $$;
CREATE FUNCTION door.intake_piece(run bigint, piece integer) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC SELECT i.content FROM records.intake i WHERE i.run_id = run AND i.piece = intake_piece.piece; END;
CREATE FUNCTION door.intake_drop(run uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC DELETE FROM records.intake i USING public.records_importrun r WHERE r.public_id = run AND i.run_id = r.id; END;
CREATE FUNCTION door.intake_sweep() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC DELETE FROM records.intake i WHERE i.made_at < clock_timestamp() - interval '24 hours'; END;
