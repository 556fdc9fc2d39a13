-- What decides about an import is written by the door's functions alone, each with its entry: who starts it, who approves it as the second person, and
-- what the check of the file said. And every roster import fits the ceiling to the district's size.

-- The application's login may bring an upload, name its columns, count a try of the worker, and give a run up. Nothing else, whoever uses that login.
CREATE FUNCTION door.run_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  IF current_user <> 'portal_app' THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state IN ('mapping', 'received', 'refused') AND NEW.second_by_id IS NULL AND NEW.second_at IS NULL AND NEW.applied_by_id IS NULL AND NEW.applied_at IS NULL THEN RETURN NEW; END IF;
  ELSIF (OLD.state = NEW.state OR (OLD.state = 'mapping' AND NEW.state = 'received') OR (NEW.state = 'dropped' AND OLD.state IN ('mapping', 'received', 'checked', 'waiting')))
      AND (NEW.id, NEW.public_id, NEW.kind, NEW.file_name, NEW.digest, NEW.made_at, NEW.report) = (OLD.id, OLD.public_id, OLD.kind, OLD.file_name, OLD.digest, OLD.made_at, OLD.report)
      AND (NEW.made_by_id, NEW.second_by_id, NEW.second_at, NEW.applied_by_id, NEW.applied_at) IS NOT DISTINCT FROM (OLD.made_by_id, OLD.second_by_id, OLD.second_at, OLD.applied_by_id, OLD.applied_at)
      AND (NEW.mapping = OLD.mapping OR OLD.state = 'mapping') THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'the state of an import is changed by its own functions' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER decided_by_the_door BEFORE INSERT OR UPDATE ON public.records_importrun FOR EACH ROW EXECUTE FUNCTION door.run_guard();
REVOKE DELETE ON public.records_importrun FROM portal_app;
GRANT INSERT ON public.records_importrun TO portal_door;
DO $$ BEGIN EXECUTE format('GRANT USAGE ON SEQUENCE %s TO portal_door', pg_get_serial_sequence('public.records_importrun', 'id')); END $$;
GRANT SELECT ON public.people_roleassignment TO portal_door;
GRANT SELECT (is_active) ON public.people_user TO portal_door;

CREATE FUNCTION door.run_entry(run public.records_importrun, kind text, action integer, who bigint, worn text, request text, address inet, changes jsonb) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    INSERT INTO trail.entry(action, kind, object_id, object_pk, content_type_id, actor_id, hat, cid, remote_addr, changes)
      VALUES (run_entry.action, run_entry.kind, (run).id, (run).public_id::text, (SELECT c.id FROM public.django_content_type c WHERE c.app_label = 'records' AND c.model = 'importrun'),
        who, worn, request, address, run_entry.changes);
  END;

-- May this account decide here? Active, and with one of these roles today.
CREATE FUNCTION door.run_role(who bigint, worn text, roles text[]) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT worn = ANY (roles) AND EXISTS (SELECT FROM public.people_roleassignment a JOIN public.people_user u ON u.id = a.user_id WHERE a.user_id = who AND u.is_active AND a.role = worn
      AND a.ended_at IS NULL AND a.starts_on <= current_date + 1 AND (a.ends_on IS NULL OR a.ends_on >= current_date - 1));
  END;

-- Have a run applied: one that was checked by an admin ('start'), one that waits for a second person by another admin or the superintendent ('approve').
-- Answers 'done', or why not: 'second' (it needs a second person), 'gone' (somebody was faster), 'own' (who sent it cannot approve it), 'role'.
CREATE FUNCTION door.run_decide(run bigint, step text, who bigint, worn text, request text, address inet, at timestamptz) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE r public.records_importrun; BEGIN
  SELECT x.* INTO r FROM public.records_importrun x WHERE x.id = run FOR UPDATE;
  IF step = 'start' THEN
    IF r.state = 'waiting' THEN RETURN 'second'; END IF;
    IF NOT door.run_role(who, worn, '{district_admin}') THEN RETURN 'role'; END IF;
  ELSE
    IF r.state = 'waiting' AND r.made_by_id = who THEN RETURN 'own'; END IF;
    IF NOT door.run_role(who, worn, '{district_admin,leader}') THEN RETURN 'role'; END IF;
  END IF;
  IF (r.state IS DISTINCT FROM CASE step WHEN 'start' THEN 'checked' WHEN 'approve' THEN 'waiting' END) THEN RETURN 'gone'; END IF;
  UPDATE public.records_importrun x SET state = 'applying', applied_by_id = who, started_at = run_decide.at, attempts = 0,
    second_by_id = CASE step WHEN 'approve' THEN who END, second_at = CASE step WHEN 'approve' THEN run_decide.at END WHERE x.id = run;
  PERFORM door.run_entry(r, CASE step WHEN 'approve' THEN 'records.import.approved' ELSE 'records.import.started' END, 1, who, worn, request, address, jsonb_build_object('state', jsonb_build_array(r.state, 'applying')));
  RETURN 'done'; END $$;

-- What became of a run, said by the keeper's worker. Of one that ends without being applied nothing is kept.
CREATE FUNCTION door.run_settle(run bigint, new_state text, outcome jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE r public.records_importrun; BEGIN
  SELECT x.* INTO r FROM public.records_importrun x WHERE x.id = run FOR UPDATE;
  IF r.state NOT IN ('mapping', 'received', 'checked', 'waiting', 'applying') OR new_state NOT IN ('checked', 'waiting', 'refused', 'failed', 'dropped') THEN
    RAISE EXCEPTION 'this import has ended' USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
  UPDATE public.records_importrun x SET state = new_state, report = outcome, attempts = CASE WHEN new_state IN ('checked', 'waiting') THEN 0 ELSE r.attempts END,
    mapping = CASE WHEN r.mapping ? 'headers' THEN '{}' ELSE r.mapping END WHERE x.id = run;
  IF new_state IN ('refused', 'failed', 'dropped') THEN DELETE FROM records.intake i WHERE i.run_id = run; END IF;
  PERFORM door.run_entry(r, 'model.changed', 1, NULL, NULL, NULL, NULL, jsonb_build_object('state', jsonb_build_array(r.state, new_state))); END $$;

-- A delivery from the server's own command line, which needs no upload to be checked first.
CREATE FUNCTION door.run_begin(which text, named text, sha text, columns jsonb, tries integer, at timestamptz) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE r public.records_importrun; BEGIN
  INSERT INTO public.records_importrun AS x (public_id, kind, state, file_name, digest, mapping, report, made_at, started_at, attempts)
    VALUES (gen_random_uuid(), which, 'applying', named, sha, columns, '{}', at, at, tries) RETURNING x.* INTO r;
  PERFORM door.run_entry(r, 'model.changed', 0, NULL, NULL, NULL, NULL, jsonb_build_object('kind', jsonb_build_array('None', r.kind), 'state', jsonb_build_array('None', r.state)));
  RETURN r.id; END $$;

-- What was checked and approved is what is applied: the application puts pieces in before the check and takes them away only when the run has ended.
CREATE OR REPLACE FUNCTION door.intake_put(run uuid, piece integer, content bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE r bigint; BEGIN
  SELECT x.id INTO r FROM public.records_importrun x WHERE x.public_id = run AND x.applied_at IS NULL
    AND (x.state IN ('received', 'mapping') OR (x.state = 'applying' AND session_user = 'portal_keeper'));
  IF r IS NULL OR octet_length(content) > 1048576 OR piece NOT BETWEEN 0 AND 255 THEN RAISE EXCEPTION 'no such upload'; END IF;
  INSERT INTO records.intake(run_id, piece, content) VALUES (r, intake_put.piece, intake_put.content) ON CONFLICT DO NOTHING; END $$;
CREATE OR REPLACE FUNCTION door.intake_drop(run uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    DELETE FROM records.intake i USING public.records_importrun r
      WHERE r.public_id = run AND i.run_id = r.id AND (r.state IN ('refused', 'failed', 'dropped', 'applied') OR session_user = 'portal_keeper');
  END;

-- Of a file that ends or changes limits on a guardian's access the second person is asked for here too.
CREATE OR REPLACE FUNCTION door.limits_apply(run bigint, at timestamptz, counts jsonb, who bigint, worn text, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$ BEGIN
  IF EXISTS (SELECT FROM records.import_fault) THEN RAISE EXCEPTION 'a delivery with faults is not applied'; END IF;
  IF EXISTS (SELECT FROM records.delta_limit d WHERE d.what <> 'added') AND NOT EXISTS (SELECT FROM public.records_importrun r WHERE r.id = run AND r.second_by_id IS NOT NULL) THEN
    RAISE EXCEPTION 'limits are ended or changed by two people' USING ERRCODE = 'insufficient_privilege'; END IF;
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

-- The ceiling of an hour, by the number of students whose identity the portal holds.
CREATE FUNCTION door.fit_ceiling() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    UPDATE door.ceiling c SET an_hour = f.fit FROM (SELECT b.login, greatest(b.at_least, b.per_student * n.students) AS fit FROM door.ceiling b, (SELECT count(*) AS students FROM records.identity) n) f
      WHERE c.login = f.login AND c.an_hour <> f.fit;
  END;
CREATE OR REPLACE FUNCTION door.import_done(run bigint, outcome jsonb, at timestamptz, who bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  UPDATE public.records_importrun r SET state = 'applied', report = outcome, applied_at = import_done.at, applied_by_id = who WHERE r.id = run;
  DELETE FROM records.intake i WHERE i.run_id = run;
  IF outcome -> 'counts' ? 'students' THEN PERFORM door.fit_ceiling(); END IF; END $$;

DO $$ DECLARE f text; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'door'::regnamespace AND p.proname ~ '^(run_(guard|entry|role|decide|settle|begin)|limits_apply|fit_ceiling|import_done|intake_(put|drop))$' LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO portal_door', f);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP; END $$;
GRANT EXECUTE ON FUNCTION door.run_decide(bigint, text, bigint, text, text, inet, timestamptz) TO portal_app;
GRANT EXECUTE ON FUNCTION door.run_settle(bigint, text, jsonb), door.run_begin(text, text, text, jsonb, integer, timestamptz), door.fit_ceiling() TO portal_keeper;
