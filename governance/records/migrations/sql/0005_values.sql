-- Element values beyond the roster, and what court orders keep from a guardian: check, then write, each with its entries.

-- The students that a key names: 'sourced-id', 'local-id' or 'state-id'.
CREATE FUNCTION door.students_by(key text) RETURNS TABLE(person text, student_id bigint, several boolean) LANGUAGE sql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT x.person, min(x.student_id), count(*) > 1 FROM (
      SELECT CASE key WHEN 'sourced-id' THEN i.sourced_id WHEN 'local-id' THEN i.local_id WHEN 'state-id' THEN i.state_id END AS person, i.student_id FROM records.identity i) x
    WHERE x.person IS NOT NULL GROUP BY x.person;
  END;

-- The students that a file of values or limits names.
CREATE FUNCTION door.values_compared(key text) RETURNS bigint[] LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT coalesce(array_agg(DISTINCT i.student_id ORDER BY i.student_id), '{}') FROM records.identity i
      JOIN (SELECT v.person FROM records.stage_value v UNION SELECT l.person FROM records.stage_limit l) n
        ON n.person = CASE values_compared.key WHEN 'sourced-id' THEN i.sourced_id WHEN 'local-id' THEN i.local_id WHEN 'state-id' THEN i.state_id END;
  END;

CREATE FUNCTION door.values_plan(key text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '128MB' SET datestyle = 'ISO' SET jit = off AS $$
DECLARE counts jsonb; BEGIN
  INSERT INTO records.import_fault(file, at, place, code)
    SELECT DISTINCT ON (s.place) 'values', s.ctid, 'person', CASE WHEN s.person IS NULL THEN 'missing' WHEN k.several THEN 'several_students' ELSE 'no_student' END
    FROM records.stage_value s LEFT JOIN door.students_by(values_plan.key) k ON k.person = s.person WHERE k.person IS NULL OR k.several;
  INSERT INTO records.import_fault(file, at, place, code)
    SELECT DISTINCT ON (s.place) 'values', s.ctid, 'recorded_on', 'date' FROM records.stage_value s WHERE s.recorded_on IS NOT NULL AND door.day(s.recorded_on) IS NULL;
  INSERT INTO records.import_fault(file, at, place, code, other)
    SELECT 'values', s.ctid, s.element, 'value_twice', d.first FROM records.stage_value s JOIN (
        SELECT x.person, x.element, coalesce(x.item, '') AS item, min(x.ctid) AS first FROM records.stage_value x WHERE x.person IS NOT NULL GROUP BY 1, 2, 3 HAVING count(*) > 1) d
      ON d.person = s.person AND d.element = s.element AND d.item = coalesce(s.item, '') AND d.first <> s.ctid;
  INSERT INTO records.delta_value(at, student_id, element, item, value, recorded_on, what)
    SELECT s.ctid, k.student_id, s.element, coalesce(s.item, ''), s.value, door.day(s.recorded_on), CASE WHEN v.student_id IS NULL THEN 'added' ELSE 'changed' END
    FROM records.stage_value s JOIN door.students_by(values_plan.key) k ON k.person = s.person AND NOT k.several
      LEFT JOIN records.value v ON v.student_id = k.student_id AND v.element = s.element AND v.item = coalesce(s.item, '')
    WHERE v.student_id IS NULL OR v.value <> s.value OR s.recorded_on IS NOT NULL AND v.recorded_on IS DISTINCT FROM door.day(s.recorded_on);
  SELECT jsonb_build_object('values', jsonb_build_object('added', count(*) FILTER (WHERE d.what = 'added'), 'changed', count(*) FILTER (WHERE d.what = 'changed')),
    'touched', jsonb_build_object('students', count(DISTINCT d.student_id))) INTO counts FROM records.delta_value d;
  RETURN door.import_faults() || jsonb_build_object('counts', counts); END $$;

CREATE FUNCTION door.values_apply(run bigint, at timestamptz, origin text, elements text[], counts jsonb, who bigint, worn text, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '128MB' SET jit = off AS $$ BEGIN
  IF EXISTS (SELECT FROM records.import_fault) THEN RAISE EXCEPTION 'a delivery with faults is not applied'; END IF;
  IF EXISTS (SELECT FROM records.delta_value d LEFT JOIN public.governance_element e ON e.key = d.element AND e.held_in = 'value' WHERE e.key IS NULL) THEN
    RAISE EXCEPTION 'an element that is not held as a value'; END IF;
  INSERT INTO records.value AS v(student_id, element, item, value, recorded_on, source, changed_at)
    SELECT d.student_id, d.element, d.item, d.value, d.recorded_on, origin, values_apply.at FROM records.delta_value d
    ON CONFLICT (student_id, element, item) DO UPDATE SET value = excluded.value, recorded_on = coalesce(excluded.recorded_on, v.recorded_on), source = excluded.source, changed_at = excluded.changed_at;
  INSERT INTO records.delta_touched(student_id, what, elements) SELECT d.student_id, 'changed', array_agg(DISTINCT d.element ORDER BY d.element) FROM records.delta_value d GROUP BY d.student_id;
  PERFORM door.touched_entries(run, 'records.students.changed', who, worn, request);
  PERFORM door.import_entry(run, 'records.values.imported', elements, counts, who, worn, request);
  PERFORM door.import_clear(); END $$;

CREATE FUNCTION door.limits_plan(key text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET datestyle = 'ISO' AS $$
DECLARE counts jsonb; BEGIN
  INSERT INTO records.import_fault(file, at, place, code)
    SELECT 'limits', s.ctid, v.place, v.code FROM records.stage_limit s LEFT JOIN door.students_by(limits_plan.key) k ON k.person = s.person LEFT JOIN records.guardian g ON g.sourced_id = s.guardian
      LEFT JOIN public.records_guardianship l ON l.student_id = k.student_id AND l.guardian_id = g.id
      CROSS JOIN LATERAL (VALUES ('person', 'missing', s.person IS NULL), ('guardian', 'missing', s.guardian IS NULL), ('kind', 'missing', s.kind IS NULL),
        ('person', 'no_student', s.person IS NOT NULL AND k.person IS NULL), ('person', 'several_students', k.several), ('guardian', 'no_guardian', s.guardian IS NOT NULL AND g.id IS NULL),
        ('guardian', 'no_link', k.person IS NOT NULL AND NOT k.several AND g.id IS NOT NULL AND l.id IS NULL),
        ('kind', 'limit', s.kind NOT IN ('placement_denied', 'records_limited', 'no_contact', 'none')),
        ('ordered_on', 'date', s.ordered_on IS NOT NULL AND door.day(s.ordered_on) IS NULL), ('ends_on', 'date', s.ends_on IS NOT NULL AND door.day(s.ends_on) IS NULL),
        ('elements', 'limit_without_elements', s.kind = 'records_limited' AND s.elements IS NULL),
        ('elements', 'no_element', EXISTS (SELECT FROM unnest(string_to_array(s.elements, ';')) w(word) WHERE btrim(w.word) <> '' AND NOT EXISTS (
          SELECT FROM public.governance_element e WHERE e.key = btrim(w.word))))) v(place, code, wrong)
    WHERE v.wrong;
  INSERT INTO records.import_fault(file, at, place, code, other)
    SELECT 'limits', s.ctid, 'guardian', 'value_twice', d.first FROM records.stage_limit s JOIN (
        SELECT x.person, x.guardian, min(x.ctid) AS first FROM records.stage_limit x WHERE x.person IS NOT NULL AND x.guardian IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1) d
      ON d.person = s.person AND d.guardian = s.guardian AND d.first <> s.ctid;
  INSERT INTO records.delta_limit(at, link_id, student_id, kind, ordered_on, ends_on, elements, what)
    SELECT x.at, l.id, l.student_id, x.kind, x.ordered_on, x.ends_on, x.elements, CASE WHEN x.kind = '' THEN 'ended' WHEN l.limit = '' THEN 'added' ELSE 'changed' END
    FROM (SELECT s.ctid AS at, s.person, s.guardian, CASE s.kind WHEN 'none' THEN '' ELSE s.kind END AS kind, CASE WHEN s.kind <> 'none' THEN door.day(s.ordered_on) END AS ordered_on,
        CASE WHEN s.kind <> 'none' THEN door.day(s.ends_on) END AS ends_on, CASE WHEN s.kind = 'none' THEN '{}' ELSE ARRAY(SELECT DISTINCT btrim(w.word) FROM unnest(string_to_array(s.elements, ';')) w(word)
          WHERE btrim(w.word) <> '' ORDER BY 1) END AS elements FROM records.stage_limit s) x
      JOIN door.students_by(limits_plan.key) k ON k.person = x.person AND NOT k.several JOIN records.guardian g ON g.sourced_id = x.guardian
      JOIN public.records_guardianship l ON l.student_id = k.student_id AND l.guardian_id = g.id
    WHERE (l.limit, l.limit_order_on, l.limit_ends_on, l.limit_elements::text[]) IS DISTINCT FROM (x.kind, x.ordered_on, x.ends_on, x.elements);
  SELECT jsonb_build_object('limits', jsonb_build_object('added', count(*) FILTER (WHERE d.what = 'added'), 'changed', count(*) FILTER (WHERE d.what = 'changed'),
    'ended', count(*) FILTER (WHERE d.what = 'ended')), 'touched', jsonb_build_object('students', count(DISTINCT d.student_id))) INTO counts FROM records.delta_limit d;
  RETURN door.import_faults() || jsonb_build_object('counts', counts); END $$;

CREATE FUNCTION door.limits_apply(run bigint, at timestamptz, counts jsonb, who bigint, worn text, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$ BEGIN
  IF EXISTS (SELECT FROM records.import_fault) THEN RAISE EXCEPTION 'a delivery with faults is not applied'; END IF;
  UPDATE public.records_guardianship l SET "limit" = d.kind, limit_elements = d.elements, limit_order_on = d.ordered_on, limit_ends_on = d.ends_on, limit_set_by_id = who, limit_set_at = limits_apply.at,
      limit_papers_due_on = CASE WHEN d.kind = '' OR d.ordered_on IS NOT NULL THEN NULL ELSE l.limit_papers_due_on END
    FROM records.delta_limit d WHERE l.id = d.link_id;
  INSERT INTO records.delta_touched(student_id, what, elements) SELECT DISTINCT d.student_id, 'changed', ARRAY['custody-order'] FROM records.delta_limit d WHERE d.what <> 'ended';
  PERFORM door.touched_entries(run, 'records.limit.set', who, worn, request);
  TRUNCATE records.delta_touched;
  INSERT INTO records.delta_touched(student_id, what, elements) SELECT DISTINCT d.student_id, 'ended', ARRAY['custody-order'] FROM records.delta_limit d WHERE d.what = 'ended';
  PERFORM door.touched_entries(run, 'records.limit.ended', who, worn, request);
  PERFORM door.import_entry(run, 'records.values.imported', ARRAY['custody-order'], counts, who, worn, request);
  PERFORM door.import_clear(); END $$;

DO $$ DECLARE f text; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'door'::regnamespace AND p.proname ~ '^(import_|roster_|check_|notice|gone|yes|role_known|day$|touched_entries|students_by|values_|limits_|intake_)' LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO portal_door', f);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP; END $$;
GRANT SELECT ON public.django_content_type TO portal_door;
GRANT EXECUTE ON FUNCTION door.import_open(), door.import_clear(), door.import_done(bigint, jsonb, timestamptz, bigint), door.import_compared(bigint, bigint[], text[], bigint, text),
  door.roster_compared(), door.values_compared(text), door.roster_plan(jsonb, date, text),
  door.roster_apply(bigint, jsonb, date, timestamptz, text[], jsonb, bigint, text, text),
  door.values_plan(text), door.values_apply(bigint, timestamptz, text, text[], jsonb, bigint, text, text), door.limits_plan(text), door.limits_apply(bigint, timestamptz, jsonb, bigint, text, text),
  door.intake_put(uuid, integer, bytea), door.intake_piece(bigint, integer), door.intake_drop(uuid), door.intake_sweep() TO portal_keeper;
GRANT EXECUTE ON FUNCTION door.intake_put(uuid, integer, bytea), door.intake_drop(uuid) TO portal_app;
