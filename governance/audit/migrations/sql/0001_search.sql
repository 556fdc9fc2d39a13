-- Searching ten million entries without a slow page. These functions take the place of those of governance/trail/migrations/sql/0003_audit.sql.
--
-- What is searched for stands in the key's own entry (additional_data.filters), so that the trail tells it; the students searched for stand in its
-- record_ids, so that their families see it too. Filters: from, to (times), actors (list of account ids), kind, action, purpose, basis, element,
-- decision {grant, about}, reference (opaque id of a tool, an agreement, a provider ...), address (or network), cid (request id), entry {at, id};
-- and within {from, to, schools, kinds}: what an outside auditor may see at all, on top of what was asked. An unknown filter is refused: silently
-- left out, it would make the entry say less than was shown.
--
-- A search walks through time in windows, from the newest back (or from a place on), each as wide as the last one was quick, and ends when the page
-- is full, when nothing is left, or when its patience is at an end: then it says how far it came, and the reader goes on from there. So no
-- search runs into the limit on a statement, whatever is combined, and a common one reads no more than its page.
-- What an entry can be found by beside person, student and time, as words: 'k:' kind, 'p:' purpose, 'b:' basis, 'g:' grant, 'o:' what it is about, 'a:' address,
-- 'n:' its networks (/16 and /24; /48 and /64), 'r:' an opaque id among its own words, and kinds of data as they are called. A month that is over has an index of them: it costs the writing of
-- entries nothing, and about 20 bytes an entry. The month that runs is read through.
CREATE FUNCTION trail.named_in(additional_data jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT array_agg(DISTINCT 'r:' || (r.value #>> '{}')) FROM jsonb_path_query(additional_data, '$.* ? (@ like_regex "^[0-9A-Za-z-]{36}$")') r(value);
  END;
CREATE FUNCTION trail.facets(kind text, purpose text, basis text, grant_id bigint, object_pk text, remote_addr inet, elements text[], additional_data jsonb) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  BEGIN ATOMIC
    SELECT array_remove(ARRAY['k:' || kind, 'p:' || purpose, 'b:' || basis, 'g:' || grant_id::text, 'o:' || nullif(object_pk, ''), 'a:' || host(remote_addr),
        'n:' || network(set_masklen(remote_addr, CASE family(remote_addr) WHEN 4 THEN 16 ELSE 48 END))::text, 'n:' || network(set_masklen(remote_addr, CASE family(remote_addr) WHEN 4 THEN 24 ELSE 64 END))::text], NULL)
      || elements || CASE WHEN additional_data IS NOT NULL THEN trail.named_in(additional_data) END;
  END;
REVOKE EXECUTE ON FUNCTION trail.named_in(jsonb), trail.facets(text, text, text, bigint, text, inet, text[], jsonb) FROM PUBLIC;
-- Who writes at the turn of a month may find the index there already.
GRANT EXECUTE ON FUNCTION trail.named_in(jsonb), trail.facets(text, text, text, bigint, text, inet, text[], jsonb) TO portal_app, portal_keeper, portal_door;

CREATE FUNCTION trail.index_month(month date) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE part text := to_char(month, '"p"YYYYMM'); BEGIN
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON trail_parts.%I USING gin (trail.facets(kind, purpose, basis, grant_id, object_pk, remote_addr, elements, additional_data))', part || '_facets', part);
  EXECUTE format('ANALYZE trail_parts.%I', part); END $$;
REVOKE EXECUTE ON FUNCTION trail.index_month(date) FROM PUBLIC;
-- The oldest month that is over and has no index yet gets one; the answer is how many are left. By the owner's right, with nothing to choose.
CREATE FUNCTION trail.index_closed_month() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE open date := date_trunc('month', (clock_timestamp() - interval '1 hour') AT TIME ZONE 'UTC'); months date[]; BEGIN
  SELECT array_agg(m.month ORDER BY m.month) INTO months FROM (SELECT to_date(substr(c.relname, 2), 'YYYYMM') AS month FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'trail.entry'::regclass AND c.relname ~ '^p[0-9]{6}$'
      AND NOT EXISTS (SELECT FROM pg_class x WHERE x.relnamespace = c.relnamespace AND x.relname = c.relname || '_facets')) m WHERE m.month < open;
  IF months IS NULL THEN RETURN 0; END IF;
  PERFORM trail.index_month(months[1]);
  RETURN cardinality(months) - 1; END $$;
REVOKE EXECUTE ON FUNCTION trail.index_closed_month() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trail.index_closed_month() TO portal_keeper;
-- The first moment of the first month without such an index: everything before it can be looked up.
CREATE FUNCTION door.audit_indexed() RETURNS timestamptz LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT min(to_date(substr(c.relname, 2), 'YYYYMM')::timestamp AT TIME ZONE 'UTC') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'trail.entry'::regclass AND NOT EXISTS (SELECT FROM pg_class x WHERE x.relnamespace = c.relnamespace AND x.relname = c.relname || '_facets');
  END;
-- What of the filters that index knows, as a condition; NULL where it knows nothing of them.
CREATE FUNCTION door.audit_facets(filters jsonb) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT nullif(concat_ws(' AND ',
        CASE WHEN cardinality(x.all_of) > 0 THEN format('%s @> %L::text[]', x.facets, x.all_of) END,
        CASE WHEN filters ? 'decision' THEN format('%s && %L::text[]', x.facets, ARRAY['g:' || (filters -> 'decision' ->> 'grant'), 'o:' || (filters -> 'decision' ->> 'about')]) END,
        CASE WHEN filters ? 'reference' THEN format('%s && %L::text[]', x.facets, ARRAY['o:' || (filters ->> 'reference'), 'r:' || (filters ->> 'reference')]) END), '')
      FROM (SELECT 'trail.facets(e.kind, e.purpose, e.basis, e.grant_id, e.object_pk, e.remote_addr, e.elements, e.additional_data)' AS facets,
        array_remove(ARRAY['k:' || (filters ->> 'kind'), 'p:' || (filters ->> 'purpose'), 'b:' || (filters ->> 'basis'), filters ->> 'element',
          -- of a network the word of the smallest one around it; of a wider one there is none
          (SELECT CASE WHEN masklen(n.net) = n.widths[3] THEN 'a:' || host(n.net) WHEN masklen(n.net) >= n.widths[2] THEN 'n:' || network(set_masklen(n.net, n.widths[2]))::text
             WHEN masklen(n.net) >= n.widths[1] THEN 'n:' || network(set_masklen(n.net, n.widths[1]))::text END
           FROM (SELECT (filters ->> 'address')::inet AS net, CASE family((filters ->> 'address')::inet) WHEN 4 THEN ARRAY[16, 24, 32] ELSE ARRAY[48, 64, 128] END AS widths) n)], NULL) AS all_of) x;
  END;
ALTER FUNCTION door.audit_indexed() OWNER TO portal_door;
ALTER FUNCTION door.audit_facets(jsonb) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.audit_indexed(), door.audit_facets(jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION door.audit_conditions(filters jsonb, students bigint[]) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known text[] := '{from,to,actors,kind,action,purpose,basis,element,decision,reference,address,cid,entry,within}';
  known_within text[] := '{from,to,schools,kinds}';
  within jsonb := coalesce(filters -> 'within', '{}');
BEGIN
  IF EXISTS (SELECT FROM jsonb_object_keys(filters) f WHERE NOT f = ANY (known)) OR EXISTS (SELECT FROM jsonb_object_keys(within) f WHERE NOT f = ANY (known_within)) THEN
    RAISE EXCEPTION 'the trail cannot be searched by that' USING ERRCODE = 'invalid_parameter_value'; END IF;
  RETURN concat_ws(' AND ', 'e."timestamp" >= $3', 'e."timestamp" < $4',
    CASE WHEN students IS NOT NULL THEN 'e.record_ids && $2' END,
    -- of one person by equality: the index then gives the order too
    CASE WHEN jsonb_array_length(filters -> 'actors') = 1 THEN $q$e.actor_id = ($1 -> 'actors' ->> 0)::bigint$q$ WHEN filters ? 'actors' THEN 'e.actor_id = ANY ($5)' END,
    CASE WHEN filters ? 'kind' THEN $q$e.kind = $1 ->> 'kind'$q$ END,
    CASE WHEN filters ? 'action' THEN $q$e.action = ($1 ->> 'action')::smallint$q$ END,
    CASE WHEN filters ? 'purpose' THEN $q$e.purpose = $1 ->> 'purpose'$q$ END,
    CASE WHEN filters ? 'basis' THEN $q$e.basis = $1 ->> 'basis'$q$ END,
    CASE WHEN filters ? 'element' THEN $q$($1 ->> 'element') = ANY (e.elements)$q$ END,
    CASE WHEN filters ? 'decision' THEN $q$(e.grant_id = ($1 -> 'decision' ->> 'grant')::bigint OR (e.object_pk <> '' AND e.object_pk = $1 -> 'decision' ->> 'about'))$q$ END,
    -- Which entries name others by an opaque id: the object that an entry is about, or any value of its own words.
    CASE WHEN filters ? 'reference' THEN $q$((e.object_pk <> '' AND e.object_pk = $1 ->> 'reference')
      OR (e.additional_data IS NOT NULL AND jsonb_path_exists(e.additional_data, '$.* ? (@ == $r)', jsonb_build_object('r', $1 -> 'reference'))))$q$ END,
    CASE WHEN filters ? 'address' THEN $q$e.remote_addr <<= ($1 ->> 'address')::inet$q$ END,
    CASE WHEN filters ? 'cid' THEN $q$e.cid = $1 ->> 'cid'$q$ END,
    CASE WHEN filters ? 'entry' THEN $q$e.id = ($1 -> 'entry' ->> 'id')::bigint$q$ END,
    CASE WHEN within ? 'kinds' THEN $q$e.kind IN (SELECT jsonb_array_elements_text($1 -> 'within' -> 'kinds'))$q$ END,
    -- an entry is a school's where it names a student of it, or a search went through it
    CASE WHEN within ? 'schools' THEN $q$(e.places && ARRAY(SELECT jsonb_array_elements_text($1 -> 'within' -> 'schools')::bigint) OR EXISTS (SELECT FROM public.records_student s
      WHERE s.id = ANY (e.record_ids) AND s.school_id IN (SELECT jsonb_array_elements_text($1 -> 'within' -> 'schools')::bigint)))$q$ END); END $$;

CREATE OR REPLACE FUNCTION door.audit_bounds(filters jsonb, OUT low timestamptz, OUT high timestamptz, OUT actors bigint[])
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT greatest((filters -> 'entry' ->> 'at')::timestamptz, (filters ->> 'from')::timestamptz, (filters -> 'within' ->> 'from')::timestamptz, '-infinity'),
      -- months ahead are empty: leave them out
      least((filters -> 'entry' ->> 'at')::timestamptz + interval '1 microsecond', (filters ->> 'to')::timestamptz, (filters -> 'within' ->> 'to')::timestamptz,
        clock_timestamp() + interval '1 minute'),
      ARRAY(SELECT a.id::bigint FROM jsonb_array_elements_text(coalesce(filters -> 'actors', '[]')) a(id));
  END;

-- The text of a query that finds entries between $3 and $4: `columns` of at most $8, the newest first, or the oldest. `found_first` finds all that
-- fit and then sorts, by the indexes of students or of words; else a limit would tempt into reading everything on the way to the next that fits.
CREATE FUNCTION door.audit_query(columns text, filters jsonb, students bigint[], from_place boolean, newer boolean, found_first boolean) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT CASE WHEN found_first THEN format('WITH e AS MATERIALIZED (SELECT e.* FROM trail.entry e WHERE %s) SELECT %s FROM e', c.conditions, columns)
        ELSE format('SELECT %s FROM trail.entry e WHERE %s', columns, c.conditions) END
      || CASE WHEN newer THEN ' ORDER BY e."timestamp", e.id LIMIT $8' ELSE ' ORDER BY e."timestamp" DESC, e.id DESC LIMIT $8' END
    FROM (SELECT concat_ws(' AND ', door.audit_conditions(filters, students), CASE WHEN found_first AND students IS NULL THEN door.audit_facets(filters) END,
      CASE WHEN NOT from_place THEN NULL WHEN newer THEN '(e."timestamp", e.id) > ($6, $7)' ELSE '(e."timestamp", e.id) < ($6, $7)' END) AS conditions) c;
  END;

-- The next window beyond `edge`, and how wide the one after it may be, by how long the last one took.
CREATE FUNCTION door.audit_width(width interval, began timestamptz) RETURNS interval LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT CASE WHEN clock_timestamp() - began < interval '100 ms' THEN width * 3 WHEN clock_timestamp() - began > interval '400 ms' THEN width / 2 ELSE width END;
  END;
ALTER FUNCTION door.audit_query(text, jsonb, bigint[], boolean, boolean, boolean) OWNER TO portal_door;
ALTER FUNCTION door.audit_width(interval, timestamptz) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.audit_query(text, jsonb, bigint[], boolean, boolean, boolean), door.audit_width(interval, timestamptz) FROM PUBLIC;

-- One page from a place on (time and number of an entry, which is left out): the newest first, or with `newer` the oldest first. The students' ids
-- only where one entry is asked for. A last row without a number says that the search ended early, and how far it came.
DROP FUNCTION door.audit(timestamptz, bigint, integer);
CREATE FUNCTION door.audit(place_at timestamptz, place_id bigint, at_most integer, newer boolean DEFAULT false, patience interval DEFAULT '2 seconds')
  RETURNS TABLE(id bigint, at timestamptz, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, grant_id bigint,
    rule_version text, elements text[], students integer, record_ids bigint[], places bigint[], object_pk text, content_type_id integer, cid text,
    remote_addr inet, changes jsonb, additional_data jsonb, held text, held_until date, login text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  k trail.entry := door.key(); f jsonb; b record; columns text; walk text; lookup text; began timestamptz := clock_timestamp(); step timestamptz;
  width interval; edge timestamptz; far timestamptz; indexed timestamptz; missing integer := least(at_most, 1000); found integer;
BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  IF k.hat = 'auditor' AND NOT f ? 'within' THEN RETURN; END IF;  -- nobody from outside sees everything by forgetting
  columns := 'e.id, e."timestamp", e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements,
      coalesce(cardinality(e.record_ids), 0), ' || CASE WHEN f ? 'entry' THEN 'e.record_ids' ELSE 'NULL::bigint[]' END || ', e.places, e.object_pk, e.content_type_id,
      e.cid, e.remote_addr, e.changes, e.additional_data, e.held, e.held_until, e.login';
  walk := door.audit_query(columns, f, k.record_ids, place_at IS NOT NULL, newer, k.record_ids IS NOT NULL);
  IF door.audit_facets(f) IS NOT NULL AND NOT f ? 'actors' AND k.record_ids IS NULL THEN
    lookup := door.audit_query(columns, f, k.record_ids, place_at IS NOT NULL, newer, true);
    indexed := door.audit_indexed(); END IF;
  SELECT * INTO b FROM door.audit_bounds(f);
  b.low := greatest(b.low, (SELECT min(e."timestamp") FROM trail.entry e));
  IF newer THEN b.low := greatest(b.low, place_at); ELSE b.high := least(b.high, place_at + interval '1 microsecond'); END IF;
  width := CASE WHEN k.record_ids IS NOT NULL OR f ? 'actors' THEN interval '40 days' ELSE interval '2 days' END;
  edge := CASE WHEN newer THEN b.low ELSE b.high END;
  WHILE b.low < b.high LOOP
    far := CASE WHEN newer THEN least(edge + width, b.high) ELSE greatest(edge - width, b.low) END;
    IF indexed > least(edge, far) AND indexed < greatest(edge, far) THEN far := indexed; END IF;
    step := clock_timestamp();
    -- The first window tells whether what is looked for is frequent: then the page is full, and no index was needed.
    RETURN QUERY EXECUTE CASE WHEN greatest(edge, far) <= indexed AND edge <> CASE WHEN newer THEN b.low ELSE b.high END THEN lookup ELSE walk END
      USING f, k.record_ids, least(edge, far), greatest(edge, far), b.actors, place_at, place_id, missing;
    GET DIAGNOSTICS found = ROW_COUNT;
    missing := missing - found;
    EXIT WHEN missing <= 0 OR far = CASE WHEN newer THEN b.high ELSE b.low END;
    edge := far;
    IF clock_timestamp() - began > patience THEN at := edge; RETURN NEXT; EXIT; END IF;
    width := door.audit_width(width, step);
  END LOOP; END $$;
ALTER FUNCTION door.audit(timestamptz, bigint, integer, boolean, interval) OWNER TO portal_door;

-- How many on each day of the district's clock, of the newest 10,001: the page says "more than 10,000" and does not count on. A day may come in two
-- rows; a last row without a day says that the counting ended early, and how far it came.
DROP FUNCTION door.audit_days(text);
CREATE FUNCTION door.audit_days(zone text, patience interval DEFAULT '1.5 seconds') RETURNS TABLE(day date, entries bigint, reached timestamptz)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  k trail.entry := door.key(); f jsonb; b record; walk text; lookup text; began timestamptz := clock_timestamp(); step timestamptz;
  by_day text := 'SELECT array_agg(y.day), array_agg(y.entries), sum(y.entries) FROM (SELECT (x.at AT TIME ZONE $6)::date AS day, count(*) AS entries FROM (%s) x GROUP BY 1 ORDER BY 1) y';
  width interval; edge timestamptz; far timestamptz; indexed timestamptz; missing integer := 10001; days date[]; counts bigint[]; found integer;
BEGIN
  IF k.elements IS DISTINCT FROM '{audit}' THEN RETURN; END IF;
  f := coalesce(k.additional_data -> 'filters', '{}');
  IF k.hat = 'auditor' AND NOT f ? 'within' THEN RETURN; END IF;  -- nobody from outside sees everything by forgetting
  walk := format(by_day, door.audit_query('e."timestamp" AS at', f, k.record_ids, false, false, k.record_ids IS NOT NULL));
  IF door.audit_facets(f) IS NOT NULL AND NOT f ? 'actors' AND k.record_ids IS NULL THEN
    lookup := format(by_day, door.audit_query('e."timestamp" AS at', f, k.record_ids, false, false, true));
    indexed := door.audit_indexed(); END IF;
  SELECT * INTO b FROM door.audit_bounds(f);
  b.low := greatest(b.low, (SELECT min(e."timestamp") FROM trail.entry e));
  width := CASE WHEN k.record_ids IS NOT NULL OR f ? 'actors' THEN interval '40 days' ELSE interval '2 days' END;
  edge := b.high;
  WHILE b.low < b.high LOOP
    far := greatest(edge - width, b.low);
    IF indexed > far AND indexed < edge THEN far := indexed; END IF;
    step := clock_timestamp();
    EXECUTE CASE WHEN edge <= indexed AND edge <> b.high THEN lookup ELSE walk END INTO days, counts, found USING f, k.record_ids, far, edge, b.actors, zone, NULL::bigint, missing;
    IF found > 0 THEN RETURN QUERY SELECT d, n, NULL::timestamptz FROM unnest(days, counts) u(d, n); missing := missing - found; END IF;
    EXIT WHEN missing <= 0 OR far = b.low;
    edge := far;
    IF clock_timestamp() - began > patience THEN reached := edge; RETURN NEXT; EXIT; END IF;
    width := door.audit_width(width, step);
  END LOOP; END $$;
ALTER FUNCTION door.audit_days(text, interval) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.audit(timestamptz, bigint, integer, boolean, interval), door.audit_days(text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.audit(timestamptz, bigint, integer, boolean, interval), door.audit_days(text, interval) TO portal_app;
