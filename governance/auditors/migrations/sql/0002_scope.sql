-- What an outside auditor reads. As for everybody, what is asked stands in the key's own entry; so does their scope, which narrows it.

-- The condition over an entry `e` that a scope {from, to (times), schools (ids), kinds (event names)} makes. Written out with its values quoted, so
-- that any query can take it in; what is no scope is refused, since left out it would show too much.
CREATE FUNCTION door.scope_condition(scope jsonb) RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE at text[]; schools bigint[]; kinds text[]; BEGIN
  IF jsonb_typeof(scope) IS DISTINCT FROM 'object' OR EXISTS (SELECT FROM jsonb_object_keys(scope) s WHERE s NOT IN ('from', 'to', 'schools', 'kinds')) THEN
    RAISE EXCEPTION 'this is no scope of an audit' USING ERRCODE = 'invalid_parameter_value'; END IF;
  at := ARRAY[to_char((scope ->> 'from')::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00'),
              to_char((scope ->> 'to')::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')];
  IF scope ? 'schools' THEN schools := ARRAY(SELECT s::bigint FROM jsonb_array_elements_text(scope -> 'schools') s); END IF;
  IF scope ? 'kinds' THEN kinds := ARRAY(SELECT jsonb_array_elements_text(scope -> 'kinds')); END IF;
  RETURN concat_ws(' AND ', 'true',
    'e."timestamp" >= ' || quote_literal(at[1]) || '::timestamptz',
    'e."timestamp" < ' || quote_literal(at[2]) || '::timestamptz',
    'e.kind = ANY (' || quote_literal(kinds::text) || '::text[])',
    '(e.places && ' || quote_literal(schools::text) || '::bigint[] OR EXISTS (SELECT FROM public.records_student s WHERE s.id = ANY (e.record_ids) AND s.school_id = ANY ('
      || quote_literal(schools::text) || '::bigint[])))'); END $$;

-- The entries that a sample is drawn from: filters {from, to, kinds, purpose, hat, element, within}, the days among them always.
CREATE FUNCTION door.population_condition(filters jsonb) RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE known text[] := '{from,to,kinds,purpose,hat,element,within}'; BEGIN
  IF NOT filters ?& ARRAY['from', 'to'] OR EXISTS (SELECT FROM jsonb_object_keys(filters) f WHERE NOT f = ANY (known)) THEN
    RAISE EXCEPTION 'a sample is not drawn by that' USING ERRCODE = 'invalid_parameter_value'; END IF;
  RETURN concat_ws(' AND ',
    door.scope_condition(jsonb_strip_nulls(jsonb_build_object('from', filters -> 'from', 'to', filters -> 'to', 'kinds', filters -> 'kinds'))),
    CASE WHEN filters ? 'within' THEN door.scope_condition(filters -> 'within') END,
    'e.purpose = ' || quote_literal(filters ->> 'purpose'),
    'e.hat = ' || quote_literal(filters ->> 'hat'),
    quote_literal(filters ->> 'element') || ' = ANY (e.elements)'); END $$;
CREATE FUNCTION door.stratum(strata text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC SELECT CASE stratum.strata WHEN 'kind' THEN 'e.kind' WHEN 'hat' THEN 'coalesce(e.hat, '''')' ELSE '''''::text' END; END;

-- How many entries the key's filters find, by stratum.
CREATE FUNCTION door.sample_population() RETURNS TABLE(stratum text, entries bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  RETURN QUERY EXECUTE 'SELECT ' || door.stratum(k.additional_data ->> 'strata') || ', count(*) FROM trail.entry e WHERE '
    || door.population_condition(k.additional_data -> 'filters') || ' GROUP BY 1 ORDER BY 1'; END $$;

-- The draw. Seed, size, filters and shares are those of the entry that announced the sample, which the key's entry names: whoever draws chooses
-- nothing any more. An entry's ticket is sha256(seed, leaf hash); each stratum gives its smallest.
CREATE FUNCTION door.sample_draw() RETURNS TABLE(stratum text, id bigint, at timestamptz, leaf text, ticket text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE k trail.entry := door.key(); c trail.entry; BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' OR k.kind <> 'auditors.sample.drawn' THEN RETURN; END IF;
  SELECT e.* INTO c FROM trail.entry e WHERE e."timestamp" = (k.additional_data -> 'commitment' ->> 'at')::timestamptz
    AND e.id = (k.additional_data -> 'commitment' ->> 'id')::bigint AND e.kind = 'auditors.sample.committed' AND e.actor_id = k.actor_id AND e."timestamp" < k."timestamp";
  IF c.id IS NULL THEN RAISE EXCEPTION 'no sample was announced there' USING ERRCODE = 'invalid_parameter_value'; END IF;
  RETURN QUERY EXECUTE 'SELECT y.stratum, y.id, y.at, encode(y.leaf, ''hex''), encode(y.ticket, ''hex'') FROM (
      SELECT x.*, row_number() OVER (PARTITION BY x.stratum ORDER BY x.ticket) AS n FROM (
        SELECT l.*, sha256(convert_to($1, ''UTF8'') || l.leaf) AS ticket FROM (
          SELECT ' || door.stratum(c.additional_data ->> 'strata') || ' AS stratum, e.id, e."timestamp" AS at, sha256(''\x00''::bytea || trail.canonical(e)) AS leaf
          FROM trail.entry e WHERE ' || door.population_condition(c.additional_data -> 'filters') || ' OFFSET 0) l) x) y
    WHERE y.n <= coalesce(($2 ->> y.stratum)::bigint, 0) ORDER BY y.stratum, y.ticket'
    USING c.additional_data ->> 'seed', c.additional_data -> 'shares'; END $$;

-- Entries that the key's own entry names one by one (additional_data.entries: [[number, time], …], at most 100), as far as its scope reaches.
CREATE FUNCTION door.audit_entries()
  RETURNS TABLE(id bigint, at timestamptz, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, grant_id bigint,
    rule_version text, elements text[], students integer, object_pk text, remote_addr inet, held text, held_until date, leaf text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); f jsonb; BEGIN
  f := k.additional_data -> 'filters';
  IF k.elements IS DISTINCT FROM '{audit}' OR jsonb_array_length(k.additional_data -> 'entries') > 100 OR f IS NULL
    OR EXISTS (SELECT FROM jsonb_object_keys(f) n WHERE n <> 'within') THEN RETURN; END IF;
  RETURN QUERY EXECUTE 'SELECT e.id, e."timestamp", e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements,
      coalesce(cardinality(e.record_ids), 0), e.object_pk, e.remote_addr, e.held, e.held_until, encode(sha256(''\x00''::bytea || trail.canonical(e)), ''hex'')
    FROM (SELECT (n ->> 0)::bigint AS number, (n ->> 1)::timestamptz AS moment FROM jsonb_array_elements($1) n) w
      JOIN trail.entry e ON e."timestamp" = w.moment AND e.id = w.number WHERE ' || door.scope_condition(coalesce(f -> 'within', '{}'))
    USING k.additional_data -> 'entries'; END $$;

DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['scope_condition(jsonb)', 'population_condition(jsonb)', 'stratum(text)', 'sample_population()', 'sample_draw()', 'audit_entries()'] LOOP
    EXECUTE format('ALTER FUNCTION door.%s OWNER TO portal_door', f);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION door.%s FROM PUBLIC', f); END LOOP; END $$;
GRANT EXECUTE ON FUNCTION door.sample_population(), door.sample_draw(), door.audit_entries() TO portal_app;

-- What was written in a work paper stays; a sample keeps what was drawn.
DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['paperversion', 'paperanswer'] LOOP
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON auditors_%s FOR EACH ROW EXECUTE FUNCTION trail.refuse()', t);
  EXECUTE format('CREATE TRIGGER append_only_all BEFORE TRUNCATE ON auditors_%s FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse()', t);
  EXECUTE format('REVOKE UPDATE, DELETE ON auditors_%s FROM portal_app', t);
END LOOP; END $$;
REVOKE UPDATE, DELETE ON auditors_sample, auditors_sampleitem FROM portal_app;
GRANT UPDATE (drawn_at) ON auditors_sample TO portal_app;
GRANT UPDATE (marks, note, tested_by_id, tested_at) ON auditors_sampleitem TO portal_app;
