-- The lines of one student for a proof pack, with their canonical bytes: a row a line, oldest first, from behind a line on. The days stand in the key's
-- own entry (additional_data.filters.from and to), so that it tells what was taken.
--
-- To a family (an entry with 'trail') exactly the lines that its page shows, numbered as there: the numbers run over all time, within each of the
-- two lists. Of an announced hold the day alone. To an auditor every entry that names the student, as far as their scope reaches.
CREATE FUNCTION door.pack_lines(behind_at timestamptz, behind_id bigint, at_most integer)
  RETURNS TABLE(list text, number bigint, id bigint, at timestamptz, who text, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, grant_id bigint,
    elements text[], students integer, refused boolean, held text, held_until date, canonical bytea)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 500 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE k trail.entry := door.key(); f jsonb; low timestamptz; high timestamptz; BEGIN
  f := k.additional_data -> 'filters';
  IF k.kind IS DISTINCT FROM 'trail.pack.made' OR cardinality(k.record_ids) <> 1 OR NOT f ?& ARRAY['from', 'to'] THEN RETURN; END IF;
  low := (f ->> 'from')::timestamptz; high := (f ->> 'to')::timestamptz;
  IF 'trail' = ANY (k.elements) THEN
    RETURN QUERY SELECT n.list, n.number, n.id, n.at, CASE WHEN n.shown THEN n.who END, CASE WHEN n.shown THEN e.kind END, e.action,
        CASE WHEN n.shown AND n.who IN ('staff', 'you') THEN e.actor_id END, CASE WHEN n.shown THEN e.hat END, CASE WHEN n.shown THEN e.purpose END,
        CASE WHEN n.shown THEN e.basis END, CASE WHEN n.shown THEN e.grant_id END, CASE WHEN n.shown THEN e.elements END, CASE WHEN n.shown THEN cardinality(e.record_ids) END,
        n.shown AND e.kind = 'records.read.refused', CASE WHEN n.shown THEN NULL ELSE e.held END, CASE WHEN n.shown THEN NULL ELSE e.held_until END,
        CASE WHEN n.shown THEN trail.canonical(e) END
      FROM (SELECT m.* FROM (
          SELECT v.*, x.list, row_number() OVER (PARTITION BY x.list ORDER BY v.at, v.id) AS number
          FROM door.lines() v CROSS JOIN LATERAL (SELECT CASE WHEN v.who IN ('you', 'guardian', 'student') THEN 'family' ELSE 'school' END AS list) x) m
        WHERE m.at >= low AND m.at < high AND (behind_at IS NULL OR (m.at, m.id) > (behind_at, behind_id)) ORDER BY m.at, m.id LIMIT least(at_most, 1000)) n
        JOIN trail.entry e ON e."timestamp" = n.at AND e.id = n.id
      ORDER BY n.at, n.id;
  ELSIF k.elements = '{audit}' THEN
    RETURN QUERY EXECUTE 'SELECT ''all'', NULL::bigint, e.id, e."timestamp", NULL::text, e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.elements,
        cardinality(e.record_ids), e.kind = ''records.read.refused'', e.held, e.held_until, trail.canonical(e)
      FROM trail.entry e WHERE e.record_ids @> $1 AND e."timestamp" >= $2 AND e."timestamp" < $3 AND ($4 IS NULL OR (e."timestamp", e.id) > ($4, $5)) AND '
      || door.scope_condition(coalesce(f -> 'within', '{}')) || ' ORDER BY e."timestamp", e.id LIMIT $6'
      USING k.record_ids, low, high, behind_at, behind_id, least(at_most, 1000);
  END IF; END $$;
-- How many there are, for the progress of the work.
CREATE FUNCTION door.pack_count() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; found bigint; BEGIN
  f := k.additional_data -> 'filters';
  IF k.kind NOT IN ('trail.pack.made', 'trail.pack.asked') OR cardinality(k.record_ids) <> 1 OR NOT f ?& ARRAY['from', 'to'] THEN RETURN NULL; END IF;
  IF 'trail' = ANY (k.elements) THEN
    SELECT count(*) INTO found FROM door.lines() v WHERE v.at >= (f ->> 'from')::timestamptz AND v.at < (f ->> 'to')::timestamptz;
  ELSIF k.elements = '{audit}' THEN
    EXECUTE 'SELECT count(*) FROM trail.entry e WHERE e.record_ids @> $1 AND e."timestamp" >= $2 AND e."timestamp" < $3 AND ' || door.scope_condition(coalesce(f -> 'within', '{}'))
      INTO found USING k.record_ids, (f ->> 'from')::timestamptz, (f ->> 'to')::timestamptz;
  END IF;
  RETURN found; END $$;
DO $$ DECLARE f text; BEGIN FOREACH f IN ARRAY ARRAY['door.pack_lines(timestamptz, bigint, integer)', 'door.pack_count()'] LOOP
  EXECUTE format('ALTER FUNCTION %s OWNER TO portal_door', f);
  EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO portal_app', f); END LOOP; END $$;
