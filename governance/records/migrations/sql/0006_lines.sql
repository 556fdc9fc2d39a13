-- One row for each line that the key's reader may be told of. Silent holds are left out (auditors see them through door.audit); of announced
-- ones the reader learns that something is held, until when. `who`: staff, portal (nobody signed in), you, guardian, student,
-- stranger (an account of another family, whose try was refused).
CREATE OR REPLACE FUNCTION door.lines() RETURNS TABLE(student_id bigint, id bigint, at timestamptz, who text, shown boolean, opened boolean, actor_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 500 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT s.student, e.id, e."timestamp", w.who, x.shown, e.action = 3 AND e.kind <> 'records.read.refused', e.actor_id
    FROM door.key() k
      CROSS JOIN LATERAL unnest(k.record_ids) AS s(student)
      JOIN trail.entry e ON e.record_ids @> ARRAY[s.student]
      CROSS JOIN LATERAL (SELECT e.held IS NULL OR e.held_until <= current_date AS shown) x
      CROSS JOIN LATERAL (SELECT CASE
        WHEN e.actor_id IS NULL THEN 'portal'
        WHEN e.hat IS NULL OR e.hat NOT IN ('guardian', 'student') THEN 'staff'
        WHEN e.actor_id = k.actor_id THEN 'you'
        WHEN e.kind = 'records.read.refused' AND NOT EXISTS (SELECT FROM public.records_guardianship l WHERE l.student_id = s.student AND l.user_id = e.actor_id)
          THEN 'stranger'
        ELSE e.hat END AS who) w
    WHERE 'trail' = ANY (k.elements) AND (x.shown OR e.held = 'announced')
      -- what the office registers about one guardian is not told to another
      AND e.kind NOT IN ('records.limit.set', 'records.limit.ended', 'records.guardian.linked', 'people.family_code.made')
      -- where an order stands, no guardian learns what another one or the student reads
      AND (w.who NOT IN ('guardian', 'student') OR NOT EXISTS (SELECT FROM public.records_guardianship l WHERE l.student_id = s.student AND l.limit <> ''
        AND (l.limit_ends_on IS NULL OR l.limit_ends_on >= current_date)));
  END;
