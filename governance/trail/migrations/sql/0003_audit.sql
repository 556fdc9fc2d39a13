-- What auditors read. What is searched for stands in the key's own entry (additional_data.filters), so that the trail tells it; the students
-- searched for stand in its record_ids, so that their families see it too.
--
-- Filters: from, to (times), actors (list of account ids), kind, action, purpose, basis, element, decision {grant, about}, address (or network),
-- cid (request id), entry {at, id}. An unknown filter is refused: silently left out, it would make the entry say less than was shown.
-- Each query is put together from the pieces that are asked for, because one query for all of them could use no index and no partition's bounds.
CREATE FUNCTION door.audit_conditions(filters jsonb, students bigint[]) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE known text[] := '{from,to,actors,kind,action,purpose,basis,element,decision,address,cid,entry}'; BEGIN
  IF EXISTS (SELECT FROM jsonb_object_keys(filters) f WHERE NOT f = ANY (known)) THEN
    RAISE EXCEPTION 'the trail cannot be searched by that' USING ERRCODE = 'invalid_parameter_value'; END IF;
  RETURN concat_ws(' AND ', 'e."timestamp" >= $3', 'e."timestamp" < $4',
    CASE WHEN students IS NOT NULL THEN 'e.record_ids && $2' END,
    CASE WHEN filters ? 'actors' THEN 'e.actor_id = ANY ($5)' END,
    CASE WHEN filters ? 'kind' THEN $q$e.kind = $1 ->> 'kind'$q$ END,
    CASE WHEN filters ? 'action' THEN $q$e.action = ($1 ->> 'action')::smallint$q$ END,
    CASE WHEN filters ? 'purpose' THEN $q$e.purpose = $1 ->> 'purpose'$q$ END,
    CASE WHEN filters ? 'basis' THEN $q$e.basis = $1 ->> 'basis'$q$ END,
    CASE WHEN filters ? 'element' THEN $q$($1 ->> 'element') = ANY (e.elements)$q$ END,
    CASE WHEN filters ? 'decision' THEN $q$(e.grant_id = ($1 -> 'decision' ->> 'grant')::bigint OR e.object_pk = $1 -> 'decision' ->> 'about')$q$ END,
    CASE WHEN filters ? 'address' THEN $q$e.remote_addr <<= ($1 ->> 'address')::inet$q$ END,
    CASE WHEN filters ? 'cid' THEN $q$e.cid = $1 ->> 'cid'$q$ END,
    CASE WHEN filters ? 'entry' THEN $q$e.id = ($1 -> 'entry' ->> 'id')::bigint$q$ END); END $$;
CREATE FUNCTION door.audit_bounds(filters jsonb, OUT low timestamptz, OUT high timestamptz, OUT actors bigint[])
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT coalesce((filters -> 'entry' ->> 'at')::timestamptz, (filters ->> 'from')::timestamptz, '-infinity'),
      -- months ahead are empty: leave them out
      least(coalesce((filters -> 'entry' ->> 'at')::timestamptz + interval '1 microsecond', (filters ->> 'to')::timestamptz), clock_timestamp() + interval '1 minute'),
      ARRAY(SELECT a.id::bigint FROM jsonb_array_elements_text(coalesce(filters -> 'actors', '[]')) a(id));
  END;
ALTER FUNCTION door.audit_conditions(jsonb, bigint[]) OWNER TO portal_door;
ALTER FUNCTION door.audit_bounds(jsonb) OWNER TO portal_door;

-- One page, newest first, cut by time and id. The students' ids only where one entry is asked for.
CREATE FUNCTION door.audit(before_at timestamptz, before_id bigint, at_most integer)
  RETURNS TABLE(id bigint, at timestamptz, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, grant_id bigint,
    rule_version text, elements text[], students integer, record_ids bigint[], places bigint[], object_pk text, content_type_id integer, cid text,
    remote_addr inet, changes jsonb, additional_data jsonb, held text, held_until date, login text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE k trail.entry := door.key(); f jsonb; b record; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  SELECT * INTO b FROM door.audit_bounds(f);
  RETURN QUERY EXECUTE 'SELECT e.id, e."timestamp", e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements,
      coalesce(cardinality(e.record_ids), 0), ' || CASE WHEN f ? 'entry' THEN 'e.record_ids' ELSE 'NULL::bigint[]' END || ', e.places, e.object_pk, e.content_type_id,
      e.cid, e.remote_addr, e.changes, e.additional_data, e.held, e.held_until, e.login
    FROM trail.entry e WHERE ' || door.audit_conditions(f, k.record_ids) || CASE WHEN before_at IS NULL THEN '' ELSE ' AND (e."timestamp", e.id) < ($6, $7)' END
    || ' ORDER BY e."timestamp" DESC, e.id DESC LIMIT $8'
    USING f, k.record_ids, b.low, least(b.high, before_at + interval '1 microsecond'), b.actors, before_at, before_id, least(at_most, 1000); END $$;
ALTER FUNCTION door.audit(timestamptz, bigint, integer) OWNER TO portal_door;

-- How many on each day of the district's clock, of the newest 10,001: the page says "more than 10,000" and does not count on.
CREATE FUNCTION door.audit_days(zone text) RETURNS TABLE(day date, entries bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; b record; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  SELECT * INTO b FROM door.audit_bounds(f);
  RETURN QUERY EXECUTE 'SELECT (x.at AT TIME ZONE $6)::date, count(*) FROM (SELECT e."timestamp" AS at FROM trail.entry e WHERE '
    || door.audit_conditions(f, k.record_ids) || ' ORDER BY e."timestamp" DESC LIMIT 10001) x GROUP BY 1 ORDER BY 1'
    USING f, k.record_ids, b.low, b.high, b.actors, zone; END $$;
ALTER FUNCTION door.audit_days(text) OWNER TO portal_door;

-- Everything that fits, oldest first: a row an entry, its students as the ids that pages use. The caller makes a row a student of it, so that
-- what the function has to keep on the way is a row an entry.
CREATE FUNCTION door.export()
  RETURNS TABLE(id bigint, at timestamptz, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, grant_id bigint,
    rule_version text, elements text[], students uuid[], places bigint[], object_pk text, content_type_id integer, cid text,
    remote_addr inet, changes jsonb, additional_data jsonb, held text, held_until date)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; b record; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  SELECT * INTO b FROM door.audit_bounds(f);
  RETURN QUERY EXECUTE 'SELECT e.id, e."timestamp", e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements,
      ARRAY(SELECT s.public_id FROM unnest(e.record_ids) WITH ORDINALITY r(id, n) LEFT JOIN public.records_student s ON s.id = r.id ORDER BY r.n),
      e.places, e.object_pk, e.content_type_id, e.cid, e.remote_addr, e.changes, e.additional_data, e.held, e.held_until
    FROM trail.entry e WHERE ' || door.audit_conditions(f, k.record_ids) || ' ORDER BY e."timestamp", e.id'
    USING f, k.record_ids, b.low, b.high, b.actors; END $$;
ALTER FUNCTION door.export() OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.audit_conditions(jsonb, bigint[]), door.audit_bounds(jsonb) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION door.audit(timestamptz, bigint, integer), door.audit_days(text), door.export() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.audit(timestamptz, bigint, integer), door.audit_days(text), door.export() TO portal_app;
