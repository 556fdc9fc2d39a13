-- Who was affected. One function reads lines, looks and classes and writes the members; no other statement of the application's login can.

REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON public.affected_member FROM portal_app;
REVOKE UPDATE, DELETE, TRUNCATE ON public.affected_affectedlist FROM portal_app;
GRANT SELECT, INSERT, DELETE ON public.affected_member TO portal_door;
GRANT SELECT, UPDATE ON public.affected_affectedlist TO portal_door;
GRANT USAGE ON SEQUENCE public.affected_member_id_seq TO portal_door;
GRANT SELECT ON public.records_enrollment, public.records_student TO portal_door;

-- Fills the list once; a second call changes nothing. Ids of students and names of elements alone are read, and no value. Planted records are nobody.
CREATE FUNCTION door.affected_fill(which bigint, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked public.affected_affectedlist;
  since date; until date; parties text[]; refs text[];
  found public.affected_affectedlist;
BEGIN
  SELECT l.* INTO asked FROM public.affected_affectedlist l WHERE l.id = which FOR UPDATE;
  IF asked.id IS NULL OR asked.made_at IS NOT NULL THEN RETURN; END IF;
  since := (asked.query ->> 'from')::timestamptz::date; until := (asked.query ->> 'until')::timestamptz::date;
  parties := ARRAY(SELECT lower(p) FROM jsonb_array_elements_text(coalesce(asked.query -> 'parties', '[]')) p);
  refs := ARRAY(SELECT r FROM jsonb_array_elements_text(coalesce(asked.query -> 'references', '[]')) r);

  IF asked.how IN ('provider', 'file') THEN
    INSERT INTO public.affected_member(list_id, student_id, elements, first_on, last_on, lines, could)
    WITH chosen AS MATERIALIZED (
      SELECT d.id, d.happened_on FROM records.disclosure d
      WHERE d.outcome = 'given' AND d.mistaken_at IS NULL AND CASE asked.how
        WHEN 'file' THEN d.public_id = (asked.query ->> 'disclosure')::uuid
        ELSE d.party_kind = 'provider' AND (lower(d.party) = ANY (parties) OR d.reference = ANY (refs)) AND d.happened_on BETWEEN since AND until END),
    -- the lines of a delivery name the same elements: first by what they name, so that arrays are taken apart once a child and not once a line
    sets AS MATERIALIZED (
      SELECT c.student_id, c.elements, min(d.happened_on) AS first_on, max(d.happened_on) AS last_on, count(*) AS lines
      FROM chosen d JOIN records.disclosed c ON c.disclosure_id = d.id GROUP BY c.student_id, c.elements)
    SELECT which, t.student_id, n.elements, t.first_on, t.last_on, t.lines, false
      FROM (SELECT s.student_id, min(s.first_on) AS first_on, max(s.last_on) AS last_on, sum(s.lines) AS lines FROM sets s GROUP BY s.student_id) t
      JOIN (SELECT s.student_id, array_agg(DISTINCT e ORDER BY e) AS elements FROM sets s CROSS JOIN LATERAL unnest(s.elements) e GROUP BY s.student_id) n USING (student_id);
  ELSIF asked.how = 'account' THEN
    INSERT INTO public.affected_member(list_id, student_id, elements, first_on, last_on, lines, could)
    WITH sets AS MATERIALIZED (
      SELECT s.student, e.elements, min(e."timestamp")::date AS first_on, max(e."timestamp")::date AS last_on, count(*) AS lines
      FROM trail.entry e CROSS JOIN LATERAL unnest(e.record_ids) s(student)
      WHERE e.actor_id = (asked.query ->> 'actor')::bigint AND e.key_hash IS NOT NULL       -- what opened something, not what was refused
        AND e."timestamp" BETWEEN (asked.query ->> 'from')::timestamptz AND (asked.query ->> 'until')::timestamptz
      GROUP BY s.student, e.elements)
    SELECT which, t.student, n.elements, t.first_on, t.last_on, t.lines, false
      FROM (SELECT s.student, min(s.first_on) AS first_on, max(s.last_on) AS last_on, sum(s.lines) AS lines FROM sets s GROUP BY s.student) t
      JOIN (SELECT s.student, array_agg(DISTINCT e ORDER BY e) AS elements FROM sets s CROSS JOIN LATERAL unnest(s.elements) e GROUP BY s.student) n USING (student);
  END IF;

  -- Who else could have been reached: by classes of that time, [section, from, until], and by permissions that name students, [student, from, until].
  INSERT INTO public.affected_member(list_id, student_id, elements, first_on, last_on, lines, could)
    SELECT which, x.student_id, ARRAY(SELECT e FROM jsonb_array_elements_text(coalesce(asked.query -> 'reach_elements', '[]')) e), min(x.since), max(x.until), 0, true
    FROM (
      SELECT n.student_id, greatest((r ->> 1)::date, n.begins) AS since, least((r ->> 2)::date, n.ends) AS until
        FROM jsonb_array_elements(coalesce(asked.query -> 'reach', '[]')) r JOIN public.records_enrollment n ON n.section_id = (r ->> 0)::bigint
        WHERE coalesce(n.begins, '-infinity') <= (r ->> 2)::date AND coalesce(n.ends, 'infinity') >= (r ->> 1)::date
      UNION ALL
      SELECT (r ->> 0)::bigint, (r ->> 1)::date, (r ->> 2)::date FROM jsonb_array_elements(coalesce(asked.query -> 'named', '[]')) r) x
    WHERE NOT EXISTS (SELECT FROM public.affected_member m WHERE m.list_id = which AND m.student_id = x.student_id)
    GROUP BY x.student_id;

  DELETE FROM public.affected_member m USING watch.planted p WHERE m.list_id = which AND m.student_id = p.student_id;

  UPDATE public.affected_affectedlist l SET made_at = clock_timestamp(), children = f.children, could = f.could, former = f.former, lines = f.lines,
      elements = ARRAY(SELECT DISTINCT e FROM (SELECT DISTINCT m.elements FROM public.affected_member m WHERE m.list_id = which AND NOT m.could) d, unnest(d.elements) e ORDER BY e),
      sha256 = f.sha256
    FROM (SELECT count(*) FILTER (WHERE NOT m.could) AS children, count(*) FILTER (WHERE m.could) AS could,
        -- no longer on the roster: left, or nothing of them is kept any more
        count(*) FILTER (WHERE s.id IS NULL OR s.left_on <= asked.asked_at::date) AS former, coalesce(sum(m.lines), 0) AS lines,
        encode(sha256(convert_to(coalesce(string_agg(m.student_id::text, E'\n' ORDER BY m.student_id), ''), 'UTF8')), 'hex') AS sha256
      FROM public.affected_member m LEFT JOIN public.records_student s ON s.id = m.student_id WHERE m.list_id = which) f
    WHERE l.id = which RETURNING l.* INTO found;
  INSERT INTO trail.entry(action, kind, actor_id, hat, cid, object_pk, elements, additional_data)
    VALUES (0, 'breaches.affected.made', asked.asked_by_id, nullif(asked.hat, ''), request, asked.public_id::text, found.elements,
      jsonb_build_object('how', asked.how, 'children', found.children, 'could', found.could, 'former', found.former, 'sha256', found.sha256));
END $$;
ALTER FUNCTION door.affected_fill(bigint, text) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.affected_fill(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.affected_fill(bigint, text) TO portal_app;

-- The members of a list as they stand: the newest agreed correction about a child counts, and the list itself stays as it was made.
CREATE VIEW public.affected_current AS
  WITH agreed AS (
    SELECT DISTINCT ON (c.list_id, c.student_id) c.list_id, c.student_id, c.kind, c.elements
    FROM public.affected_correction c WHERE c.decided_at IS NOT NULL AND NOT c.refused ORDER BY c.list_id, c.student_id, c.decided_at DESC, c.id DESC)
  SELECT m.list_id, m.student_id, m.elements, m.could FROM public.affected_member m
    LEFT JOIN agreed a ON a.list_id = m.list_id AND a.student_id = m.student_id WHERE a.kind IS DISTINCT FROM 'remove'
  UNION ALL
  SELECT a.list_id, a.student_id, a.elements, false FROM agreed a
    WHERE a.kind = 'add' AND NOT EXISTS (SELECT FROM public.affected_member m WHERE m.list_id = a.list_id AND m.student_id = a.student_id);
REVOKE ALL ON public.affected_current FROM portal_app;
GRANT SELECT ON public.affected_current TO portal_app;
