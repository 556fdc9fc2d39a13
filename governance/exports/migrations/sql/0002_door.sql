-- What an export reads beyond door.export() (governance/trail/migrations/sql/0003_audit.sql). As there, what fits is what the filters of the
-- key's own entry say, put together by door.audit_conditions.

-- How much an export would hold. Entries and lines (one for each entry and student) are exact; students and whole schools are counted over
-- `at_most` entries, and `all_counted` says whether that was all.
CREATE FUNCTION door.export_size(at_most integer, OUT entries bigint, OUT lines bigint, OUT students bigint, OUT whole_schools bigint, OUT all_counted boolean)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; b record; conditions text; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  IF k.hat = 'auditor' AND NOT f ? 'within' THEN RETURN; END IF;  -- nobody from outside takes everything by forgetting
  SELECT * INTO b FROM door.audit_bounds(f);
  conditions := door.audit_conditions(f, k.record_ids);
  EXECUTE 'SELECT count(*), coalesce(sum(greatest(cardinality(e.record_ids), 1)), 0) FROM trail.entry e WHERE ' || conditions
    INTO entries, lines USING f, k.record_ids, b.low, b.high, b.actors;
  EXECUTE 'WITH named AS MATERIALIZED (SELECT DISTINCT r.id FROM (SELECT e.record_ids FROM trail.entry e WHERE ' || conditions || ' LIMIT $6) x
      CROSS JOIN LATERAL unnest(x.record_ids) r(id))
    SELECT count(*), (SELECT count(*) FROM (SELECT FROM public.records_student s LEFT JOIN named n ON n.id = s.id
      WHERE s.left_on IS NULL AND s.school_id IS NOT NULL AND NOT EXISTS (SELECT FROM watch.planted p WHERE p.student_id = s.id) GROUP BY s.school_id HAVING count(*) = count(n.id)) whole) FROM named'
    INTO students, whole_schools USING f, k.record_ids, b.low, b.high, b.actors, at_most;
  all_counted := entries <= at_most; END $$;
ALTER FUNCTION door.export_size(integer) OWNER TO portal_door;

-- door.export() without what the tree of `up_to` leaves does not hold. Sealed is what the snapshot of the last batch saw; of an earlier epoch,
-- whose transaction numbers mean nothing in this one, everything was.
CREATE FUNCTION door.export_sealed(up_to bigint)
  RETURNS TABLE(id bigint, at timestamptz, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, grant_id bigint,
    rule_version text, elements text[], students uuid[], places bigint[], object_pk text, content_type_id integer, cid text,
    remote_addr inet, changes jsonb, additional_data jsonb, held text, held_until date)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; b record; last record; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  IF k.hat = 'auditor' AND NOT f ? 'within' THEN RETURN; END IF;  -- nobody from outside takes everything by forgetting
  SELECT * INTO b FROM door.audit_bounds(f);
  SELECT s.snapshot_after::pg_snapshot AS seen, CASE WHEN p.number > 1 THEN p.began_at ELSE '-infinity' END AS began INTO last
    FROM seal.batch s JOIN seal.epoch p ON p.number = s.epoch WHERE s.size <= up_to ORDER BY s.size DESC LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;
  RETURN QUERY EXECUTE 'SELECT e.id, e."timestamp", e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements,
      ARRAY(SELECT s.public_id FROM unnest(e.record_ids) WITH ORDINALITY r(id, n) LEFT JOIN public.records_student s ON s.id = r.id ORDER BY r.n),
      e.places, e.object_pk, e.content_type_id, e.cid, e.remote_addr, e.changes, e.additional_data, e.held, e.held_until
    FROM trail.entry e WHERE ' || door.audit_conditions(f, k.record_ids)
    || ' AND (e."timestamp" < $7 OR pg_visible_in_snapshot(e.xid, $6)) ORDER BY e."timestamp", e.id'
    USING f, k.record_ids, b.low, b.high, b.actors, last.seen, last.began; END $$;
ALTER FUNCTION door.export_sealed(bigint) OWNER TO portal_door;

-- The same entries as they were sealed: each one's place among the leaves and its canonical text, in no order.
CREATE FUNCTION door.export_leaves(up_to bigint) RETURNS TABLE(leaf bigint, canonical text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; b record; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  IF k.hat = 'auditor' AND NOT f ? 'within' THEN RETURN; END IF;  -- nobody from outside takes everything by forgetting
  SELECT * INTO b FROM door.audit_bounds(f);
  RETURN QUERY EXECUTE 'SELECT l.leaf, convert_from(trail.canonical(e), ''UTF8'')
    FROM (SELECT s.first_leaf + u.n - 1 AS leaf, u.id FROM seal.batch s CROSS JOIN LATERAL unnest(s.ids) WITH ORDINALITY u(id, n)
      WHERE s.size <= $6 AND s.high_at >= $3 AND s.low_at < $4) l
    JOIN trail.entry e ON e.id = l.id WHERE ' || door.audit_conditions(f, k.record_ids)
    USING f, k.record_ids, b.low, b.high, b.actors, up_to; END $$;
ALTER FUNCTION door.export_leaves(bigint) OWNER TO portal_door;

-- What a school board is told: how often records were opened, in two periods side by side. The key's entry says from when to when; what is not
-- before `split` is the period itself, the rest the one before. Counts alone: `opened` are entries, or for a school openings of a student's record;
-- `students` and `people` are how many different ones.
CREATE FUNCTION door.board_totals(split timestamptz, zone text)
  RETURNS TABLE(part text, label text, is_now boolean, opened bigint, students bigint, people bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; b record; conditions text; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  IF k.hat = 'auditor' AND NOT f ? 'within' THEN RETURN; END IF;  -- nobody from outside takes everything by forgetting
  SELECT * INTO b FROM door.audit_bounds(f);
  conditions := door.audit_conditions(f, k.record_ids);
  RETURN QUERY EXECUTE $q$WITH grouped AS MATERIALIZED (
      SELECT e.kind, e.hat, e.purpose, e.elements, e.actor_id, to_char(e."timestamp" AT TIME ZONE $7, 'YYYY-MM') AS month, e."timestamp" >= $6 AS is_now,
        e.kind LIKE 'records.%' AND e.kind <> 'records.read.refused' AND e.action = 3 AND e.record_ids IS NOT NULL AS is_access, count(*) AS n
      FROM trail.entry e WHERE $q$ || conditions || $q$ AND (e.kind LIKE 'records.%' OR e.kind LIKE 'governance.%refused' OR e.kind = 'people.sign_in.failed')
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
    tiers AS MATERIALIZED (SELECT d.elements, (SELECT t.tier FROM public.governance_element t WHERE t.key = ANY (d.elements)
        ORDER BY array_position(ARRAY['restricted', 'confidential', 'internal', 'public-directory'], t.tier) LIMIT 1) AS tier
      FROM (SELECT DISTINCT g.elements FROM grouped g WHERE g.is_access) d),
    named AS MATERIALIZED (SELECT r.id, e."timestamp" >= $6 AS is_now, count(*) AS n FROM trail.entry e CROSS JOIN LATERAL unnest(e.record_ids) r(id)
      WHERE $q$ || conditions || $q$ AND e.kind LIKE 'records.%' AND e.kind <> 'records.read.refused' AND e.action = 3 GROUP BY 1, 2)
    SELECT 'all', '', g.is_now, sum(g.n)::bigint, (SELECT count(*) FROM named m WHERE m.is_now = g.is_now), count(DISTINCT g.actor_id)
      FROM grouped g WHERE g.is_access GROUP BY g.is_now
    UNION ALL SELECT 'role', coalesce(g.hat, ''), g.is_now, sum(g.n)::bigint, NULL, count(DISTINCT g.actor_id) FROM grouped g WHERE g.is_access GROUP BY 2, 3
    UNION ALL SELECT 'purpose', coalesce(g.purpose, ''), g.is_now, sum(g.n)::bigint, NULL, NULL FROM grouped g WHERE g.is_access GROUP BY 2, 3
    UNION ALL SELECT 'month', g.month, g.is_now, sum(g.n)::bigint, NULL, NULL FROM grouped g WHERE g.is_access GROUP BY 2, 3
    UNION ALL SELECT 'tier', coalesce(t.tier, ''), g.is_now, sum(g.n)::bigint, NULL, NULL FROM grouped g JOIN tiers t ON t.elements IS NOT DISTINCT FROM g.elements
      WHERE g.is_access GROUP BY 2, 3
    UNION ALL SELECT 'refused', g.kind, g.is_now, sum(g.n)::bigint, NULL, NULL FROM grouped g WHERE g.kind LIKE '%refused' OR g.kind = 'people.sign_in.failed' GROUP BY 2, 3
    UNION ALL SELECT 'school', coalesce(s.school_id::text, ''), m.is_now, sum(m.n)::bigint, count(*), NULL
      FROM named m LEFT JOIN public.records_student s ON s.id = m.id GROUP BY 2, 3$q$
    USING f, k.record_ids, b.low, b.high, b.actors, split, zone; END $$;
ALTER FUNCTION door.board_totals(timestamptz, text) OWNER TO portal_door;

REVOKE EXECUTE ON FUNCTION door.export_size(integer), door.export_sealed(bigint), door.export_leaves(bigint), door.board_totals(timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.export_size(integer), door.export_sealed(bigint), door.export_leaves(bigint), door.board_totals(timestamptz, text) TO portal_app;
