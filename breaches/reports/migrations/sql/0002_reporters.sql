-- Who reported. The application's login puts a name in and gets it back only by the key of a committed entry that names the report, whose
-- actor has one of the two roles that this sort of report is open to. An admin's role opens none.

CREATE SCHEMA reporters;
GRANT USAGE ON SCHEMA reporters TO portal_door;
CREATE TABLE reporters.reporter(report uuid PRIMARY KEY, name text NOT NULL, reach text NOT NULL, account_id bigint);
ALTER TABLE reporters.reporter ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY door ON reporters.reporter TO portal_door USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON reporters.reporter TO portal_door;
GRANT SELECT (public_id, apart) ON public.reports_report TO portal_door;
GRANT SELECT ON public.people_roleassignment TO portal_door;

-- Goes in with the report and answers nothing. What is there stays.
CREATE FUNCTION door.reporter_put(report uuid, name text, reach text, account_id bigint) RETURNS void
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC INSERT INTO reporters.reporter VALUES (report, name, reach, account_id) ON CONFLICT DO NOTHING; END;

-- The reporter that the key's own entry names.
CREATE FUNCTION door.reporter_of() RETURNS TABLE(name text, reach text, account_id bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE k trail.entry := door.key(); BEGIN
  IF k.kind IS DISTINCT FROM 'breaches.reporter.opened' OR k.elements <> '{audit}' THEN RETURN; END IF;
  RETURN QUERY SELECT p.name, p.reach, p.account_id FROM reporters.reporter p JOIN public.reports_report r ON r.public_id = p.report
    WHERE p.report = (k.additional_data ->> 'report')::uuid AND EXISTS (SELECT FROM public.people_roleassignment a
      WHERE a.user_id = k.actor_id AND a.ended_at IS NULL AND a.starts_on <= current_date + 1 AND (a.ends_on IS NULL OR a.ends_on >= current_date - 1)
        AND a.role = ANY (CASE WHEN r.apart THEN '{counselor,leader}'::text[] ELSE '{incident_lead,compliance_officer}'::text[] END)); END $$;

DO $$ DECLARE f text; BEGIN FOREACH f IN ARRAY ARRAY['door.reporter_put(uuid, text, text, bigint)', 'door.reporter_of()'] LOOP
  EXECUTE format('ALTER FUNCTION %s OWNER TO portal_door', f);
  EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO portal_app', f); END LOOP; END $$;
