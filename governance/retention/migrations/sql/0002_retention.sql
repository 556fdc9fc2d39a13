-- What leaves, and who may let it go: the keeper, by these functions alone. Each writes its entry and its receipt in the transaction that destroys.

CREATE SCHEMA retention;
GRANT USAGE ON SCHEMA retention TO portal_app, portal_keeper, portal_sealer, portal_door;

-- Months of the trail that left. `leaves` are the places of their entries in the tree, whose hashes stay in the tiles: what was proven stays proven, and
-- verifying tells a month that left from entries that somebody took (governance/trail/seals/departed.py).
CREATE TABLE retention.departed(month date PRIMARY KEY CHECK (month = date_trunc('month', month)::date), entries bigint NOT NULL, first_id bigint, last_id bigint,
  leaves int8multirange NOT NULL, rule uuid NOT NULL, months integer NOT NULL CHECK (months >= 84), departed_at timestamptz NOT NULL,
  entry_id bigint NOT NULL, entry_at timestamptz NOT NULL);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON retention.departed FOR EACH ROW EXECUTE FUNCTION trail.refuse();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON retention.departed FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse();
GRANT SELECT ON retention.departed TO portal_app, portal_keeper, portal_sealer, portal_door;

-- The rule of a class that counts.
CREATE FUNCTION retention.rule_of(class text) RETURNS public.retention_retentionrule LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT r.* FROM public.retention_retentionrule r WHERE r.subject = class AND r.state = 'adopted' ORDER BY r.adopted_at DESC, r.id DESC LIMIT 1;
  END;

-- Rules and holds stand still until the end of the transaction: a hold that is being placed comes first, or finds what it would hold gone.
CREATE FUNCTION retention.stand_still() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$ BEGIN
  LOCK TABLE public.retention_hold, public.retention_hold_students, public.retention_retentionrule IN SHARE MODE; END $$;

-- The months of the trail that there are, the oldest first: when each may leave by the rule that counts, whether something holds it.
CREATE FUNCTION retention.months() RETURNS TABLE(month date, may_leave_at timestamptz, held boolean) LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
  BEGIN ATOMIC
    SELECT m.month, CASE WHEN r.id IS NOT NULL THEN m.high + make_interval(months => greatest(84, r.months)) END, EXISTS (SELECT FROM public.retention_hold h WHERE h.holds_trail AND h.ended_at IS NULL
        AND coalesce(h.trail_from, '-infinity') < m.high::date AND coalesce(h.trail_to, 'infinity') >= m.month)
    FROM (SELECT to_date(substr(c.relname, 2), 'YYYYMM') AS month, (to_date(substr(c.relname, 2), 'YYYYMM') + interval '1 month')::timestamptz AS high
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'trail_parts' AND c.relkind = 'r' AND c.relispartition) m
      LEFT JOIN LATERAL retention.rule_of('trail') r ON r.id IS NOT NULL
    WHERE m.high <= now() ORDER BY m.month;
  END;

-- Let one month leave: its table is detached and dropped, its places in the tree and the hashes stay. Refused while it is younger than seven years or
-- than the adopted rule, while something holds it, and unless every entry is sealed and a checkpoint signs it. Answers how many entries left; NULL where
-- the month had left already. All in one transaction: a kill at any line leaves the month whole.
CREATE FUNCTION retention.let_month_leave(wanted date, who bigint, request text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' SET work_mem = '128MB' AS $$
DECLARE part text := to_char(wanted, '"p"YYYYMM'); low timestamptz := wanted; high timestamptz := wanted + interval '1 month';
  rule public.retention_retentionrule; n bigint; placed bigint; places int8multirange; first bigint; last bigint; told record; BEGIN
  IF wanted IS DISTINCT FROM date_trunc('month', wanted)::date THEN RAISE EXCEPTION 'a month is named by its first day' USING ERRCODE = 'invalid_parameter_value'; END IF;
  LOCK TABLE retention.departed IN SHARE ROW EXCLUSIVE MODE;                          -- one run at a time; another one waits, then finds it done
  IF EXISTS (SELECT FROM retention.departed d WHERE d.month = wanted) THEN RETURN NULL; END IF;
  PERFORM retention.stand_still();
  rule := retention.rule_of('trail');
  IF rule.id IS NULL THEN RAISE EXCEPTION 'no rule of retention is adopted for the trail' USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
  IF high + make_interval(months => greatest(84, rule.months)) > clock_timestamp() THEN
    RAISE EXCEPTION 'this month is too young to leave' USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
  IF EXISTS (SELECT FROM public.retention_hold h WHERE h.holds_trail AND h.ended_at IS NULL
      AND coalesce(h.trail_from, '-infinity') < high::date AND coalesce(h.trail_to, 'infinity') >= wanted) THEN
    RAISE EXCEPTION 'a hold keeps this month' USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
  IF NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = 'trail.entry'::regclass AND i.inhrelid = to_regclass('trail_parts.' || part)) THEN
    RAISE EXCEPTION 'there is no such month' USING ERRCODE = 'undefined_table'; END IF;
  EXECUTE format('LOCK TABLE trail_parts.%I IN SHARE MODE', part);
  EXECUTE format('SELECT count(*), min(id), max(id) FROM trail_parts.%I', part) INTO n, first, last;
  EXECUTE format('SELECT count(*), coalesce(range_agg(int8range(s.leaf, s.leaf + 1)), ''{}'') FROM (
      SELECT b.first_leaf + u.n - 1 AS leaf FROM seal.batch b CROSS JOIN LATERAL unnest(b.ids) WITH ORDINALITY u(id, n)
        JOIN trail_parts.%I e ON e.id = u.id WHERE b.low_at < $1 AND b.high_at >= $2) s', part) USING high, low INTO placed, places;
  IF placed <> n OR n > 0 AND coalesce((SELECT max(c.size) FROM seal.checkpoint c), 0) < upper(places) THEN
    RAISE EXCEPTION 'this month is not wholly sealed' USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
  INSERT INTO trail.entry AS e (action, kind, actor_id, cid, object_pk, additional_data)
    VALUES (2, 'retention.month.left', who, request, rule.public_id::text, jsonb_build_object('month', to_char(wanted, 'YYYY-MM'), 'entries', n, 'first', first, 'last', last,
      'leaves', encode(sha256(convert_to(places::text, 'UTF8')), 'hex'), 'rule', rule.public_id, 'months', rule.months))
    RETURNING e.id, e."timestamp" INTO told;
  INSERT INTO retention.departed VALUES (wanted, n, first, last, places, rule.public_id, rule.months, clock_timestamp(), told.id, told."timestamp");
  INSERT INTO public.retention_receipt(kind, rule_id, month, entries, students, values_gone, elements, left_at, entry_id)
    VALUES ('month', rule.id, wanted, n, 0, 0, '{}', clock_timestamp(), told.id);
  -- Last, since it waits for whoever reads the trail and makes others wait.
  EXECUTE format('ALTER TABLE trail.entry DETACH PARTITION trail_parts.%I', part);
  EXECUTE format('DROP TABLE trail_parts.%I', part);
  RETURN n; END $$;
REVOKE EXECUTE ON FUNCTION retention.rule_of(text), retention.stand_still(), retention.months(), retention.let_month_leave(date, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.months() TO portal_app, portal_keeper;
GRANT EXECUTE ON FUNCTION retention.rule_of(text), retention.stand_still() TO portal_door;
GRANT EXECUTE ON FUNCTION retention.let_month_leave(date, bigint, text) TO portal_keeper;

-- Values of students. `due` is who left longer ago than the class is kept and whom no hold keeps.
GRANT SELECT ON public.retention_retentionrule, public.retention_hold, public.retention_hold_students, public.governance_element TO portal_door;
GRANT INSERT ON public.retention_receipt TO portal_door;
GRANT USAGE ON SEQUENCE public.retention_receipt_id_seq TO portal_door;
CREATE FUNCTION door.retention_students(class text) RETURNS TABLE(student_id bigint) LANGUAGE sql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT s.id FROM retention.rule_of(class) r JOIN public.records_student s
        ON s.left_on IS NOT NULL AND (s.left_on + make_interval(months => r.months))::date < (clock_timestamp() AT TIME ZONE 'UTC')::date
      WHERE r.id IS NOT NULL AND NOT EXISTS (SELECT FROM public.retention_hold h WHERE h.holds_values AND h.ended_at IS NULL
        AND (h.for_all OR EXISTS (SELECT FROM public.retention_hold_students x WHERE x.hold_id = h.id AND x.student_id = s.id)));
  END;

-- What of these students and elements there is, a row a student and element: (how many values). Names no value.
CREATE FUNCTION door.retention_held(students bigint[], elements text[]) RETURNS TABLE(student_id bigint, element text, held bigint) LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT v.student_id, v.element, count(*) FROM records.value v WHERE v.student_id = ANY (students) AND v.element = ANY (elements) GROUP BY v.student_id, v.element
    UNION ALL
    SELECT i.student_id, e.element, 1 FROM records.identity i CROSS JOIN unnest(elements) e(element) WHERE i.student_id = ANY (students) AND CASE e.element
      WHEN 'name' THEN i.given_name <> '' OR i.family_name <> '' OR i.middle_name IS NOT NULL WHEN 'preferred-name' THEN i.preferred_name IS NOT NULL
      WHEN 'pronouns' THEN i.pronouns IS NOT NULL WHEN 'local-id' THEN i.local_id IS NOT NULL WHEN 'state-id' THEN i.state_id IS NOT NULL WHEN 'email' THEN i.email IS NOT NULL
      WHEN 'username' THEN i.username IS NOT NULL WHEN 'phone' THEN i.phone IS NOT NULL WHEN 'grade' THEN i.grade IS NOT NULL WHEN 'birth-date' THEN i.birth_date IS NOT NULL
      WHEN 'birth-place' THEN i.birth_place IS NOT NULL WHEN 'gender' THEN i.gender IS NOT NULL WHEN 'ethnicity' THEN i.ethnicity IS NOT NULL ELSE false END
    UNION ALL
    -- a guardian's data goes with the last child that they are linked to
    SELECT l.student_id, e.element, 1 FROM public.records_guardianship l JOIN records.guardian g ON g.id = l.guardian_id CROSS JOIN unnest(elements) e(element)
      WHERE l.student_id = ANY (students) AND CASE e.element WHEN 'guardian-name' THEN g.given_name <> '' OR g.family_name <> '' WHEN 'guardian-email' THEN g.email IS NOT NULL
        WHEN 'guardian-phone' THEN g.phone IS NOT NULL WHEN 'family-language' THEN g.language IS NOT NULL ELSE false END
        AND NOT EXISTS (SELECT FROM public.records_guardianship o WHERE o.guardian_id = l.guardian_id AND NOT o.student_id = ANY (students)
          AND o.student_id NOT IN (SELECT d.student_id FROM door.retention_students('behavioral') d));
  END;

-- How much is due by each adopted rule, for the page and a dry run: counts alone.
CREATE FUNCTION door.retention_due() RETURNS TABLE(subject text, students bigint, held bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT c.subject, count(DISTINCT h.student_id), coalesce(sum(h.held), 0)::bigint FROM unnest(ARRAY['behavioral', 'progress', 'health']) c(subject)
      JOIN LATERAL retention.rule_of(c.subject) r ON r.id IS NOT NULL
      LEFT JOIN LATERAL door.retention_held(ARRAY(SELECT d.student_id FROM door.retention_students(c.subject) d), r.elements::text[]) h ON true
    GROUP BY c.subject ORDER BY c.subject;
  END;

-- Destroy what is due of at most so many students of a class, with an entry for each set of elements and 1,000 students, and one receipt. Answers how many
-- students were treated; 0 where nothing is due. Run until it answers 0: each call is whole by itself.
CREATE FUNCTION door.retention_destroy(class text, at_most integer, who bigint, request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' SET work_mem = '64MB' AS $$
DECLARE rule public.retention_retentionrule; wanted text[]; chosen bigint[]; told bigint; gone bigint; treated integer; shortest integer := CASE class WHEN 'progress' THEN 60 WHEN 'health' THEN 12 ELSE 0 END; BEGIN
  PERFORM retention.stand_still();
  rule := retention.rule_of(class);
  IF rule.id IS NULL OR class NOT IN ('behavioral', 'progress', 'health') THEN RETURN 0; END IF;
  IF rule.months < shortest THEN RAISE EXCEPTION 'this rule is shorter than the law' USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
  -- Whatever the rule's list says, a progress record goes by the rule of progress records alone.
  wanted := ARRAY(SELECT e.key FROM public.governance_element e WHERE e.key = ANY (rule.elements)
    AND (class = 'progress') = (e.wi_class IN ('progress', 'directory') OR e.retention LIKE '5 years%'));
  -- Passed over where another run has them, so that two runs share the work.
  chosen := ARRAY(SELECT s.id FROM public.records_student s WHERE s.id IN (
      SELECT h.student_id FROM door.retention_held(ARRAY(SELECT d.student_id FROM door.retention_students(class) d), wanted) h)
    ORDER BY s.id LIMIT least(at_most, 1000) FOR UPDATE SKIP LOCKED);
  WITH was AS MATERIALIZED (SELECT h.* FROM door.retention_held(chosen, wanted) h),
    sets AS (SELECT w.student_id, array_agg(DISTINCT w.element ORDER BY w.element) AS elements FROM was w GROUP BY w.student_id),
    entries AS (INSERT INTO trail.entry AS e (action, kind, actor_id, cid, object_pk, elements, record_ids, additional_data)
      SELECT 2, 'retention.values.destroyed', who, request, rule.public_id::text, s.elements, array_agg(s.student_id ORDER BY s.student_id),
        jsonb_build_object('rule', rule.public_id, 'class', class, 'months', rule.months) FROM sets s GROUP BY s.elements RETURNING e.id)
    SELECT (SELECT min(e.id) FROM entries e), (SELECT sum(w.held) FROM was w), (SELECT count(*) FROM sets) INTO told, gone, treated;
  IF told IS NULL THEN RETURN 0; END IF;
  DELETE FROM records.value v WHERE v.student_id = ANY (chosen) AND v.element = ANY (wanted);
  UPDATE records.guardian g SET given_name = CASE WHEN 'guardian-name' = ANY (wanted) THEN '' ELSE g.given_name END, family_name = CASE WHEN 'guardian-name' = ANY (wanted) THEN '' ELSE g.family_name END,
      email = CASE WHEN 'guardian-email' = ANY (wanted) THEN NULL ELSE g.email END, phone = CASE WHEN 'guardian-phone' = ANY (wanted) THEN NULL ELSE g.phone END,
      language = CASE WHEN 'family-language' = ANY (wanted) THEN NULL ELSE g.language END,
      sourced_id = CASE WHEN 'guardian-name' = ANY (wanted) THEN 'destroyed-' || gen_random_uuid() ELSE g.sourced_id END, changed_at = clock_timestamp()
    WHERE wanted && ARRAY['guardian-name', 'guardian-email', 'guardian-phone', 'family-language']
      AND g.id IN (SELECT l.guardian_id FROM public.records_guardianship l WHERE l.student_id = ANY (chosen))
      AND NOT EXISTS (SELECT FROM public.records_guardianship o WHERE o.guardian_id = g.id AND NOT o.student_id = ANY (chosen)
        AND o.student_id NOT IN (SELECT d.student_id FROM door.retention_students('behavioral') d));
  -- The roster's id goes with the name, and the whole row where nothing is left in it.
  UPDATE records.identity i SET
      given_name = CASE WHEN 'name' = ANY (wanted) THEN '' ELSE i.given_name END, family_name = CASE WHEN 'name' = ANY (wanted) THEN '' ELSE i.family_name END,
      middle_name = CASE WHEN 'name' = ANY (wanted) THEN NULL ELSE i.middle_name END, sourced_id = CASE WHEN 'name' = ANY (wanted) THEN 'destroyed-' || gen_random_uuid() ELSE i.sourced_id END,
      preferred_name = CASE WHEN 'preferred-name' = ANY (wanted) THEN NULL ELSE i.preferred_name END, pronouns = CASE WHEN 'pronouns' = ANY (wanted) THEN NULL ELSE i.pronouns END,
      local_id = CASE WHEN 'local-id' = ANY (wanted) THEN NULL ELSE i.local_id END, state_id = CASE WHEN 'state-id' = ANY (wanted) THEN NULL ELSE i.state_id END,
      email = CASE WHEN 'email' = ANY (wanted) THEN NULL ELSE i.email END, username = CASE WHEN 'username' = ANY (wanted) THEN NULL ELSE i.username END,
      phone = CASE WHEN 'phone' = ANY (wanted) THEN NULL ELSE i.phone END, grade = CASE WHEN 'grade' = ANY (wanted) THEN NULL ELSE i.grade END,
      birth_date = CASE WHEN 'birth-date' = ANY (wanted) THEN NULL ELSE i.birth_date END, birth_place = CASE WHEN 'birth-place' = ANY (wanted) THEN NULL ELSE i.birth_place END,
      gender = CASE WHEN 'gender' = ANY (wanted) THEN NULL ELSE i.gender END, ethnicity = CASE WHEN 'ethnicity' = ANY (wanted) THEN NULL ELSE i.ethnicity END, changed_at = clock_timestamp()
    WHERE i.student_id = ANY (chosen);
  DELETE FROM records.identity i WHERE i.student_id = ANY (chosen) AND i.given_name = '' AND i.family_name = ''
    AND coalesce(i.middle_name, i.preferred_name, i.pronouns, i.local_id, i.state_id, i.email, i.username, i.phone, i.grade, i.birth_date::text, i.birth_place, i.gender, i.ethnicity::text) IS NULL;
  INSERT INTO public.retention_receipt(kind, rule_id, month, entries, students, values_gone, elements, left_at, entry_id)
    VALUES ('values', rule.id, NULL, 0, treated, gone, wanted, clock_timestamp(), told);
  RETURN treated; END $$;
DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['retention_students(text)', 'retention_held(bigint[], text[])', 'retention_due()', 'retention_destroy(text, integer, bigint, text)'] LOOP
    EXECUTE format('ALTER FUNCTION door.%s OWNER TO portal_door', f);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION door.%s FROM PUBLIC', f); END LOOP; END $$;
GRANT EXECUTE ON FUNCTION door.retention_due() TO portal_app, portal_keeper;
GRANT EXECUTE ON FUNCTION door.retention_destroy(text, integer, bigint, text) TO portal_keeper;

-- Receipts are written by these functions alone; rules and holds are not taken away, and a rule is not edited.
REVOKE INSERT, UPDATE, DELETE ON public.retention_receipt FROM portal_app;
REVOKE UPDATE, DELETE ON public.retention_retentionrule, public.retention_hold, public.retention_hold_students FROM portal_app;
GRANT UPDATE (state, adopted_by_id, adopted_at) ON public.retention_retentionrule TO portal_app;
GRANT UPDATE (end_asked_by_id, end_asked_at, ended_by_id, ended_at) ON public.retention_hold TO portal_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON public.retention_receipt FOR EACH ROW EXECUTE FUNCTION trail.refuse();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON public.retention_receipt FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse();
