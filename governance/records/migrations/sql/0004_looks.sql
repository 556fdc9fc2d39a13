-- Who opened the records of the key's students, as families see it. The rules that hide a line stand here, so that counts and numbers hide it too.

-- One row for each line that the key's reader may be told of. Silent holds are left out (auditors see them through door.audit); of announced
-- ones the reader learns that something is held, until when. `who`: staff, portal (nobody signed in), you, guardian, student,
-- stranger (an account of another family, whose try was refused).
CREATE FUNCTION door.lines() RETURNS TABLE(student_id bigint, id bigint, at timestamptz, who text, shown boolean, opened boolean, actor_id bigint)
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
      AND e.kind NOT IN ('records.limit.set', 'records.limit.ended', 'records.guardian.linked')
      -- where an order stands, no guardian learns what another one or the student reads
      AND (w.who NOT IN ('guardian', 'student') OR NOT EXISTS (SELECT FROM public.records_guardianship l WHERE l.student_id = s.student AND l.limit <> ''
        AND (l.limit_ends_on IS NULL OR l.limit_ends_on >= current_date)));
  END;
ALTER FUNCTION door.lines() OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.lines() FROM PUBLIC;

-- A page of lines, newest first: `which` is 'school' (staff, the portal, strangers), 'family', or NULL for all. Lines are numbered from the oldest on,
-- within that view alone, so that a line that is held back leaves no gap; `below` is the number of the last line of the page before.
CREATE FUNCTION door.looks(which text, below bigint, at_most integer)
  RETURNS TABLE(student_id bigint, number bigint, id bigint, at timestamptz, who text, kind text, action smallint, actor_id bigint, hat text, purpose text,
    basis text, grant_id bigint, rule_version text, elements text[], students integer, refused boolean, held text, held_until date)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT n.student_id, n.number, n.id, n.at, CASE WHEN n.shown THEN n.who END, CASE WHEN n.shown THEN e.kind END, e.action, CASE WHEN n.shown AND n.who IN ('staff', 'you') THEN e.actor_id END,
      CASE WHEN n.shown THEN e.hat END, CASE WHEN n.shown THEN e.purpose END, CASE WHEN n.shown THEN e.basis END, CASE WHEN n.shown THEN e.grant_id END,
      CASE WHEN n.shown THEN e.rule_version END, CASE WHEN n.shown THEN e.elements END, CASE WHEN n.shown THEN cardinality(e.record_ids) END,
      n.shown AND e.kind = 'records.read.refused', CASE WHEN n.shown THEN NULL ELSE e.held END, CASE WHEN n.shown THEN NULL ELSE e.held_until END
    FROM (SELECT m.* FROM (
        SELECT v.*, row_number() OVER (PARTITION BY v.student_id ORDER BY v.at, v.id) AS number FROM door.lines() v
        WHERE which IS NULL OR (which = 'family') = (v.who IN ('you', 'guardian', 'student'))) m
      WHERE below IS NULL OR m.number < below ORDER BY m.at DESC, m.id DESC LIMIT least(at_most, 1000)) n
      JOIN trail.entry e ON e."timestamp" = n.at AND e.id = n.id
    ORDER BY n.at DESC, n.id DESC;
  END;
ALTER FUNCTION door.looks(text, bigint, integer) OWNER TO portal_door;

-- How often and by how many people of the schools the records of the key's students were opened: a row a month (at the district's clock), one with no
-- month for the whole time. `recent` counts the last 30 days. Lines that are held are not counted.
CREATE FUNCTION door.look_months(zone text) RETURNS TABLE(student_id bigint, month date, opened bigint, people bigint, recent bigint, first_at timestamptz, last_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 30 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT v.student_id, date_trunc('month', v.at AT TIME ZONE zone)::date AS month, count(*), count(DISTINCT v.actor_id),
      count(*) FILTER (WHERE v.at > now() - interval '30 days'), min(v.at), max(v.at)
    FROM door.lines() v WHERE v.who = 'staff' AND v.shown AND v.opened
    GROUP BY GROUPING SETS ((v.student_id, date_trunc('month', v.at AT TIME ZONE zone)::date), (v.student_id))
    ORDER BY v.student_id, 2 NULLS FIRST;
  END;
ALTER FUNCTION door.look_months(text) OWNER TO portal_door;

-- What the key's own actor opened, newest first, from before a moment on: for "My looks". Its entry is an auditor's, with the actor as its filter.
-- A refused try names nobody here, so that it cannot tell a student of others from one who does not exist.
CREATE FUNCTION door.own_looks(before_at timestamptz, at_most integer)
  RETURNS TABLE(at timestamptz, kind text, purpose text, basis text, grant_id bigint, elements text[], record_ids bigint[])
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT e."timestamp", e.kind, e.purpose, e.basis, e.grant_id, e.elements,
      CASE WHEN e.kind <> 'records.read.refused' THEN e.record_ids ELSE '{}' END
    FROM door.key() k JOIN trail.entry e ON e.actor_id = k.actor_id
    WHERE k.elements = '{audit}' AND e.action = 3 AND (e.record_ids IS NOT NULL OR e.kind = 'records.read.refused') AND e.kind <> 'trail.searched' AND e."timestamp" < coalesce(before_at, 'infinity')
    ORDER BY e."timestamp" DESC, e.id DESC LIMIT least(at_most, 100);
  END;
ALTER FUNCTION door.own_looks(timestamptz, integer) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.looks(text, bigint, integer), door.look_months(text), door.own_looks(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.looks(text, bigint, integer), door.look_months(text), door.own_looks(timestamptz, integer) TO portal_app;
