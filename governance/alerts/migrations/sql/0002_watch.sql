-- Odd looks: what the keeper's login learns of new entries, and what the application's login may write of alerts.
--
-- The keeper gets counts and yes or no: no student's id, no value. Addresses are compared in here and nowhere else.

CREATE SCHEMA watch;
GRANT USAGE ON SCHEMA watch TO portal_door;

-- A digest of each staff member's home as staff records name it, under a pepper that never leaves this schema: what is compared is not kept readable.
CREATE TABLE watch.home(user_id bigint PRIMARY KEY, digest bytea NOT NULL CHECK (octet_length(digest) = 32));
CREATE TABLE watch.pepper(id smallint PRIMARY KEY CHECK (id = 1), pepper bytea NOT NULL);
INSERT INTO watch.pepper VALUES (1, sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
-- Planted records: what they are called until they are set out, and which anchor is one.
CREATE TABLE watch.planted(planting_id bigint PRIMARY KEY, student_id bigint UNIQUE, given_name text NOT NULL, family_name text NOT NULL, grade text NOT NULL);
DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['home', 'pepper', 'planted'] LOOP
  EXECUTE format('ALTER TABLE watch.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY door ON watch.%I TO portal_door USING (true) WITH CHECK (true)', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON watch.%I TO portal_door', t);
END LOOP; END $$;
GRANT SELECT ON public.people_roleassignment, public.governance_grant, public.records_ownrecord, public.alerts_planting TO portal_door;
GRANT UPDATE (state) ON public.alerts_planting TO portal_door;

-- An address as far as two ways of writing it are the same. NULL where it is too little to compare: "unknown" is no home in common.
CREATE FUNCTION watch.plain_address(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE a text := trim(regexp_replace(lower(given), '[^[:alnum:]]+', ' ', 'g')); pair text[]; BEGIN
  IF a IS NULL OR a !~ '[0-9]' OR length(a) < 8 THEN RETURN NULL; END IF;
  a := regexp_replace(a, '(\m[0-9]{5}) [0-9]{4}$', '\1');
  FOREACH pair SLICE 1 IN ARRAY ARRAY[ARRAY['street', 'st'], ARRAY['avenue', 'ave'], ARRAY['road', 'rd'], ARRAY['drive', 'dr'], ARRAY['lane', 'ln'], ARRAY['court', 'ct'],
      ARRAY['boulevard', 'blvd'], ARRAY['circle', 'cir'], ARRAY['place', 'pl'], ARRAY['highway', 'hwy'], ARRAY['apartment', 'apt'], ARRAY['unit', 'apt'], ARRAY['north', 'n'],
      ARRAY['south', 's'], ARRAY['east', 'e'], ARRAY['west', 'w'], ARRAY['wisconsin', 'wi']] LOOP
    a := regexp_replace(a, '\m' || pair[1] || '\M', pair[2], 'g');
  END LOOP;
  RETURN a; END $$;
CREATE FUNCTION watch.digest(given text) RETURNS bytea LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  RETURN (SELECT sha256(p.pepper || convert_to(watch.plain_address(given), 'UTF8')) FROM watch.pepper p);

-- Whether an entry opened records to a person of the portal, or says so. Imports and other work of the keeper are no looks; nor is what left
-- for somebody else: it has its own record, a line for each child, and whoever claims that in an entry alone is not believed.
CREATE FUNCTION watch.opened(e trail.entry) RETURNS boolean LANGUAGE sql STABLE
  RETURN e.action = 3 AND NOT EXISTS (SELECT FROM records.disclosed d WHERE d.student_id = e.record_ids[1] AND d.entry_id = e.id) AND e.actor_id IS NOT NULL AND e.record_ids IS NOT NULL AND e.purpose IS NOT NULL AND e.login <> 'portal_keeper'
    AND NOT e.elements && '{audit,search,trail,trail.whole}'::text[] AND e.kind NOT IN ('records.import.checked', 'records.students.changed', 'trail.names.opened');

-- How many different students somebody opens in ten minutes and in an hour in nine of ten such spans, of the 60 days before a moment in which
-- anything but lists of own classes was opened.
CREATE FUNCTION watch.usual(who bigint, until timestamptz, OUT ten integer, OUT hour integer) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  SELECT coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY n) FILTER (WHERE span = 600), 0), coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY n) FILTER (WHERE span = 3600), 0)
    INTO ten, hour FROM (SELECT s.span, count(DISTINCT r.id)::integer AS n FROM trail.entry e, unnest(e.record_ids) r(id), (VALUES (600), (3600)) s(span)
      WHERE e.actor_id = who AND e."timestamp" >= until - interval '60 days' AND e."timestamp" < until AND watch.opened(e) AND e.kind <> 'records.class_list.opened'
      GROUP BY s.span, floor(extract(epoch FROM e."timestamp") / s.span)) spans; END $$;

-- How far the trail goes now.
CREATE FUNCTION door.watch_now(OUT snapshot text, OUT cluster text, OUT at timestamptz) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN ROW(pg_current_snapshot()::text, (SELECT system_identifier::text FROM pg_control_system()), clock_timestamp());

-- Entries that are visible in `after` and were not in `before` (NULL: all), not older than `since`, as far as a detector asks about them.
-- `settings`: zone; roles that reach students by their school; days of grace; students of an entry up to which homes are compared; from how many
-- students on the usual is worked out.
CREATE FUNCTION door.watch_looks(before text, after text, since timestamptz, zone text, school_roles text[], grace integer, few integer, many_ten integer, many_hour integer)
  RETURNS TABLE(id bigint, at timestamptz, kind text, actor_id bigint, hat text, address text, students integer, unrelated integer, departed integer, same_address boolean,
    planted integer, in_ten integer, in_hour integer, usual_ten integer, usual_hour integer, schools integer, hour integer)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN RETURN QUERY
  WITH fresh AS MATERIALIZED (
    SELECT e.id, e."timestamp" AS at, e.kind, e.actor_id, e.hat, e.remote_addr, e.record_ids, e.grant_id, e.key_hash, watch.opened(e) AS opened,
      -- what an emergency opens has its own way of being told and reviewed
      watch.opened(e) AND e.kind LIKE 'records.%' AND e.kind <> 'records.emergency.opened' AND e.basis IS DISTINCT FROM 'ferpa-emergency' AS related,
      (e."timestamp" AT TIME ZONE zone)::date AS day, extract(hour FROM e."timestamp" AT TIME ZONE zone)::integer AS hour
    FROM trail.entry e
    WHERE e."timestamp" >= since AND e.login <> 'portal_keeper' AND (e.action = 3 OR e.kind = 'records.limit.reached')
      AND pg_visible_in_snapshot(e.xid, after::pg_snapshot)
      AND (before IS NULL OR e.xid >= pg_snapshot_xmin(before::pg_snapshot) AND NOT pg_visible_in_snapshot(e.xid, before::pg_snapshot))),
  spans AS MATERIALIZED (
    SELECT f.id, f.at, f.actor_id, s.* FROM fresh f CROSS JOIN LATERAL (SELECT count(DISTINCT r.id) FILTER (WHERE NOT own AND e."timestamp" > f.at - interval '10 minutes') AS ten, count(DISTINCT r.id) FILTER (WHERE NOT own) AS hour,
      count(DISTINCT st.school_id) AS schools
    FROM trail.entry e CROSS JOIN LATERAL unnest(e.record_ids) r(id) LEFT JOIN public.records_student st ON st.id = r.id, LATERAL (SELECT e.kind = 'records.class_list.opened' AS own) o
    WHERE e.actor_id = f.actor_id AND e."timestamp" > f.at - interval '1 hour' AND e."timestamp" <= f.at AND watch.opened(e)) s
    WHERE f.opened OR f.kind = 'records.limit.reached'),
  -- sixty days are read once a person and run, however many looks there are
  usuals AS MATERIALIZED (
    SELECT b.actor_id, u.ten, u.hour FROM (SELECT s.actor_id, min(s.at) AS at FROM spans s WHERE s.ten >= many_ten OR s.hour >= many_hour GROUP BY s.actor_id) b
      CROSS JOIN LATERAL watch.usual(b.actor_id, b.at - interval '1 hour') u)
  SELECT f.id, f.at, f.kind, f.actor_id, f.hat, host(f.remote_addr), coalesce(cardinality(f.record_ids), 0), coalesce(ties.unrelated, 0)::integer,
    coalesce(ties.departed, 0)::integer, coalesce(ties.same_address, false), coalesce(trap.planted, 0)::integer, coalesce(span.ten, 0)::integer,
    coalesce(span.hour, 0)::integer, coalesce(usual.ten, 0), coalesce(usual.hour, 0), coalesce(span.schools, 0)::integer, f.hour
  FROM fresh f
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE NOT t.now AND former.ended IS NULL) AS unrelated, count(*) FILTER (WHERE NOT t.now AND former.ended < f.day - grace) AS departed,
      bool_or(NOT t.by_class AND f.hat IS DISTINCT FROM 'guardian' AND f.hat IS DISTINCT FROM 'student' AND cardinality(f.record_ids) <= few AND home.same) AS same_address
    FROM unnest(f.record_ids) s(id)
    CROSS JOIN LATERAL (SELECT
      EXISTS (SELECT FROM public.records_enrollment en JOIN public.records_section c ON c.id = en.section_id JOIN public.records_teaching h ON h.section_id = en.section_id
          JOIN public.records_staffmember m ON m.id = h.staff_member_id
        WHERE en.student_id = s.id AND m.user_id = f.actor_id AND f.day BETWEEN greatest(en.begins, h.begins, c.begins, '-infinity') AND least(en.ends, h.ends, c.ends, 'infinity')) AS by_class,
      EXISTS (SELECT FROM public.people_roleassignment a JOIN public.records_student st ON st.id = s.id
        WHERE a.user_id = f.actor_id AND a.role = ANY (school_roles) AND f.day BETWEEN a.starts_on AND coalesce(a.ends_on, 'infinity') AND coalesce(a.ended_at, 'infinity') > f.at
          AND ((a.school_id IS NULL OR a.school_id = st.school_id) AND coalesce(st.left_on, 'infinity') >= f.day
            OR EXISTS (SELECT FROM public.records_enrollment en JOIN public.records_section c ON c.id = en.section_id
              WHERE en.student_id = s.id AND c.school_id = a.school_id AND f.day BETWEEN greatest(en.begins, c.begins, '-infinity') AND least(en.ends, c.ends, 'infinity')))) AS by_school,
      EXISTS (SELECT FROM public.governance_grant g WHERE g.id = f.grant_id AND g.holder_id = f.actor_id AND (s.id = ANY (g.students)
        OR EXISTS (SELECT FROM public.records_enrollment en WHERE en.student_id = s.id AND en.section_id = ANY (g.sections)
          AND f.day BETWEEN greatest(en.begins, '-infinity') AND least(en.ends, 'infinity')))) AS by_permission,
      f.hat IN ('guardian', 'student') AND (EXISTS (SELECT FROM public.records_guardianship l WHERE l.student_id = s.id AND l.user_id = f.actor_id AND l.ended_at IS NULL)
        OR EXISTS (SELECT FROM public.records_ownrecord o WHERE o.student_id = s.id AND o.user_id = f.actor_id)) AS by_family) tie
    CROSS JOIN LATERAL (SELECT tie.by_class OR tie.by_permission AS by_class, tie.by_class OR tie.by_school OR tie.by_permission OR coalesce(tie.by_family, false) AS now) t
    LEFT JOIN LATERAL (SELECT max(x.ended) AS ended FROM (
        SELECT least(en.ends, h.ends, c.ends) AS ended FROM public.records_enrollment en JOIN public.records_section c ON c.id = en.section_id
          JOIN public.records_teaching h ON h.section_id = en.section_id JOIN public.records_staffmember m ON m.id = h.staff_member_id
          WHERE en.student_id = s.id AND m.user_id = f.actor_id
        UNION ALL SELECT coalesce(st.left_on, least(en.ends, c.ends)) FROM public.people_roleassignment a JOIN public.records_student st ON st.id = s.id
          LEFT JOIN public.records_enrollment en ON en.student_id = s.id LEFT JOIN public.records_section c ON c.id = en.section_id
          WHERE a.user_id = f.actor_id AND a.role = ANY (school_roles) AND (a.school_id IS NULL OR a.school_id = st.school_id OR a.school_id = c.school_id)) x
      WHERE x.ended < f.day) former ON NOT t.now
    LEFT JOIN LATERAL (SELECT EXISTS (SELECT FROM public.records_guardianship l WHERE l.student_id = s.id AND l.user_id = f.actor_id AND l.ended_at IS NULL)
        OR EXISTS (SELECT FROM watch.home h JOIN records.value v ON v.student_id = s.id AND v.element IN ('address', 'guardian-address') AND watch.digest(v.value) = h.digest
          WHERE h.user_id = f.actor_id) AS same) home ON NOT t.by_class AND cardinality(f.record_ids) <= few
  ) ties ON f.related
  LEFT JOIN LATERAL (SELECT count(*) AS planted FROM watch.planted p JOIN public.alerts_planting g ON g.id = p.planting_id
    WHERE p.student_id = ANY (f.record_ids) AND f.actor_id IS DISTINCT FROM g.proposed_by_id AND f.actor_id IS DISTINCT FROM g.confirmed_by_id
      AND (f.kind <> 'records.students.found' OR cardinality(f.record_ids) = 1)) trap ON f.opened
  LEFT JOIN spans span ON span.id = f.id
  LEFT JOIN usuals usual ON usual.actor_id = f.actor_id AND (span.ten >= many_ten OR span.hour >= many_hour)
  WHERE f.opened OR f.kind IN ('records.limit.reached', 'people.sign_in.failed')
  ORDER BY f.at, f.id; END $$;

-- Sign-ins refused from one address in the hour before a moment.
CREATE FUNCTION door.watch_refused(from_address inet, until timestamptz) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT count(*)::integer FROM trail.entry e WHERE e."timestamp" > until - interval '1 hour' AND e."timestamp" <= until AND e.kind = 'people.sign_in.failed' AND e.remote_addr = from_address;
  END;

-- What stands beside an alert: the person's usual, and how often they opened the same students in the 90 days before.
CREATE FUNCTION door.watch_around(which bigint, at timestamptz, OUT usual_hour integer, OUT earlier integer) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE look trail.entry; BEGIN
  SELECT e.* INTO look FROM trail.entry e WHERE e."timestamp" = watch_around.at AND e.id = which;
  IF look.actor_id IS NULL THEN usual_hour := 0; earlier := 0; RETURN; END IF;
  SELECT u.hour INTO usual_hour FROM watch.usual(look.actor_id, look."timestamp" - interval '1 hour') u;
  SELECT count(*)::integer INTO earlier FROM trail.entry e WHERE e.actor_id = look.actor_id AND e."timestamp" >= look."timestamp" - interval '90 days' AND e."timestamp" < look."timestamp"
    AND e.record_ids && look.record_ids AND watch.opened(e); END $$;

-- Staff homes, as a list of {"staff": number, "address": text}, in place of those loaded before. Answers how many are known now.
CREATE FUNCTION door.watch_homes(given jsonb) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE known integer; BEGIN
  DELETE FROM watch.home;
  INSERT INTO watch.home SELECT DISTINCT ON (u.id) u.id, watch.digest(x.address) FROM jsonb_to_recordset(given) x(staff text, address text)
    JOIN public.people_user u ON u.staff_number = x.staff WHERE x.staff <> '' AND watch.plain_address(x.address) IS NOT NULL;
  GET DIAGNOSTICS known = ROW_COUNT;
  RETURN known; END $$;

-- Planted records. The application says what one shall be called and never reads it back; the keeper sets out what a second person confirmed.
CREATE FUNCTION door.plant_wish(which bigint, given text, family text, grade text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  IF length(given) NOT BETWEEN 1 AND 60 OR length(family) NOT BETWEEN 1 AND 60 OR length(grade) > 10 THEN
    RAISE EXCEPTION 'a planted record needs a name' USING ERRCODE = 'check_violation'; END IF;
  INSERT INTO watch.planted(planting_id, given_name, family_name, grade) SELECT p.id, given, family, grade FROM public.alerts_planting p WHERE p.id = which AND p.state = 'proposed'
    ON CONFLICT DO NOTHING; END $$;
-- At most five a school. Answers how many were set out and how many taken away.
CREATE FUNCTION door.plant(today date, OUT set_out integer, OUT taken_away integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE one record; anchor bigint; BEGIN
  set_out := 0; taken_away := 0;
  FOR one IN SELECT g.id, g.school_id, p.given_name, p.family_name, p.grade FROM public.alerts_planting g JOIN watch.planted p ON p.planting_id = g.id
      WHERE g.state = 'confirmed' AND p.student_id IS NULL AND g.confirmed_by_id <> g.proposed_by_id
        AND (SELECT count(*) FROM public.alerts_planting o WHERE o.school_id = g.school_id AND o.state IN ('planted', 'ending')) < 5 ORDER BY g.id FOR UPDATE OF p LOOP
    INSERT INTO public.records_student(public_id, school_id, since) VALUES (gen_random_uuid(), one.school_id, today) RETURNING id INTO anchor;
    INSERT INTO records.identity(student_id, sourced_id, given_name, family_name, grade) VALUES (anchor, 'own-' || gen_random_uuid(), one.given_name, one.family_name, one.grade);
    UPDATE watch.planted SET student_id = anchor WHERE planting_id = one.id;
    UPDATE public.alerts_planting SET state = 'planted' WHERE id = one.id;
    set_out := set_out + 1;
  END LOOP;
  FOR one IN SELECT g.id, p.student_id FROM public.alerts_planting g JOIN watch.planted p ON p.planting_id = g.id WHERE g.state IN ('ending', 'dropped') FOR UPDATE OF p LOOP
    DELETE FROM records.identity i WHERE i.student_id = one.student_id;
    DELETE FROM watch.planted p WHERE p.planting_id = one.id;       -- ahead of the anchor's end, which the trigger below would undo
    UPDATE public.records_student s SET left_on = today WHERE s.id = one.student_id;
    UPDATE public.alerts_planting SET state = 'ended' WHERE id = one.id AND state = 'ending';
    IF one.student_id IS NOT NULL THEN taken_away := taken_away + 1; END IF;
  END LOOP; END $$;
-- No delivery of the roster names a planted record; it stays where it is.
CREATE FUNCTION watch.planted_stays() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  IF EXISTS (SELECT FROM watch.planted p WHERE p.student_id = NEW.id) THEN NEW.left_on := NULL; END IF;
  RETURN NEW; END $$;
ALTER FUNCTION watch.planted_stays() OWNER TO portal_door;
CREATE TRIGGER planted_stays BEFORE UPDATE OF left_on ON public.records_student FOR EACH ROW WHEN (OLD.left_on IS NULL AND NEW.left_on IS NOT NULL) EXECUTE FUNCTION watch.planted_stays();
-- For exports, deliveries and notices: the students of a list that are somebody. It tells no more than which of these ids to leave out.
CREATE FUNCTION door.without_planted(students bigint[]) RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT array_agg(s.id ORDER BY s.n) FROM unnest(students) WITH ORDINALITY s(id, n) WHERE NOT EXISTS (SELECT FROM watch.planted p WHERE p.student_id = s.id);
  END;

-- An alert ends here and nowhere else, with its entry in the same statement: whoever has the application's login may end one in somebody's name, and
-- cannot do so without everybody who reads the trail seeing it. What the entry says of the alert comes from the alert itself.
GRANT SELECT, UPDATE (reason, words, closed_by_id, closed_at, incident) ON public.alerts_alert TO portal_door;
CREATE FUNCTION door.alert_close(which bigint, why text, said text, became uuid, who bigint, worn text, closing timestamptz, request text, from_address inet) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE a public.alerts_alert; BEGIN
  UPDATE public.alerts_alert SET reason = why, words = said, incident = became, closed_by_id = who, closed_at = closing
    WHERE id = which AND alerts_alert.closed_at IS NULL RETURNING * INTO a;
  IF a.id IS NULL THEN RAISE EXCEPTION 'no such alert is open' USING ERRCODE = 'check_violation'; END IF;
  INSERT INTO trail.entry(action, kind, content_type_id, object_pk, object_id, actor_id, hat, cid, remote_addr, additional_data)
    SELECT 1, 'alerts.alert.closed', c.id, a.public_id::text, a.id, who, worn, request, from_address,
      jsonb_build_object('reason', why, 'detector', a.detector, 'incident', became) FROM public.django_content_type c WHERE c.app_label = 'alerts' AND c.model = 'alert'; END $$;

DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['watch_now()', 'watch_looks(text, text, timestamptz, text, text[], integer, integer, integer, integer)', 'watch_refused(inet, timestamptz)',
      'watch_around(bigint, timestamptz)', 'watch_homes(jsonb)', 'plant_wish(bigint, text, text, text)', 'plant(date)', 'without_planted(bigint[])',
      'alert_close(bigint, text, text, uuid, bigint, text, timestamptz, text, inet)'] LOOP
    EXECUTE format('ALTER FUNCTION door.%s OWNER TO portal_door; REVOKE EXECUTE ON FUNCTION door.%s FROM PUBLIC', f, f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION door.%s TO %s', f, CASE WHEN f LIKE 'plant_wish%' OR f LIKE 'alert_close%' THEN 'portal_app' WHEN f LIKE 'without_planted%' THEN 'portal_app, portal_keeper' ELSE 'portal_keeper' END);
  END LOOP;
  FOREACH f IN ARRAY ARRAY['plain_address(text)', 'digest(text)', 'opened(trail.entry)', 'usual(bigint, timestamptz)', 'planted_stays()'] LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION watch.%s FROM PUBLIC; GRANT EXECUTE ON FUNCTION watch.%s TO portal_door', f, f);
  END LOOP; END $$;

-- What the application may write of alerts: what people decide. It raises none, changes no fact and takes none away.
REVOKE ALL ON public.alerts_alert, public.alerts_alertlook, public.alerts_watch FROM portal_app;
GRANT SELECT ON public.alerts_alert, public.alerts_alertlook, public.alerts_watch TO portal_app;
GRANT UPDATE (told_at, question, asked_by_id, asked_at, answer, answered_at) ON public.alerts_alert TO portal_app;
REVOKE DELETE ON public.alerts_limits, public.alerts_planting FROM portal_app;
GRANT SELECT, INSERT ON public.alerts_alert, public.alerts_alertlook TO portal_keeper;
GRANT UPDATE (last_at, first_at, count, facts, address, hat) ON public.alerts_alert TO portal_keeper;
GRANT SELECT, UPDATE ON public.alerts_watch TO portal_keeper;
GRANT SELECT ON public.alerts_limits TO portal_keeper;
GRANT USAGE ON SEQUENCE public.alerts_number TO portal_keeper;
DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['alerts_alert', 'alerts_alertlook'] LOOP
  EXECUTE format('GRANT USAGE ON SEQUENCE %s TO portal_keeper', pg_get_serial_sequence('public.' || t, 'id')); END LOOP; END $$;

-- What was decided stays decided; limits that were confirmed stay as they were confirmed.
CREATE FUNCTION watch.decided() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RAISE EXCEPTION 'this was decided already' USING ERRCODE = 'check_violation'; END $$;
REVOKE EXECUTE ON FUNCTION watch.decided() FROM PUBLIC;
CREATE TRIGGER decided BEFORE UPDATE ON public.alerts_alert FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL AND (NEW.closed_at, NEW.closed_by_id, NEW.reason, NEW.words, NEW.answer, NEW.question)
  IS DISTINCT FROM (OLD.closed_at, OLD.closed_by_id, OLD.reason, OLD.words, OLD.answer, OLD.question)) EXECUTE FUNCTION watch.decided();
CREATE TRIGGER decided BEFORE UPDATE ON public.alerts_limits FOR EACH ROW WHEN ((NEW.numbers, NEW.number) IS DISTINCT FROM (OLD.numbers, OLD.number)
  OR OLD.decided_at IS NOT NULL AND (NEW.decided_at, NEW.decided_by_id) IS DISTINCT FROM (OLD.decided_at, OLD.decided_by_id)) EXECUTE FUNCTION watch.decided();

-- From here on the trail is watched. The first set of limits is the project's own.
INSERT INTO public.alerts_watch SELECT 1, pg_current_snapshot()::text, (SELECT system_identifier::text FROM pg_control_system()), clock_timestamp();
INSERT INTO public.alerts_limits(public_id, number, state, numbers, reason, proposed_at) VALUES (gen_random_uuid(), 1, 'in_force', '{"no_class": {"on": 1}, "same_address": {"on": 1, "students": 3}, "burst": {"on": 1, "ten_minutes": 30, "hour": 60, "times": 3}, "after_transfer": {"on": 1, "days": 14}, "planted": {"on": 0}, "volume": {"on": 1}, "many_schools": {"on": 1, "schools": 5}, "sign_ins": {"on": 1, "tries": 20}, "night": {"on": 1, "from_hour": 0, "to_hour": 5, "students": 10}}',
  'How the portal is delivered', clock_timestamp());
