-- The roster: check a delivery that lies in the staging tables, work out what differs, and merge it. Everything is a set query.
-- `files` says what was delivered: {"users": {"mode": "bulk", "columns": ["sourced_id", …]}, …}; a file that is not named was not delivered.

-- Helpers without a SET of their own, so that they melt into the query; their names were resolved when they were made.
-- Rows that say themselves that they are no longer true. `inactive` is of older exports.
CREATE FUNCTION door.gone(status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(lower(status) IN ('tobedeleted', 'inactive'), false);
CREATE FUNCTION door.role_known(word text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN word LIKE 'ext:%' OR lower(word) IN ('student', 'parent', 'guardian', 'relative', 'teacher', 'aide', 'administrator', 'proctor', 'counselor', 'principal',
    'districtadministrator', 'siteadministrator', 'systemadministrator');
CREATE FUNCTION door.yes(word text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(lower(word) IN ('true', 'yes', 'y', 't', '1'), false);

-- What is wrong with a row whatever the others say: what must be there, the words of `status`.
CREATE FUNCTION door.check_rows(file text, stage text, required text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE missing text; bad text; BEGIN
  SELECT string_agg(format('(%L, ''missing'', s.%I IS NULL)', c, c), ', '), string_agg(format('s.%I IS NULL', c), ' OR ') INTO missing, bad FROM unnest(required) c;
  EXECUTE format($q$ INSERT INTO records.import_fault(file, at, place, code) SELECT %L, s.ctid, f.place, f.code FROM records.%I s
    CROSS JOIN LATERAL (VALUES %s, ('status', 'status', s.status IS NOT NULL AND lower(s.status) NOT IN ('active', 'tobedeleted', 'inactive'))) f(place, code, wrong)
    WHERE (%s OR s.status NOT IN ('active', 'tobedeleted')) AND f.wrong $q$, file, stage, missing, bad); END $$;

-- An id that is there twice, or is too long. Of the large files this is asked only where they change anything: two rows that say what the portal holds harm nobody.
CREATE FUNCTION door.check_ids(file text, stage text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET work_mem = '256MB' SET jit = off AS $$
DECLARE found boolean; BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM records.%I x GROUP BY hashtextextended(x.sourced_id, 0) HAVING count(*) > 1)', stage) INTO found;   -- cheap, and nearly always the end of it
  IF found THEN
    EXECUTE format($q$ INSERT INTO records.import_fault(file, at, place, code, other) SELECT %L, s.ctid, 'sourced_id', 'twice', d.first FROM records.%I s
      JOIN (SELECT x.sourced_id, min(x.ctid) AS first FROM records.%I x GROUP BY x.sourced_id HAVING count(*) > 1) d ON d.sourced_id = s.sourced_id AND d.first <> s.ctid $q$, file, stage, stage);
  END IF;
  EXECUTE format('INSERT INTO records.import_fault(file, at, place, code) SELECT %L, s.ctid, ''sourced_id'', ''too_long'' FROM records.%I s WHERE length(s.sourced_id) > 255', file, stage); END $$;

-- Counts rows that the portal leaves out or takes as they are, and keeps the first of them.
CREATE FUNCTION door.notice(file text, place text, code text, total bigint, first tid) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC INSERT INTO records.import_notice(file, place, code, total, at) SELECT file, place, code, total, first WHERE total > 0; END;

-- Schools, terms and classes are few: they are merged at once. `today` is the day at the district.
CREATE FUNCTION door.roster_places(files jsonb, today date, source text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' SET datestyle = 'ISO' SET enable_nestloop = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE cols jsonb; counts jsonb := '{}'; added bigint; changed bigint; ended bigint; n bigint; spot tid; orgs_bulk boolean := coalesce(files #>> '{orgs,mode}' = 'bulk', false); BEGIN
  -- Schools: every kind of organization, since classes of real deliveries hang on departments too.
  IF files ? 'orgs' THEN
    cols := files #> '{orgs,columns}';
    PERFORM door.check_rows('orgs', 'stage_org', ARRAY['sourced_id', 'name']);
    PERFORM door.check_ids('orgs', 'stage_org');
    WITH m AS (
      MERGE INTO public.people_school t USING (
        SELECT DISTINCT ON (o.sourced_id) o.sourced_id, s.id, coalesce(left(o.name, 200), s.name, '') AS name, NOT door.gone(o.status) AS active,
          CASE WHEN cols ? 'kind' THEN coalesce(left(o.kind, 40), 'school') ELSE coalesce(s.kind, 'school') END AS kind,
          CASE WHEN cols ? 'identifier' THEN coalesce(left(o.identifier, 100), '') ELSE coalesce(s.identifier, '') END AS identifier
        FROM records.stage_org o LEFT JOIN public.people_school s ON s.sourced_id = o.sourced_id WHERE o.sourced_id IS NOT NULL AND length(o.sourced_id) <= 255) x
      ON t.id = x.id
      WHEN MATCHED AND t.active AND NOT x.active THEN UPDATE SET active = false
      WHEN MATCHED AND x.active AND (t.name, t.kind, t.identifier, t.active) IS DISTINCT FROM (x.name, x.kind, x.identifier, true)
        THEN UPDATE SET name = x.name, kind = x.kind, identifier = x.identifier, active = true
      WHEN NOT MATCHED AND x.active THEN INSERT (public_id, sourced_id, name, kind, identifier, active) VALUES (gen_random_uuid(), x.sourced_id, x.name, x.kind, x.identifier, true)
      RETURNING merge_action() AS did, t.active)
    SELECT count(*) FILTER (WHERE did = 'INSERT'), count(*) FILTER (WHERE did = 'UPDATE' AND active), count(*) FILTER (WHERE NOT active) INTO added, changed, ended FROM m;
    IF orgs_bulk THEN
      UPDATE public.people_school t SET active = false FROM records.roster_source f
       WHERE f.kind = 'school' AND f.id = t.id AND f.source = roster_places.source AND t.active AND NOT EXISTS (SELECT FROM records.stage_org o WHERE o.sourced_id = t.sourced_id);
      GET DIAGNOSTICS n = ROW_COUNT; ended := ended + n;
    END IF;
    INSERT INTO records.roster_source AS f(kind, id, source) SELECT 'school', t.id, roster_places.source FROM public.people_school t
      WHERE t.sourced_id IN (SELECT o.sourced_id FROM records.stage_org o)
      ON CONFLICT (kind, id) DO UPDATE SET source = excluded.source WHERE f.source <> excluded.source;
    counts := counts || jsonb_build_object('schools', jsonb_build_object('added', added, 'changed', changed, 'ended', ended));
    SELECT count(*), min(o.ctid) INTO n, spot FROM records.stage_org o WHERE o.parent IS NOT NULL AND NOT EXISTS (SELECT FROM records.stage_org p WHERE p.sourced_id = o.parent)
      AND NOT EXISTS (SELECT FROM public.people_school p WHERE p.sourced_id = o.parent);
    PERFORM door.notice('orgs', 'parent', 'unknown_parent', n, spot);
  END IF;

  IF files ? 'academicSessions' THEN
    cols := files #> '{academicSessions,columns}';
    PERFORM door.check_rows('academicSessions', 'stage_term', ARRAY['sourced_id']);
    PERFORM door.check_ids('academicSessions', 'stage_term');
    INSERT INTO records.import_fault(file, at, place, code)
      SELECT 'academicSessions', s.ctid, v.place, 'date' FROM records.stage_term s CROSS JOIN LATERAL (VALUES ('begins', s.begins), ('ends', s.ends)) v(place, word)
      WHERE v.word IS NOT NULL AND door.day(v.word) IS NULL;
    WITH m AS (
      MERGE INTO public.records_term t USING (
        SELECT DISTINCT ON (s.sourced_id) s.sourced_id, o.id, coalesce(left(s.title, 200), o.title, '') AS title, coalesce(left(s.kind, 40), o.kind, 'term') AS kind,
          coalesce(door.day(s.begins), o.begins) AS begins, coalesce(door.day(s.ends), o.ends) AS ends, NOT door.gone(s.status) AS active
        FROM records.stage_term s LEFT JOIN public.records_term o ON o.sourced_id = s.sourced_id WHERE s.sourced_id IS NOT NULL AND length(s.sourced_id) <= 255) x
      ON t.id = x.id
      WHEN MATCHED AND t.active AND NOT x.active THEN UPDATE SET active = false
      WHEN MATCHED AND x.active AND (t.title, t.kind, t.begins, t.ends, t.active) IS DISTINCT FROM (x.title, x.kind, x.begins, x.ends, true)
        THEN UPDATE SET title = x.title, kind = x.kind, begins = x.begins, ends = x.ends, active = true
      WHEN NOT MATCHED AND x.active AND x.begins IS NOT NULL AND x.ends IS NOT NULL
        THEN INSERT (sourced_id, title, kind, begins, ends, active) VALUES (x.sourced_id, x.title, x.kind, x.begins, x.ends, true)
      RETURNING merge_action() AS did, t.active)
    SELECT count(*) FILTER (WHERE did = 'INSERT'), count(*) FILTER (WHERE did = 'UPDATE' AND active), count(*) FILTER (WHERE NOT active) INTO added, changed, ended FROM m;
    IF files #>> '{academicSessions,mode}' = 'bulk' THEN
      UPDATE public.records_term t SET active = false FROM records.roster_source f
       WHERE f.kind = 'term' AND f.id = t.id AND f.source = roster_places.source AND t.active AND NOT EXISTS (SELECT FROM records.stage_term s WHERE s.sourced_id = t.sourced_id);
      GET DIAGNOSTICS n = ROW_COUNT; ended := ended + n;
    END IF;
    INSERT INTO records.roster_source AS f(kind, id, source) SELECT 'term', t.id, roster_places.source FROM public.records_term t
      WHERE t.sourced_id IN (SELECT s.sourced_id FROM records.stage_term s)
      ON CONFLICT (kind, id) DO UPDATE SET source = excluded.source WHERE f.source <> excluded.source;
    counts := counts || jsonb_build_object('terms', jsonb_build_object('added', added, 'changed', changed, 'ended', ended));
    SELECT count(*), min(s.ctid) INTO n, spot FROM records.stage_term s WHERE NOT door.gone(s.status) AND (s.begins IS NULL OR s.ends IS NULL);
    PERFORM door.notice('academicSessions', 'begins', 'no_dates', n, spot);
    SELECT count(*), min(s.ctid) INTO n, spot FROM records.stage_term s WHERE door.day(s.begins) > door.day(s.ends);
    PERFORM door.notice('academicSessions', 'ends', 'ends_before', n, spot);
    SELECT count(*), min(s.ctid) INTO n, spot FROM records.stage_term s WHERE s.parent IS NOT NULL AND NOT EXISTS (SELECT FROM records.stage_term p WHERE p.sourced_id = s.parent);
    PERFORM door.notice('academicSessions', 'parent', 'unknown_parent', n, spot);
  END IF;

  IF files ? 'classes' THEN
    cols := files #> '{classes,columns}';
    PERFORM door.check_rows('classes', 'stage_class', ARRAY['sourced_id', 'title', 'school']);
    PERFORM door.check_ids('classes', 'stage_class');
    IF files ? 'orgs' THEN
      INSERT INTO records.import_fault(file, at, place, code) SELECT 'classes', c.ctid, 'school', 'no_such_org' FROM records.stage_class c
        WHERE c.school IS NOT NULL AND NOT EXISTS (SELECT FROM records.stage_org o WHERE o.sourced_id = c.school)
          AND (orgs_bulk OR NOT EXISTS (SELECT FROM public.people_school s WHERE s.sourced_id = c.school));
    ELSE
      SELECT count(*), min(c.ctid) INTO n, spot FROM records.stage_class c WHERE c.school IS NOT NULL AND NOT EXISTS (SELECT FROM public.people_school s WHERE s.sourced_id = c.school);
      PERFORM door.notice('classes', 'school', 'unknown_org', n, spot);
    END IF;
    IF NOT files ? 'courses' THEN
      SELECT count(*), min(c.ctid) INTO n, spot FROM records.stage_class c WHERE c.course IS NOT NULL;
      PERFORM door.notice('classes', 'course', 'unknown_course', n, spot);
    END IF;
    SELECT sum(k.n), min(k.at) INTO n, spot FROM (SELECT x.terms, count(*) AS n, min(x.ctid) AS at FROM records.stage_class x GROUP BY x.terms) k
      WHERE EXISTS (SELECT FROM unnest(string_to_array(k.terms, ',')) w(word) WHERE NOT EXISTS (SELECT FROM public.records_term t WHERE t.sourced_id = btrim(w.word))
        AND NOT EXISTS (SELECT FROM records.stage_term t WHERE t.sourced_id = btrim(w.word)));
    PERFORM door.notice('classes', 'terms', 'unknown_term', n, spot);
    WITH m AS (
      MERGE INTO public.records_section t USING (
        SELECT DISTINCT ON (c.sourced_id) c.sourced_id, o.id, coalesce(left(c.title, 255), o.title, '') AS title, s.id AS school_id, NOT door.gone(c.status) AS active,
          CASE WHEN cols ? 'kind' THEN coalesce(lower(left(c.kind, 40)), 'scheduled') ELSE coalesce(o.kind, 'scheduled') END AS kind,
          CASE WHEN cols ? 'subjects' THEN ARRAY(SELECT left(btrim(w.word), 100) FROM unnest(string_to_array(c.subjects, ',')) WITH ORDINALITY w(word, i) WHERE btrim(w.word) <> '' ORDER BY w.i)::varchar(100)[]
            ELSE coalesce(o.subjects, '{}') END AS subjects,
          CASE WHEN cols ? 'terms' THEN d.begins ELSE o.begins END AS begins, CASE WHEN cols ? 'terms' THEN d.ends ELSE o.ends END AS ends
        FROM records.stage_class c LEFT JOIN public.records_section o ON o.sourced_id = c.sourced_id LEFT JOIN public.people_school s ON s.sourced_id = c.school
          LEFT JOIN (SELECT k.terms, min(t.begins) AS begins, max(t.ends) AS ends FROM (SELECT DISTINCT x.terms FROM records.stage_class x) k
            CROSS JOIN LATERAL unnest(string_to_array(k.terms, ',')) w(word) JOIN public.records_term t ON t.sourced_id = btrim(w.word) GROUP BY k.terms) d ON d.terms = c.terms
        WHERE c.sourced_id IS NOT NULL AND length(c.sourced_id) <= 255) x
      ON t.id = x.id
      WHEN MATCHED AND t.active AND NOT x.active THEN UPDATE SET active = false
      WHEN MATCHED AND x.active AND (t.title, t.school_id, t.kind, t.subjects, t.begins, t.ends, t.active) IS DISTINCT FROM (x.title, x.school_id, x.kind, x.subjects, x.begins, x.ends, true)
        THEN UPDATE SET title = x.title, school_id = x.school_id, kind = x.kind, subjects = x.subjects, begins = x.begins, ends = x.ends, active = true
      WHEN NOT MATCHED AND x.active THEN INSERT (public_id, sourced_id, title, school_id, kind, subjects, begins, ends, active)
        VALUES (gen_random_uuid(), x.sourced_id, x.title, x.school_id, x.kind, x.subjects, x.begins, x.ends, true)
      RETURNING merge_action() AS did, t.active)
    SELECT count(*) FILTER (WHERE did = 'INSERT'), count(*) FILTER (WHERE did = 'UPDATE' AND active), count(*) FILTER (WHERE NOT active) INTO added, changed, ended FROM m;
    IF files #>> '{classes,mode}' = 'bulk' THEN
      UPDATE public.records_section t SET active = false
       WHERE t.active AND (t.school_id IS NULL OR t.school_id IN (SELECT f.id FROM records.roster_source f WHERE f.kind = 'school' AND f.source = roster_places.source))
         AND NOT EXISTS (SELECT FROM records.stage_class c WHERE c.sourced_id = t.sourced_id);
      GET DIAGNOSTICS n = ROW_COUNT; ended := ended + n;
    END IF;
    counts := counts || jsonb_build_object('sections', jsonb_build_object('added', added, 'changed', changed, 'ended', ended));
  END IF;
  RETURN counts; END $$;

-- Who is what. In 1.1 a person has one role in users.csv; in 1.2 any number in roles.csv (`stage_standing`, a row a person).
CREATE VIEW records.staged_person AS
  SELECT u.ctid AS at, u.sourced_id, door.gone(u.status) AS gone, coalesce(r.is_student, lower(u.role) = 'student', false) AS is_student,
    CASE WHEN r.sourced_id IS NOT NULL THEN r.relation WHEN lower(u.role) IN ('parent', 'guardian', 'relative') THEN lower(u.role) END AS relation,
    CASE WHEN r.sourced_id IS NOT NULL THEN r.staff_role WHEN lower(u.role) NOT IN ('parent', 'guardian', 'relative', 'student') AND u.role NOT LIKE 'ext:%' THEN u.role END AS staff_role,
    coalesce(u.primary_org, r.home, CASE WHEN u.orgs NOT LIKE '%,%' THEN u.orgs ELSE (
      SELECT s.sourced_id FROM unnest(string_to_array(u.orgs, ',')) WITH ORDINALITY o(word, i) JOIN public.people_school s ON s.sourced_id = btrim(o.word)
      ORDER BY s.kind <> 'school', o.i LIMIT 1) END) AS home,
    u.given_name, u.middle_name, u.family_name, nullif(concat_ws(' ', u.preferred_given, u.preferred_family), '') AS preferred_name, u.pronouns,
    u.identifier AS local_id, coalesce(u.master_id, CASE WHEN u.user_ids IS NOT NULL THEN
      substring(u.user_ids FROM '(?i)\{\s*(?:state|ssid|sasid|suid|wiseid)[^:{}]*:\s*([^{}]+?)\s*\}') END) AS state_id,
    u.email, u.username, coalesce(u.phone, u.sms) AS phone, u.grades AS grade, u.agents
  FROM records.stage_user u LEFT JOIN records.stage_standing r ON r.sourced_id = u.sourced_id;
CREATE VIEW records.staged_demographic AS
  SELECT d.sourced_id, CASE WHEN NOT door.gone(d.status) THEN door.day(d.birth_date) END AS birth_date, CASE WHEN NOT door.gone(d.status) THEN d.sex END AS gender,
    CASE WHEN NOT door.gone(d.status) THEN nullif(concat_ws(', ', d.city, d.state, d.country), '') END AS birth_place,
    CASE WHEN NOT door.gone(d.status) THEN nullif(array_remove(ARRAY[CASE WHEN door.yes(d.native) THEN 'American Indian or Alaska Native' END, CASE WHEN door.yes(d.asian) THEN 'Asian' END,
      CASE WHEN door.yes(d.black) THEN 'Black or African American' END, CASE WHEN door.yes(d.hispanic) THEN 'Hispanic or Latino' END,
      CASE WHEN door.yes(d.islander) THEN 'Native Hawaiian or Other Pacific Islander' END, CASE WHEN door.yes(d.two_or_more) THEN 'Two or more races' END,
      CASE WHEN door.yes(d.white) THEN 'White' END], NULL), '{}') END AS ethnicity
  FROM records.stage_demographic d;
ALTER VIEW records.staged_person OWNER TO portal_door;
ALTER VIEW records.staged_demographic OWNER TO portal_door;

-- Students, guardians and their links: what differs goes into the delta tables. Staff are few and merged at once.
CREATE FUNCTION door.roster_people(files jsonb, today date, source text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '256MB' SET datestyle = 'ISO' SET enable_nestloop = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  cols jsonb := coalesce(files #> '{users,columns}', '[]'); extra jsonb := coalesce(files #> '{demographics,columns}', '[]'); bulk boolean := coalesce(files #>> '{users,mode}' = 'bulk', false);
  scope bigint[] := ARRAY(SELECT f.id FROM records.roster_source f WHERE f.kind = 'school' AND f.source = roster_people.source);
  has_role boolean := cols ? 'role' OR files ? 'roles';
  has_given boolean := cols ? 'given_name'; has_middle boolean := cols ? 'middle_name'; has_family boolean := cols ? 'family_name';
  has_preferred boolean := cols ?| ARRAY['preferred_given', 'preferred_family']; has_pronouns boolean := cols ? 'pronouns'; has_local boolean := cols ? 'identifier';
  has_state boolean := cols ?| ARRAY['master_id', 'user_ids']; has_email boolean := cols ? 'email'; has_username boolean := cols ? 'username';
  has_phone boolean := cols ?| ARRAY['phone', 'sms']; has_grade boolean := cols ? 'grades';
  has_birth boolean := extra ? 'birth_date'; has_sex boolean := extra ? 'sex'; has_place boolean := extra ?| ARRAY['city', 'state', 'country'];
  has_race boolean := extra ?| ARRAY['native', 'asian', 'black', 'islander', 'white', 'two_or_more', 'hispanic'];
  counts jsonb := '{}'; added bigint; changed bigint; ended bigint; returned bigint; n bigint; spot tid; BEGIN
  IF NOT files ?| ARRAY['users', 'demographics'] THEN RETURN counts; END IF;
  PERFORM door.check_rows('users', 'stage_user', ARRAY['sourced_id']);

  IF files ? 'roles' THEN
    PERFORM door.check_rows('roles', 'stage_role', ARRAY['person', 'role']);
    INSERT INTO records.import_fault(file, at, place, code)
      SELECT 'roles', s.ctid, 'role', 'role' FROM records.stage_role s WHERE NOT door.role_known(s.role)
      UNION ALL SELECT 'roles', s.ctid, 'person', 'no_such_user' FROM records.stage_role s WHERE s.person IS NOT NULL AND NOT EXISTS (SELECT FROM records.stage_user u WHERE u.sourced_id = s.person)
        AND (bulk OR NOT EXISTS (SELECT FROM records.identity i WHERE i.sourced_id = s.person) AND NOT EXISTS (SELECT FROM records.guardian g WHERE g.sourced_id = s.person)
          AND NOT EXISTS (SELECT FROM public.records_staffmember m WHERE m.sourced_id = s.person));
    INSERT INTO records.stage_standing(sourced_id, is_student, relation, staff_role, home)
      SELECT s.person, bool_or(lower(s.role) = 'student'),
        (array_agg(lower(s.role) ORDER BY s.ctid) FILTER (WHERE lower(s.role) IN ('parent', 'guardian', 'relative')))[1],
        (array_agg(s.role ORDER BY lower(s.kind) IS DISTINCT FROM 'primary', s.ctid) FILTER (WHERE s.role NOT LIKE 'ext:%' AND lower(s.role) NOT IN ('student', 'parent', 'guardian', 'relative')))[1],
        (array_agg(s.org ORDER BY lower(s.role) <> 'student', lower(s.kind) IS DISTINCT FROM 'primary', s.ctid) FILTER (WHERE s.org IS NOT NULL))[1]
      FROM records.stage_role s WHERE s.person IS NOT NULL AND s.role IS NOT NULL AND NOT door.gone(s.status) GROUP BY s.person;
    SELECT count(*), min(s.ctid) INTO n, spot FROM records.stage_role s WHERE door.day(s.ends) < today AND NOT door.gone(s.status);
    PERFORM door.notice('roles', 'ends', 'role_past', n, spot);
    SELECT count(*), min(s.ctid) INTO n, spot FROM records.stage_role s WHERE NOT EXISTS (SELECT FROM records.stage_user u WHERE u.sourced_id = s.person) AND NOT bulk;
    PERFORM door.notice('roles', 'person', 'role_alone', n, spot);
    SELECT count(*), min(s.ctid) INTO n, spot FROM records.stage_role s WHERE s.role LIKE 'ext:%';
    PERFORM door.notice('roles', 'role', 'role_extension', n, spot);
    SELECT count(*), min(s.ctid) INTO n, spot FROM records.stage_role s WHERE s.org IS NOT NULL AND NOT EXISTS (SELECT FROM public.people_school o WHERE o.sourced_id = s.org);
    PERFORM door.notice('roles', 'org', 'unknown_org', n, spot);
  END IF;
  IF NOT bulk THEN   -- a change that says nothing of the role leaves it as it is
    INSERT INTO records.stage_standing(sourced_id, is_student, relation, staff_role)
      SELECT u.sourced_id, i.student_id IS NOT NULL, CASE WHEN g.id IS NOT NULL THEN 'guardian' END, m.role
      FROM records.stage_user u LEFT JOIN records.identity i ON i.sourced_id = u.sourced_id LEFT JOIN records.guardian g ON g.sourced_id = u.sourced_id
        LEFT JOIN public.records_staffmember m ON m.sourced_id = u.sourced_id
      WHERE u.role IS NULL AND (i.student_id IS NOT NULL OR g.id IS NOT NULL OR m.id IS NOT NULL) AND NOT EXISTS (SELECT FROM records.stage_standing s WHERE s.sourced_id = u.sourced_id);
  END IF;
  INSERT INTO records.import_fault(file, at, place, code)
    SELECT 'users', u.ctid, 'role', CASE WHEN u.role IS NULL THEN 'missing' ELSE 'role' END FROM records.stage_user u
    WHERE (u.role IS NULL OR u.role NOT IN ('student', 'parent', 'guardian', 'teacher') AND NOT door.role_known(u.role))
      AND NOT files ? 'roles' AND NOT door.gone(u.status) AND NOT EXISTS (SELECT FROM records.stage_standing s WHERE s.sourced_id = u.sourced_id);
  IF files ? 'roles' THEN
    SELECT count(*), min(p.at) INTO n, spot FROM records.staged_person p WHERE NOT p.gone AND NOT p.is_student AND p.relation IS NULL AND p.staff_role IS NULL;
    PERFORM door.notice('users', 'sourced_id', 'no_role', n, spot);
  END IF;
  INSERT INTO records.import_fault(file, at, place, code)
    SELECT 'users', p.at, v.place, 'missing' FROM records.staged_person p CROSS JOIN LATERAL (VALUES ('given_name', p.given_name), ('family_name', p.family_name)) v(place, word)
    WHERE (p.given_name IS NULL OR p.family_name IS NULL) AND p.is_student AND NOT p.gone AND v.word IS NULL AND cols ? v.place;
  SELECT count(*), min(p.at) INTO n, spot FROM records.staged_person p WHERE p.given_name IS NULL AND p.family_name IS NULL AND NOT p.is_student AND NOT p.gone;
  PERFORM door.notice('users', 'family_name', 'no_name', n, spot);
  SELECT sum(x.n), min(x.min) AS min INTO n, spot FROM (SELECT coalesce(u.primary_org, u.orgs) AS orgs, count(*) AS n, min(u.ctid) FROM records.stage_user u GROUP BY 1) x
    WHERE x.orgs IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(string_to_array(x.orgs, ',')) w(word) JOIN public.people_school s ON s.sourced_id = btrim(w.word));
  PERFORM door.notice('users', CASE WHEN cols ? 'primary_org' THEN 'primary_org' ELSE 'orgs' END, 'unknown_org', n, spot);

  IF files ? 'demographics' THEN
    PERFORM door.check_rows('demographics', 'stage_demographic', ARRAY['sourced_id']);
    PERFORM door.check_ids('demographics', 'stage_demographic');
    INSERT INTO records.import_fault(file, at, place, code) SELECT 'demographics', d.ctid, 'birth_date', 'date' FROM records.stage_demographic d WHERE d.birth_date IS NOT NULL AND door.day(d.birth_date) IS NULL;
    SELECT count(*), min(d.ctid) INTO n, spot FROM records.stage_demographic d WHERE door.day(d.birth_date) NOT BETWEEN today - 36525 AND today;
    PERFORM door.notice('demographics', 'birth_date', 'odd_birth_date', n, spot);
    SELECT count(*), min(d.ctid) INTO n, spot FROM records.stage_demographic d WHERE NOT EXISTS (SELECT FROM records.stage_user u WHERE u.sourced_id = d.sourced_id)
      AND (bulk OR NOT EXISTS (SELECT FROM records.identity i WHERE i.sourced_id = d.sourced_id));
    PERFORM door.notice('demographics', 'sourced_id', 'no_such_user', n, spot);
  END IF;

  -- Students. A student who is gone has left; one who comes back has not. A column that was not delivered stays as it is.
  INSERT INTO records.delta_student(at, sourced_id, student_id, school_id, what, elements)
    SELECT p.at, coalesce(p.sourced_id, t.sourced_id), coalesce(t.student_id, nextval('public.records_student_id_seq')), coalesce(s.id, t.school_id),
      CASE WHEN t.student_id IS NULL THEN 'added' WHEN p.at IS NULL OR p.gone OR NOT p.is_student THEN 'ended' WHEN t.left_on IS NOT NULL THEN 'returned' ELSE 'changed' END,
      CASE WHEN t.student_id IS NOT NULL AND p.is_student AND NOT p.gone THEN array_remove(ARRAY[
        CASE WHEN has_given AND t.given_name IS DISTINCT FROM coalesce(p.given_name, '') OR has_middle AND t.middle_name IS DISTINCT FROM p.middle_name
          OR has_family AND t.family_name IS DISTINCT FROM coalesce(p.family_name, '') THEN 'name' END,
        CASE WHEN has_preferred AND t.preferred_name IS DISTINCT FROM p.preferred_name THEN 'preferred-name' END, CASE WHEN has_pronouns AND t.pronouns IS DISTINCT FROM p.pronouns THEN 'pronouns' END,
        CASE WHEN has_local AND t.local_id IS DISTINCT FROM p.local_id THEN 'local-id' END, CASE WHEN has_state AND t.state_id IS DISTINCT FROM p.state_id THEN 'state-id' END,
        CASE WHEN has_email AND t.email IS DISTINCT FROM p.email THEN 'email' END, CASE WHEN has_username AND t.username IS DISTINCT FROM p.username THEN 'username' END,
        CASE WHEN has_phone AND t.phone IS DISTINCT FROM p.phone THEN 'phone' END, CASE WHEN has_grade AND t.grade IS DISTINCT FROM p.grade THEN 'grade' END,
        CASE WHEN d.sourced_id IS NOT NULL AND has_birth AND t.birth_date IS DISTINCT FROM d.birth_date THEN 'birth-date' END,
        CASE WHEN d.sourced_id IS NOT NULL AND has_place AND t.birth_place IS DISTINCT FROM d.birth_place THEN 'birth-place' END,
        CASE WHEN d.sourced_id IS NOT NULL AND has_sex AND t.gender IS DISTINCT FROM d.gender THEN 'gender' END,
        CASE WHEN d.sourced_id IS NOT NULL AND has_race AND t.ethnicity IS DISTINCT FROM d.ethnicity THEN 'ethnicity' END,
        CASE WHEN t.school_id IS DISTINCT FROM coalesce(s.id, t.school_id) THEN 'school' END, CASE WHEN t.left_on IS NOT NULL THEN 'enrollment-dates' END], NULL) END
    FROM records.staged_person p
      LEFT JOIN records.staged_demographic d ON d.sourced_id = p.sourced_id AND p.is_student
      FULL JOIN (SELECT i.*, x.school_id, x.left_on FROM records.identity i JOIN public.records_student x ON x.id = i.student_id) t ON t.sourced_id = p.sourced_id
      LEFT JOIN public.people_school s ON s.sourced_id = p.home
    WHERE CASE
      WHEN p.at IS NULL THEN bulk AND t.left_on IS NULL AND (t.school_id IS NULL OR t.school_id = ANY (scope))
      WHEN t.student_id IS NULL THEN p.is_student AND NOT p.gone
      WHEN p.gone OR has_role AND NOT p.is_student THEN t.left_on IS NULL
      ELSE t.left_on IS NOT NULL OR t.school_id IS DISTINCT FROM coalesce(s.id, t.school_id)
        OR has_given AND t.given_name IS DISTINCT FROM coalesce(p.given_name, '') OR has_middle AND t.middle_name IS DISTINCT FROM p.middle_name
        OR has_family AND t.family_name IS DISTINCT FROM coalesce(p.family_name, '') OR has_preferred AND t.preferred_name IS DISTINCT FROM p.preferred_name
        OR has_pronouns AND t.pronouns IS DISTINCT FROM p.pronouns OR has_local AND t.local_id IS DISTINCT FROM p.local_id OR has_state AND t.state_id IS DISTINCT FROM p.state_id
        OR has_email AND t.email IS DISTINCT FROM p.email OR has_username AND t.username IS DISTINCT FROM p.username OR has_phone AND t.phone IS DISTINCT FROM p.phone
        OR has_grade AND t.grade IS DISTINCT FROM p.grade
        OR d.sourced_id IS NOT NULL AND (has_birth AND t.birth_date IS DISTINCT FROM d.birth_date OR has_place AND t.birth_place IS DISTINCT FROM d.birth_place
          OR has_sex AND t.gender IS DISTINCT FROM d.gender OR has_race AND t.ethnicity IS DISTINCT FROM d.ethnicity) END;
  IF files ? 'demographics' AND NOT bulk THEN      -- a change of demographics alone
    INSERT INTO records.delta_student(sourced_id, student_id, school_id, what, elements)
      SELECT x.sourced_id, x.student_id, x.school_id, 'changed', x.elements FROM (
        SELECT DISTINCT ON (t.sourced_id) t.sourced_id, t.student_id, s.school_id, array_remove(ARRAY[CASE WHEN has_birth AND t.birth_date IS DISTINCT FROM d.birth_date THEN 'birth-date' END,
          CASE WHEN has_place AND t.birth_place IS DISTINCT FROM d.birth_place THEN 'birth-place' END, CASE WHEN has_sex AND t.gender IS DISTINCT FROM d.gender THEN 'gender' END,
          CASE WHEN has_race AND t.ethnicity IS DISTINCT FROM d.ethnicity THEN 'ethnicity' END], NULL) AS elements
        FROM records.staged_demographic d JOIN records.identity t ON t.sourced_id = d.sourced_id JOIN public.records_student s ON s.id = t.student_id
        WHERE NOT EXISTS (SELECT FROM records.stage_user u WHERE u.sourced_id = d.sourced_id)) x WHERE x.elements <> '{}';
  END IF;
  SELECT count(*) FILTER (WHERE what = 'added'), count(*) FILTER (WHERE what = 'changed'), count(*) FILTER (WHERE what = 'ended'), count(*) FILTER (WHERE what = 'returned')
    INTO added, changed, ended, returned FROM records.delta_student;
  SELECT count(*) INTO n FROM public.records_student t WHERE t.left_on IS NULL AND (t.school_id IS NULL OR t.school_id = ANY (scope));
  counts := counts || jsonb_build_object('students', jsonb_build_object('added', added, 'changed', changed, 'ended', ended, 'returned', returned, 'before', n));

  -- Guardians. They are never ended themselves, only their links are.
  INSERT INTO records.delta_guardian(at, sourced_id, guardian_id, what, elements)
    SELECT p.at, p.sourced_id, coalesce(g.id, nextval('records.guardian_id_seq')), CASE WHEN g.id IS NULL THEN 'added' ELSE 'changed' END, array_remove(ARRAY[
      CASE WHEN g.id IS NULL OR has_given AND g.given_name IS DISTINCT FROM coalesce(p.given_name, '') OR has_family AND g.family_name IS DISTINCT FROM coalesce(p.family_name, '') THEN 'guardian-name' END,
      CASE WHEN has_email AND g.email IS DISTINCT FROM p.email THEN 'guardian-email' END, CASE WHEN has_phone AND g.phone IS DISTINCT FROM p.phone THEN 'guardian-phone' END], NULL)
    FROM records.staged_person p LEFT JOIN records.guardian g ON g.sourced_id = p.sourced_id
    WHERE p.relation IS NOT NULL AND NOT p.gone AND p.sourced_id IS NOT NULL AND (g.id IS NULL
      OR has_given AND g.given_name IS DISTINCT FROM coalesce(p.given_name, '') OR has_family AND g.family_name IS DISTINCT FROM coalesce(p.family_name, '')
      OR has_email AND g.email IS DISTINCT FROM p.email OR has_phone AND g.phone IS DISTINCT FROM p.phone);
  SELECT count(*) FILTER (WHERE what = 'added'), count(*) FILTER (WHERE what = 'changed') INTO added, changed FROM records.delta_guardian;
  counts := counts || jsonb_build_object('guardians', jsonb_build_object('added', added, 'changed', changed, 'ended', 0));

  -- Links, from either side's agents. A former student's guardians keep theirs: their right to inspect does not end with the schooling (34 CFR 99.10).
  IF cols ? 'agents' THEN
    WITH guardians AS MATERIALIZED (
      SELECT p.sourced_id, p.relation, coalesce(g.id, d.guardian_id) AS id FROM records.staged_person p LEFT JOIN records.guardian g ON g.sourced_id = p.sourced_id
        LEFT JOIN records.delta_guardian d ON d.sourced_id = p.sourced_id WHERE p.relation IS NOT NULL AND NOT p.gone
      UNION ALL SELECT g.sourced_id, 'guardian', g.id FROM records.guardian g WHERE NOT bulk AND NOT EXISTS (SELECT FROM records.stage_user u WHERE u.sourced_id = g.sourced_id)),
    students AS MATERIALIZED (
      SELECT p.sourced_id, coalesce(i.student_id, d.student_id) AS id, true AS delivered FROM records.staged_person p LEFT JOIN records.identity i ON i.sourced_id = p.sourced_id
        LEFT JOIN records.delta_student d ON d.sourced_id = p.sourced_id AND d.what = 'added' WHERE p.is_student AND NOT p.gone
      UNION ALL SELECT i.sourced_id, i.student_id, false FROM records.identity i WHERE NOT bulk AND NOT EXISTS (SELECT FROM records.stage_user u WHERE u.sourced_id = i.sourced_id))
    INSERT INTO records.delta_link(at, student, guardian, by_guardian, link_id, student_id, guardian_id, relation, what)
      SELECT DISTINCT ON (n.student, n.guardian, l.id) n.at, n.student, n.guardian, n.by_guardian, l.id, coalesce(n.student_id, l.student_id), coalesce(n.guardian_id, l.guardian_id), n.relation,
        CASE WHEN l.id IS NULL AND (n.student_id IS NULL OR n.guardian_id IS NULL) THEN 'lost' WHEN l.id IS NULL THEN 'added' WHEN n.at IS NULL THEN 'ended'
          WHEN l.ended_at IS NOT NULL THEN 'returned' ELSE 'changed' END
      FROM (
        SELECT p.at, p.student, p.guardian, false AS by_guardian, p.student_id, g.id AS guardian_id, g.relation FROM (
            SELECT x.at, x.sourced_id AS student, btrim(w.word) AS guardian, coalesce(i.student_id, d.student_id) AS student_id FROM records.staged_person x
              LEFT JOIN records.identity i ON i.sourced_id = x.sourced_id LEFT JOIN records.delta_student d ON d.sourced_id = x.sourced_id AND d.what = 'added'
              CROSS JOIN LATERAL unnest(string_to_array(x.agents, ',')) w(word) WHERE x.agents IS NOT NULL AND x.is_student AND NOT x.gone) p
          LEFT JOIN guardians g ON g.sourced_id = p.guardian WHERE p.guardian <> ''
        UNION ALL
        SELECT p.at, p.student, p.guardian, true, s.id, g.id, g.relation FROM (
            SELECT x.at, btrim(w.word) AS student, x.sourced_id AS guardian FROM records.staged_person x CROSS JOIN LATERAL unnest(string_to_array(x.agents, ',')) w(word)
            WHERE x.agents IS NOT NULL AND x.relation IS NOT NULL AND NOT x.is_student AND NOT x.gone) p
          LEFT JOIN students s ON s.sourced_id = p.student LEFT JOIN guardians g ON g.sourced_id = p.guardian WHERE p.student <> '') n
        FULL JOIN (SELECT * FROM public.records_guardianship x WHERE x.guardian_id IS NOT NULL) l ON l.student_id = n.student_id AND l.guardian_id = n.guardian_id
      WHERE CASE WHEN l.id IS NULL THEN true
        WHEN n.at IS NULL THEN l.ended_at IS NULL AND (bulk AND l.student_id IN (SELECT s.id FROM students s WHERE s.delivered)
          OR l.guardian_id IN (SELECT g.id FROM records.staged_person p JOIN records.guardian g ON g.sourced_id = p.sourced_id WHERE p.gone))
        -- another word for the relation counts only where the portal holds no closer one (mother, stepparent)
        ELSE l.ended_at IS NOT NULL OR l.relation IN ('parent', 'guardian', 'relative') AND l.relation <> n.relation AND bulk END
      ORDER BY n.student, n.guardian, l.id, n.at;
    INSERT INTO records.import_notice(file, place, code, total, at)
      SELECT 'users', 'agents', x.code, count(*), min(x.at) FROM (
        SELECT d.at, CASE WHEN NOT d.by_guardian AND u.at IS NOT NULL AND u.relation IS NULL THEN 'agent_no_guardian'
          WHEN d.by_guardian AND v.sourced_id IS NOT NULL THEN 'agent_no_student' ELSE 'no_such_agent' END AS code
        FROM records.delta_link d LEFT JOIN records.staged_person u ON u.sourced_id = d.guardian LEFT JOIN records.stage_user v ON v.sourced_id = d.student
        WHERE d.what = 'lost') x GROUP BY x.code;
    SELECT count(*) FILTER (WHERE what = 'added'), count(*) FILTER (WHERE what = 'changed'), count(*) FILTER (WHERE what = 'ended'), count(*) FILTER (WHERE what = 'returned')
      INTO added, changed, ended, returned FROM records.delta_link;
    counts := counts || jsonb_build_object('links', jsonb_build_object('added', added, 'changed', changed, 'ended', ended, 'returned', returned));
  END IF;

  -- Staff, joined to their account by the roster's id and never by e-mail alone.
  WITH m AS (
    MERGE INTO public.records_staffmember t USING (
      SELECT DISTINCT ON (p.sourced_id) p.sourced_id, o.id, NOT p.gone AND p.staff_role IS NOT NULL AS active, coalesce(left(p.staff_role, 40), o.role) AS role,
        CASE WHEN has_given OR has_family THEN left(concat_ws(' ', p.given_name, p.family_name), 200) ELSE coalesce(o.name, '') END AS name,
        CASE WHEN has_email THEN coalesce(left(p.email, 254), '') ELSE coalesce(o.email, '') END AS email, coalesce(s.id, o.school_id) AS school_id, coalesce(o.user_id, a.id) AS user_id
      FROM (SELECT x.* FROM records.staged_person x WHERE x.staff_role IS NOT NULL OR x.sourced_id IN (SELECT m.sourced_id FROM public.records_staffmember m)) p
        LEFT JOIN public.records_staffmember o ON o.sourced_id = p.sourced_id LEFT JOIN public.people_school s ON s.sourced_id = p.home
        LEFT JOIN public.people_user a ON a.staff_number = p.sourced_id AND NOT EXISTS (SELECT FROM public.records_staffmember x WHERE x.user_id = a.id)
      WHERE p.sourced_id <> '' AND length(p.sourced_id) <= 255) x
    ON t.id = x.id
    WHEN MATCHED AND t.active AND NOT x.active THEN UPDATE SET active = false
    WHEN MATCHED AND x.active AND (t.role, t.name, t.email, t.school_id, t.user_id, t.active) IS DISTINCT FROM (x.role, x.name, x.email, x.school_id, x.user_id, true)
      THEN UPDATE SET role = x.role, name = x.name, email = x.email, school_id = x.school_id, user_id = x.user_id, active = true
    WHEN NOT MATCHED AND x.active THEN INSERT (sourced_id, name, email, role, school_id, user_id, active) VALUES (x.sourced_id, x.name, x.email, x.role, x.school_id, x.user_id, true)
    RETURNING merge_action() AS did, t.active)
  SELECT count(*) FILTER (WHERE did = 'INSERT'), count(*) FILTER (WHERE did = 'UPDATE' AND active), count(*) FILTER (WHERE NOT active) INTO added, changed, ended FROM m;
  IF bulk THEN
    UPDATE public.records_staffmember t SET active = false WHERE t.active AND (t.school_id IS NULL OR t.school_id = ANY (scope))
      AND NOT EXISTS (SELECT FROM records.stage_user u WHERE u.sourced_id = t.sourced_id);
    GET DIAGNOSTICS n = ROW_COUNT; ended := ended + n;
  END IF;
  IF added + changed + ended > 0 OR EXISTS (SELECT FROM records.delta_student) OR EXISTS (SELECT FROM records.delta_guardian) OR EXISTS (SELECT FROM records.delta_link) THEN
    PERFORM door.check_ids('users', 'stage_user');
  END IF;
  RETURN counts || jsonb_build_object('staff', jsonb_build_object('added', added, 'changed', changed, 'ended', ended)); END $$;

-- Enrollments of students into the delta table; those of teachers are few and merged at once. Other roles give no access and are left out.
CREATE FUNCTION door.roster_enrollments(files jsonb, today date, source text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '256MB' SET datestyle = 'ISO' SET enable_nestloop = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE bulk boolean := coalesce(files #>> '{enrollments,mode}' = 'bulk', false); users text := files #>> '{users,mode}'; classes text := files #>> '{classes,mode}';
  counts jsonb := '{}'; added bigint; changed bigint; ended bigint; n bigint; spot tid; BEGIN
  IF NOT files ? 'enrollments' THEN RETURN counts; END IF;
  PERFORM door.check_rows('enrollments', 'stage_enrollment', ARRAY['sourced_id', 'class', 'person', 'role']);
  INSERT INTO records.stage_adult(at, sourced_id, role, status, person, class, begins, ends)
    SELECT e.ctid, e.sourced_id, lower(e.role), e.status, e.person, e.class, e.begins, e.ends FROM records.stage_enrollment e WHERE e.role <> 'student' AND lower(e.role) <> 'student';
  INSERT INTO records.import_fault(file, at, place, code) SELECT 'enrollments', e.at, 'role', 'role' FROM records.stage_adult e WHERE NOT door.role_known(e.role);
  SELECT count(*), min(e.at) INTO n, spot FROM records.stage_adult e WHERE e.role <> 'teacher';
  PERFORM door.notice('enrollments', 'role', 'role_without_access', n, spot);

  INSERT INTO records.delta_enrollment(at, sourced_id, enrollment_id, student_id, section_id, begins, ends, what)
    SELECT e.at, e.sourced_id, t.id, s.student_id, c.id, door.day(e.begins), CASE WHEN e.gone THEN least(door.day(e.ends), today) ELSE door.day(e.ends) END,
      CASE WHEN e.at IS NULL OR e.gone THEN 'ended' WHEN s.student_id IS NULL OR c.id IS NULL THEN NULL WHEN t.id IS NULL THEN 'added' ELSE 'changed' END
    FROM (SELECT x.ctid AS at, door.gone(x.status) AS gone, x.* FROM records.stage_enrollment x WHERE x.role = 'student' OR lower(x.role) = 'student') e
      FULL JOIN public.records_enrollment t ON t.sourced_id = e.sourced_id
      LEFT JOIN (SELECT i.sourced_id, i.student_id FROM records.identity i JOIN public.records_student x ON x.id = i.student_id
          WHERE x.left_on IS NULL AND NOT EXISTS (SELECT FROM records.delta_student d WHERE d.student_id = x.id AND d.what = 'ended')
        UNION ALL SELECT d.sourced_id, d.student_id FROM records.delta_student d WHERE d.what IN ('added', 'returned')) s ON s.sourced_id = e.person
      LEFT JOIN (SELECT x.sourced_id, x.id FROM public.records_section x WHERE x.active) c ON c.sourced_id = e.class
    WHERE CASE
      WHEN e.at IS NULL THEN bulk AND (t.ends IS NULL OR t.ends > today) AND t.section_id IN (SELECT x.id FROM public.records_section x WHERE x.school_id IS NULL
        OR x.school_id IN (SELECT f.id FROM records.roster_source f WHERE f.kind = 'school' AND f.source = roster_enrollments.source))
      WHEN e.gone THEN t.id IS NOT NULL AND (t.ends IS NULL OR t.ends > today)
      ELSE t.id IS NULL OR t.student_id IS DISTINCT FROM s.student_id OR t.section_id IS DISTINCT FROM c.id
        OR t.begins::text IS DISTINCT FROM e.begins AND (door.day(e.begins) IS NULL OR t.begins IS DISTINCT FROM door.day(e.begins))
        OR t.ends::text IS DISTINCT FROM e.ends AND (door.day(e.ends) IS NULL OR t.ends IS DISTINCT FROM door.day(e.ends)) END;
  IF EXISTS (SELECT FROM records.delta_enrollment d WHERE d.at IS NOT NULL) THEN      -- a row that says what the portal holds has no wrong date
    INSERT INTO records.import_fault(file, at, place, code) SELECT 'enrollments', e.ctid, v.place, 'date' FROM records.stage_enrollment e
      CROSS JOIN LATERAL (VALUES ('begins', e.begins), ('ends', e.ends)) v(place, word)
      WHERE (e.begins IS NOT NULL AND door.day(e.begins) IS NULL OR e.ends IS NOT NULL AND door.day(e.ends) IS NULL) AND v.word IS NOT NULL AND door.day(v.word) IS NULL;
  ELSE
    INSERT INTO records.import_fault(file, at, place, code) SELECT 'enrollments', e.at, v.place, 'date' FROM records.stage_adult e
      CROSS JOIN LATERAL (VALUES ('begins', e.begins), ('ends', e.ends)) v(place, word) WHERE v.word IS NOT NULL AND door.day(v.word) IS NULL;
  END IF;
  SELECT count(*), min(d.at) INTO n, spot FROM records.delta_enrollment d WHERE d.begins > d.ends AND d.what IN ('added', 'changed');
  PERFORM door.notice('enrollments', 'ends', 'ends_before', n, spot);

  -- What could not be placed: a fault where the delivery contradicts itself, else a notice; what the portal has of it ends.
  IF EXISTS (SELECT FROM records.delta_enrollment d WHERE d.what IS NULL) THEN
    WITH placed AS (
      SELECT e.ctid AS at, v.place, v.code FROM records.delta_enrollment d JOIN records.stage_enrollment e ON e.ctid = d.at
        LEFT JOIN records.staged_person p ON p.sourced_id = e.person LEFT JOIN records.stage_class c ON c.sourced_id = e.class
        CROSS JOIN LATERAL (
          SELECT 'person' AS place, CASE WHEN p.at IS NOT NULL THEN CASE WHEN p.gone THEN 'user_ended' ELSE 'role_differs' END
              WHEN users = 'bulk' THEN 'no_such_user'
              WHEN EXISTS (SELECT FROM records.identity i WHERE i.sourced_id = e.person) THEN 'user_ended'
              WHEN EXISTS (SELECT FROM records.guardian g WHERE g.sourced_id = e.person) OR EXISTS (SELECT FROM public.records_staffmember m WHERE m.sourced_id = e.person) THEN 'role_differs'
              WHEN users = 'delta' THEN 'no_such_user' ELSE 'unknown_user' END AS code WHERE d.student_id IS NULL AND e.person IS NOT NULL
          UNION ALL
          SELECT 'class', CASE WHEN c.sourced_id IS NOT NULL THEN 'class_ended' WHEN classes = 'bulk' THEN 'no_such_class'
              WHEN EXISTS (SELECT FROM public.records_section x WHERE x.sourced_id = e.class) THEN 'class_ended'
              WHEN classes = 'delta' THEN 'no_such_class' ELSE 'unknown_class' END WHERE d.section_id IS NULL AND e.class IS NOT NULL) v
      WHERE d.what IS NULL),
    wrong AS (INSERT INTO records.import_fault(file, at, place, code) SELECT 'enrollments', x.at, x.place, x.code FROM placed x WHERE x.code LIKE 'no_such%')
    INSERT INTO records.import_notice(file, place, code, total, at) SELECT 'enrollments', x.place, x.code, count(*), min(x.at) FROM placed x WHERE x.code NOT LIKE 'no_such%' GROUP BY x.place, x.code;
    UPDATE records.delta_enrollment d SET what = CASE WHEN t.id IS NOT NULL AND (t.ends IS NULL OR t.ends > today) THEN 'ended' ELSE 'left_out' END, ends = least(t.ends, today), begins = t.begins
      FROM records.delta_enrollment x LEFT JOIN public.records_enrollment t ON t.id = x.enrollment_id WHERE d.what IS NULL AND d.ctid = x.ctid;
  END IF;
  SELECT count(*) FILTER (WHERE what = 'added'), count(*) FILTER (WHERE what = 'changed'), count(*) FILTER (WHERE what = 'ended') INTO added, changed, ended FROM records.delta_enrollment;
  counts := counts || jsonb_build_object('enrollments', jsonb_build_object('added', added, 'changed', changed, 'ended', ended));

  -- Only the role "teacher" gives a class list, and only to a member of staff.
  WITH placed AS (
    SELECT e.at, v.place, v.code FROM records.stage_adult e LEFT JOIN public.records_staffmember m ON m.sourced_id = e.person AND m.active
      LEFT JOIN public.records_section c ON c.sourced_id = e.class AND c.active
      LEFT JOIN records.staged_person p ON p.sourced_id = e.person LEFT JOIN records.stage_class k ON k.sourced_id = e.class
      CROSS JOIN LATERAL (
        SELECT 'person' AS place, CASE WHEN p.at IS NOT NULL THEN CASE WHEN p.gone THEN 'user_ended' ELSE 'role_differs' END WHEN users = 'bulk' THEN 'no_such_user'
          WHEN EXISTS (SELECT FROM public.records_staffmember x WHERE x.sourced_id = e.person) THEN 'user_ended'
          WHEN EXISTS (SELECT FROM records.identity i WHERE i.sourced_id = e.person) THEN 'role_differs' WHEN users = 'delta' THEN 'no_such_user' ELSE 'unknown_user' END AS code
          WHERE m.id IS NULL AND e.person IS NOT NULL
        UNION ALL SELECT 'class', CASE WHEN k.sourced_id IS NOT NULL THEN 'class_ended' WHEN classes = 'bulk' THEN 'no_such_class'
          WHEN EXISTS (SELECT FROM public.records_section x WHERE x.sourced_id = e.class) THEN 'class_ended' WHEN classes = 'delta' THEN 'no_such_class' ELSE 'unknown_class' END
          WHERE c.id IS NULL AND e.class IS NOT NULL) v
    WHERE e.role = 'teacher' AND NOT door.gone(e.status)),
  wrong AS (INSERT INTO records.import_fault(file, at, place, code) SELECT 'enrollments', x.at, x.place, x.code FROM placed x WHERE x.code LIKE 'no_such%')
  INSERT INTO records.import_notice AS o(file, place, code, total, at) SELECT 'enrollments', x.place, x.code, count(*), min(x.at) FROM placed x WHERE x.code NOT LIKE 'no_such%' GROUP BY x.place, x.code;
  WITH m AS (
    MERGE INTO public.records_teaching t USING (
      SELECT DISTINCT ON (e.sourced_id) e.sourced_id, o.id, m.id AS staff_id, c.id AS section_id, door.day(e.begins) AS begins, door.day(e.ends) AS ends,
        NOT door.gone(e.status) AND m.id IS NOT NULL AND c.id IS NOT NULL AS active
      FROM records.stage_adult e LEFT JOIN public.records_staffmember m ON m.sourced_id = e.person AND m.active LEFT JOIN public.records_section c ON c.sourced_id = e.class AND c.active
        LEFT JOIN public.records_teaching o ON o.sourced_id = e.sourced_id
      WHERE e.role = 'teacher' AND length(e.sourced_id) <= 255) x
    ON t.id = x.id
    WHEN MATCHED AND NOT x.active AND (t.ends IS NULL OR t.ends > today) THEN UPDATE SET ends = today
    WHEN MATCHED AND x.active AND (t.staff_member_id, t.section_id, t.begins, t.ends) IS DISTINCT FROM (x.staff_id, x.section_id, x.begins, x.ends)
      THEN UPDATE SET staff_member_id = x.staff_id, section_id = x.section_id, begins = x.begins, ends = x.ends
    WHEN NOT MATCHED AND x.active THEN INSERT (sourced_id, staff_member_id, section_id, begins, ends) VALUES (x.sourced_id, x.staff_id, x.section_id, x.begins, x.ends)
    RETURNING merge_action() AS did, x.active)
  SELECT count(*) FILTER (WHERE did = 'INSERT'), count(*) FILTER (WHERE did = 'UPDATE' AND active), count(*) FILTER (WHERE NOT active) INTO added, changed, ended FROM m;
  IF bulk THEN
    UPDATE public.records_teaching t SET ends = today FROM public.records_section c
     WHERE c.id = t.section_id AND (t.ends IS NULL OR t.ends > today)
       AND (c.school_id IS NULL OR c.school_id IN (SELECT f.id FROM records.roster_source f WHERE f.kind = 'school' AND f.source = roster_enrollments.source))
       AND NOT EXISTS (SELECT FROM records.stage_adult e WHERE e.sourced_id = t.sourced_id AND e.role = 'teacher');
    GET DIAGNOSTICS n = ROW_COUNT; ended := ended + n;
  END IF;
  IF added + changed + ended > 0 OR EXISTS (SELECT FROM records.delta_enrollment) THEN PERFORM door.check_ids('enrollments', 'stage_enrollment'); END IF;
  RETURN counts || jsonb_build_object('teachings', jsonb_build_object('added', added, 'changed', changed, 'ended', ended)); END $$;

-- What a delivery would change, and what is wrong with it. Nothing of students is written yet; the caller rolls back unless it goes on to `roster_apply`.
CREATE FUNCTION door.roster_plan(files jsonb, today date, source text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE counts jsonb; BEGIN
  counts := door.roster_places(files, today, source) || door.roster_people(files, today, source) || door.roster_enrollments(files, today, source);
  RETURN door.import_faults() || jsonb_build_object('counts', counts); END $$;

-- Writes what `roster_plan` found, in the same transaction, and the entries of the trail: whose record changed and which elements, never a value.
-- `delivered` are the elements that the delivery holds. Raises where the plan found a fault.
CREATE FUNCTION door.roster_apply(run bigint, files jsonb, today date, at timestamptz, delivered text[], counts jsonb, who bigint, worn text, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '256MB' SET enable_nestloop = on SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  cols jsonb := coalesce(files #> '{users,columns}', '[]'); extra jsonb := coalesce(files #> '{demographics,columns}', '[]'); large boolean;
  students text[] := ARRAY(SELECT DISTINCT d.what FROM records.delta_student d); links text[] := ARRAY(SELECT DISTINCT d.what FROM records.delta_link d);
  enrollments text[] := ARRAY(SELECT DISTINCT d.what FROM records.delta_enrollment d); guardians text[] := ARRAY(SELECT DISTINCT d.what FROM records.delta_guardian d);
  has_given boolean := cols ? 'given_name'; has_middle boolean := cols ? 'middle_name'; has_family boolean := cols ? 'family_name';
  has_preferred boolean := cols ?| ARRAY['preferred_given', 'preferred_family']; has_pronouns boolean := cols ? 'pronouns'; has_local boolean := cols ? 'identifier';
  has_state boolean := cols ?| ARRAY['master_id', 'user_ids']; has_email boolean := cols ? 'email'; has_username boolean := cols ? 'username';
  has_phone boolean := cols ?| ARRAY['phone', 'sms']; has_grade boolean := cols ? 'grades';
  has_birth boolean := extra ? 'birth_date'; has_sex boolean := extra ? 'sex'; has_place boolean := extra ?| ARRAY['city', 'state', 'country'];
  has_race boolean := extra ?| ARRAY['native', 'asian', 'black', 'islander', 'white', 'two_or_more', 'hispanic']; BEGIN
  IF EXISTS (SELECT FROM records.import_fault) THEN RAISE EXCEPTION 'a delivery with faults is not applied'; END IF;
  -- The tables have no statistics of this delivery: many rows are joined by hash, few by the targets' indexes.
  SELECT (SELECT count(*) FROM records.delta_student) > 2000 OR (SELECT count(*) FROM records.delta_enrollment) > 10000 INTO large;
  IF large THEN PERFORM set_config('enable_nestloop', 'off', true); END IF;

  -- Whose school the delivery does not tell has it from a class.
  IF EXISTS (SELECT FROM records.delta_student d WHERE d.school_id IS NULL AND d.what IN ('added', 'returned', 'changed')) THEN
    UPDATE records.delta_student d SET school_id = x.school_id FROM (
        SELECT e.student_id, min(c.school_id) AS school_id FROM records.delta_enrollment e JOIN public.records_section c ON c.id = e.section_id
        WHERE e.what IN ('added', 'changed') GROUP BY e.student_id) x
      WHERE d.school_id IS NULL AND d.what IN ('added', 'returned', 'changed') AND x.student_id = d.student_id;
  END IF;
  INSERT INTO public.records_student(id, public_id, school_id, since) SELECT d.student_id, gen_random_uuid(), d.school_id, today FROM records.delta_student d WHERE d.what = 'added';
  INSERT INTO records.identity(student_id, sourced_id, given_name, middle_name, family_name, preferred_name, pronouns, local_id, state_id, email, username, phone, grade, birth_date, birth_place, gender,
      ethnicity, changed_at)
    SELECT d.student_id, p.sourced_id, coalesce(p.given_name, ''), p.middle_name, coalesce(p.family_name, ''), p.preferred_name, p.pronouns, p.local_id, p.state_id, p.email, p.username, p.phone, p.grade,
      g.birth_date, g.birth_place, g.gender, g.ethnicity, roster_apply.at
    FROM records.delta_student d JOIN records.staged_person p ON p.at = d.at LEFT JOIN records.staged_demographic g ON g.sourced_id = p.sourced_id WHERE d.what = 'added';
  IF students && '{changed,returned}' THEN
    UPDATE records.identity i SET
        given_name = CASE WHEN has_given THEN coalesce(p.given_name, '') ELSE i.given_name END, middle_name = CASE WHEN has_middle THEN p.middle_name ELSE i.middle_name END,
        family_name = CASE WHEN has_family THEN coalesce(p.family_name, '') ELSE i.family_name END, preferred_name = CASE WHEN has_preferred THEN p.preferred_name ELSE i.preferred_name END,
        pronouns = CASE WHEN has_pronouns THEN p.pronouns ELSE i.pronouns END, local_id = CASE WHEN has_local THEN p.local_id ELSE i.local_id END,
        state_id = CASE WHEN has_state THEN p.state_id ELSE i.state_id END, email = CASE WHEN has_email THEN p.email ELSE i.email END,
        username = CASE WHEN has_username THEN p.username ELSE i.username END, phone = CASE WHEN has_phone THEN p.phone ELSE i.phone END, grade = CASE WHEN has_grade THEN p.grade ELSE i.grade END,
        birth_date = CASE WHEN has_birth AND g.sourced_id IS NOT NULL THEN g.birth_date ELSE i.birth_date END,
        birth_place = CASE WHEN has_place AND g.sourced_id IS NOT NULL THEN g.birth_place ELSE i.birth_place END,
        gender = CASE WHEN has_sex AND g.sourced_id IS NOT NULL THEN g.gender ELSE i.gender END,
        ethnicity = CASE WHEN has_race AND g.sourced_id IS NOT NULL THEN g.ethnicity ELSE i.ethnicity END, changed_at = roster_apply.at
      FROM records.delta_student d JOIN records.staged_person p ON p.at = d.at LEFT JOIN records.staged_demographic g ON g.sourced_id = p.sourced_id
      WHERE i.student_id = d.student_id AND d.what IN ('changed', 'returned') AND NOT d.elements <@ '{school,enrollment-dates}';
  END IF;
  IF 'changed' = ANY (students) AND files ? 'demographics' THEN
    UPDATE records.identity i SET birth_date = CASE WHEN has_birth THEN g.birth_date ELSE i.birth_date END, birth_place = CASE WHEN has_place THEN g.birth_place ELSE i.birth_place END,
        gender = CASE WHEN has_sex THEN g.gender ELSE i.gender END, ethnicity = CASE WHEN has_race THEN g.ethnicity ELSE i.ethnicity END, changed_at = roster_apply.at
      FROM records.delta_student d JOIN records.staged_demographic g ON g.sourced_id = d.sourced_id WHERE i.student_id = d.student_id AND d.what = 'changed' AND d.at IS NULL;
  END IF;
  IF students && '{changed,returned,ended}' THEN
    UPDATE public.records_student t SET school_id = d.school_id, left_on = CASE WHEN d.what = 'ended' THEN today END FROM records.delta_student d
      WHERE d.student_id = t.id AND (d.what IN ('ended', 'returned') OR d.what = 'changed' AND d.school_id IS DISTINCT FROM t.school_id);
  END IF;

  INSERT INTO records.guardian(id, sourced_id, given_name, family_name, email, phone, changed_at) OVERRIDING SYSTEM VALUE
    SELECT d.guardian_id, p.sourced_id, coalesce(p.given_name, ''), coalesce(p.family_name, ''), p.email, p.phone, roster_apply.at
    FROM records.delta_guardian d JOIN records.staged_person p ON p.at = d.at WHERE d.what = 'added';
  IF 'changed' = ANY (guardians) THEN
    UPDATE records.guardian g SET given_name = CASE WHEN has_given THEN coalesce(p.given_name, '') ELSE g.given_name END,
        family_name = CASE WHEN has_family THEN coalesce(p.family_name, '') ELSE g.family_name END, email = CASE WHEN has_email THEN p.email ELSE g.email END,
        phone = CASE WHEN has_phone THEN p.phone ELSE g.phone END, changed_at = roster_apply.at
      FROM records.delta_guardian d JOIN records.staged_person p ON p.at = d.at WHERE g.id = d.guardian_id AND d.what = 'changed';
  END IF;

  -- A relative who is no parent or guardian has no right to inspect or to consent.
  INSERT INTO public.records_guardianship(public_id, student_id, guardian_id, relation, may_inspect, may_consent)
    SELECT gen_random_uuid(), d.student_id, d.guardian_id, d.relation, d.relation <> 'relative', d.relation <> 'relative' FROM records.delta_link d WHERE d.what = 'added';
  IF 'changed' = ANY (links) THEN
    UPDATE public.records_guardianship l SET relation = d.relation, may_inspect = d.relation <> 'relative', may_consent = d.relation <> 'relative'
      FROM records.delta_link d WHERE l.id = d.link_id AND d.what = 'changed';
  END IF;
  IF 'ended' = ANY (links) THEN
    UPDATE public.records_guardianship l SET ended_at = roster_apply.at FROM records.delta_link d WHERE l.id = d.link_id AND d.what = 'ended';
  END IF;
  IF 'returned' = ANY (links) THEN
    UPDATE public.records_guardianship l SET ended_at = NULL,
        user_id = CASE WHEN EXISTS (SELECT FROM public.records_guardianship o WHERE o.student_id = l.student_id AND o.user_id = l.user_id AND o.ended_at IS NULL) THEN NULL ELSE l.user_id END
      FROM records.delta_link d WHERE l.id = d.link_id AND d.what = 'returned';
  END IF;

  INSERT INTO public.records_enrollment(sourced_id, student_id, section_id, begins, ends)
    SELECT d.sourced_id, d.student_id, d.section_id, d.begins, d.ends FROM records.delta_enrollment d WHERE d.what = 'added';
  IF 'changed' = ANY (enrollments) THEN
    UPDATE public.records_enrollment t SET student_id = d.student_id, section_id = d.section_id, begins = d.begins, ends = d.ends
      FROM records.delta_enrollment d WHERE d.enrollment_id = t.id AND d.what = 'changed';
  END IF;
  IF 'ended' = ANY (enrollments) THEN
    UPDATE public.records_enrollment t SET ends = coalesce(d.ends, today) FROM records.delta_enrollment d WHERE d.enrollment_id = t.id AND d.what = 'ended';
  END IF;
  IF 'ended' = ANY (students) THEN
    UPDATE public.records_enrollment t SET ends = today FROM records.delta_student d WHERE d.what = 'ended' AND t.student_id = d.student_id AND (t.ends IS NULL OR t.ends > today);
  END IF;

  PERFORM door.roster_entries(run, at, delivered, who, worn, request);
  PERFORM door.import_entry(run, 'records.roster.imported', delivered, counts, who, worn, request);
  PERFORM door.import_clear();
  IF large THEN ANALYZE public.records_student, public.records_enrollment, public.records_guardianship, public.records_section, records.identity, records.guardian; END IF; END $$;

-- The summary of an import: counts and element names.
CREATE FUNCTION door.import_entry(run bigint, kind text, elements text[], counts jsonb, who bigint, worn text, request text) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    INSERT INTO trail.entry(action, kind, object_id, object_pk, content_type_id, actor_id, hat, cid, elements, additional_data)
      SELECT 1, import_entry.kind, run, coalesce(r.public_id::text, ''), (SELECT c.id FROM public.django_content_type c WHERE c.app_label = 'records' AND c.model = 'importrun'), who, worn, request,
        import_entry.elements, counts
      FROM (SELECT run AS id) x LEFT JOIN public.records_importrun r ON r.id = x.id;
  END;

-- Whose record an import touched: entries of at most 1,000 students for each kind of change and set of elements.
CREATE FUNCTION door.roster_entries(run bigint, at timestamptz, delivered text[], who bigint, worn text, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '256MB' SET enable_mergejoin = off SET jit = off AS $$ BEGIN
  INSERT INTO records.delta_touched(student_id, what, elements)
    SELECT d.student_id, 'added', delivered FROM records.delta_student d WHERE d.what = 'added';
  INSERT INTO records.delta_touched(student_id, what, elements)
    SELECT x.student_id, coalesce(max(x.what) FILTER (WHERE x.what <> 'changed'), 'changed'), array_agg(DISTINCT x.element ORDER BY x.element) FROM (
      SELECT d.student_id, d.what, w.element FROM records.delta_student d CROSS JOIN LATERAL unnest(CASE WHEN d.what = 'ended' THEN '{enrollment-dates}' ELSE d.elements END) w(element)
        WHERE d.what IN ('changed', 'returned', 'ended')
      UNION ALL SELECT d.student_id, 'changed', 'schedule' FROM records.delta_enrollment d WHERE d.what IN ('added', 'changed') AND d.student_id IS NOT NULL
      UNION ALL SELECT t.student_id, 'changed', 'schedule' FROM records.delta_enrollment d JOIN public.records_enrollment t ON t.id = d.enrollment_id WHERE d.what = 'ended'
      UNION ALL SELECT d.student_id, 'changed', 'guardian-name' FROM records.delta_link d WHERE d.what IN ('added', 'ended', 'returned')
      UNION ALL SELECT l.student_id, 'changed', w.element FROM records.delta_guardian d JOIN public.records_guardianship l ON l.guardian_id = d.guardian_id AND l.ended_at IS NULL
        CROSS JOIN LATERAL unnest(d.elements) w(element) WHERE d.what = 'changed') x
    WHERE NOT EXISTS (SELECT FROM records.delta_student d WHERE d.what = 'added' AND d.student_id = x.student_id) GROUP BY x.student_id;
  PERFORM door.touched_entries(run, 'records.students.changed', who, worn, request); END $$;

CREATE FUNCTION door.touched_entries(run bigint, kind text, who bigint, worn text, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET work_mem = '256MB' SET jit = off AS $$ BEGIN
  INSERT INTO trail.entry(action, kind, object_id, actor_id, hat, cid, elements, record_ids, additional_data)
    SELECT CASE x.what WHEN 'added' THEN 0 ELSE 1 END, touched_entries.kind, run, who, worn, request, x.elements, array_agg(x.student_id ORDER BY x.student_id), jsonb_build_object('what', x.what)
    FROM (SELECT d.*, (row_number() OVER (PARTITION BY d.what, d.elements ORDER BY d.student_id) - 1) / 1000 AS part FROM records.delta_touched d) x
    GROUP BY x.what, x.elements, x.part; END $$;

-- The students whose records a delivery is held against, whatever comes of it: that a value is the one in the file tells the value.
CREATE FUNCTION door.roster_compared() RETURNS bigint[] LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
  BEGIN ATOMIC
    SELECT coalesce(array_agg(x.student_id ORDER BY x.student_id), '{}') FROM (
      SELECT i.student_id FROM records.identity i JOIN (SELECT u.sourced_id FROM records.stage_user u UNION SELECT d.sourced_id FROM records.stage_demographic d
        UNION SELECT e.person FROM records.stage_enrollment e) n ON n.sourced_id = i.sourced_id
      UNION SELECT l.student_id FROM records.stage_user u JOIN records.guardian g ON g.sourced_id = u.sourced_id JOIN public.records_guardianship l ON l.guardian_id = g.id) x;
  END;
CREATE FUNCTION door.import_compared(run bigint, students bigint[], elements text[], who bigint, worn text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    INSERT INTO trail.entry(action, kind, object_id, actor_id, hat, elements, record_ids)
      SELECT 3, 'records.import.checked', run, who, worn, import_compared.elements, array_agg(x.student ORDER BY x.n)
      FROM unnest(import_compared.students) WITH ORDINALITY x(student, n) GROUP BY (x.n - 1) / 1000 ORDER BY min(x.n);
  END;

-- Marks a run as applied in the transaction that applies it, so that a process killed in between leaves neither or both; its upload goes.
CREATE FUNCTION door.import_done(run bigint, outcome jsonb, at timestamptz, who bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    UPDATE public.records_importrun SET state = 'applied', report = outcome, applied_at = at, applied_by_id = who WHERE id = run;
    DELETE FROM records.intake i WHERE i.run_id = run;
  END;
