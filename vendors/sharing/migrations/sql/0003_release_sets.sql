-- Values of a whole batch in one read, so that they can be written as a file by COPY without a step for each child.

-- The children whom the record of disclosures holds under this entry, each with the elements that the entry names. Found by the entry's own disclosure:
-- a child's lines grow with the years. An entry that merely calls itself a disclosure has no lines.
CREATE FUNCTION door.released_under(k trail.entry) RETURNS bigint[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT array_agg(c.student_id) FROM records.disclosure d JOIN records.disclosed c ON c.disclosure_id = d.id
    WHERE k.kind = 'records.disclosure.made' AND d.public_id = (k.additional_data ->> 'disclosure')::uuid AND d.outcome = 'given' AND d.mistaken_at IS NULL
      AND c.student_id = ANY (k.record_ids) AND c.entry_id = k.id AND c.entry_at = k."timestamp" AND c.elements = k.elements;
  END;

-- What door.released gives, for the children of several entries that name the same elements: each key is looked at by itself, and one that opens nothing, or
-- names other elements than the first, adds nobody. `said` answers `columns`: of each, "item: value" after each other, or the value alone.
-- The statement is put together from the number of columns alone.
CREATE FUNCTION door.released_together(keys text[], columns text[]) RETURNS TABLE(student_id bigint, given_name text, middle_name text, family_name text,
    preferred_name text, pronouns text, local_id text, state_id text, email text, username text, phone text, grade text, birth_date date, birth_place text,
    gender text, ethnicity text[], said text[])
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp SET portal.key = '' AS $$
DECLARE one text; k trail.entry; ids bigint[] := '{}'; words text[]; BEGIN
  FOREACH one IN ARRAY keys LOOP
    PERFORM set_config('portal.key', one, true);
    k := door.key();
    CONTINUE WHEN k.id IS NULL OR words <> k.elements;
    words := k.elements;
    ids := ids || door.released_under(k);
  END LOOP;
  IF ids = '{}' THEN RETURN; END IF;
  RETURN QUERY EXECUTE 'SELECT r.student_id, CASE WHEN w.name THEN r.given_name END, CASE WHEN w.name THEN r.middle_name END, CASE WHEN w.name THEN r.family_name END,
      CASE WHEN w.preferred THEN r.preferred_name END, CASE WHEN w.pronouns THEN r.pronouns END, CASE WHEN w.local_id THEN r.local_id END,
      CASE WHEN w.state_id THEN r.state_id END, CASE WHEN w.email THEN r.email END, CASE WHEN w.username THEN r.username END, CASE WHEN w.phone THEN r.phone END,
      CASE WHEN w.grade THEN r.grade END, CASE WHEN w.birth_date THEN r.birth_date END, CASE WHEN w.birth_place THEN r.birth_place END,
      CASE WHEN w.gender THEN r.gender END, CASE WHEN w.ethnicity THEN r.ethnicity END, '
    || CASE WHEN cardinality(columns) > 0 THEN 'v.said' ELSE 'NULL::text[]' END || '
    FROM (SELECT ''name'' = ANY ($2) AS name, ''preferred-name'' = ANY ($2) AS preferred, ''pronouns'' = ANY ($2) AS pronouns, ''local-id'' = ANY ($2) AS local_id,
        ''state-id'' = ANY ($2) AS state_id, ''email'' = ANY ($2) AS email, ''username'' = ANY ($2) AS username, ''phone'' = ANY ($2) AS phone,
        ''grade'' = ANY ($2) AS grade, ''birth-date'' = ANY ($2) AS birth_date, ''birth-place'' = ANY ($2) AS birth_place, ''gender'' = ANY ($2) AS gender,
        ''ethnicity'' = ANY ($2) AS ethnicity OFFSET 0) w CROSS JOIN records.identity r '
    || CASE WHEN cardinality(columns) > 0 THEN 'LEFT JOIN (SELECT s.student_id, ARRAY['
      || (SELECT string_agg(format('string_agg(CASE s.item WHEN '''' THEN s.value ELSE s.item || '': '' || s.value END, ''; '') FILTER (WHERE s.element = $3[%s])', i), ', ')
        FROM generate_subscripts(columns, 1) i)
      || '] AS said FROM (SELECT e.student_id, e.element, e.item, e.value FROM records.value e WHERE e.student_id = ANY ($1) AND e.element = ANY ($2) AND e.element = ANY ($3)
        ORDER BY e.student_id, e.element, e.item) s GROUP BY s.student_id) v ON v.student_id = r.student_id ' ELSE '' END
    || 'WHERE r.student_id = ANY ($1)' USING ids, words, columns;
END $$;

-- The same for one key, found by its own disclosure.
CREATE OR REPLACE FUNCTION door.released() RETURNS TABLE(student_id bigint, given_name text, middle_name text, family_name text, preferred_name text, pronouns text, local_id text, state_id text,
    email text, username text, phone text, grade text, birth_date date, birth_place text, gender text, ethnicity text[], held json)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE k trail.entry := door.key(); ids bigint[]; words text[]; BEGIN
  IF k.id IS NULL THEN RETURN; END IF;
  words := k.elements;
  ids := door.released_under(k);
  RETURN QUERY
    SELECT r.student_id, CASE WHEN w.name THEN r.given_name END, CASE WHEN w.name THEN r.middle_name END, CASE WHEN w.name THEN r.family_name END,
      CASE WHEN 'preferred-name' = ANY (words) THEN r.preferred_name END, CASE WHEN 'pronouns' = ANY (words) THEN r.pronouns END,
      CASE WHEN 'local-id' = ANY (words) THEN r.local_id END, CASE WHEN 'state-id' = ANY (words) THEN r.state_id END, CASE WHEN 'email' = ANY (words) THEN r.email END,
      CASE WHEN 'username' = ANY (words) THEN r.username END, CASE WHEN 'phone' = ANY (words) THEN r.phone END, CASE WHEN 'grade' = ANY (words) THEN r.grade END,
      CASE WHEN 'birth-date' = ANY (words) THEN r.birth_date END, CASE WHEN 'birth-place' = ANY (words) THEN r.birth_place END,
      CASE WHEN 'gender' = ANY (words) THEN r.gender END, CASE WHEN 'ethnicity' = ANY (words) THEN r.ethnicity END, v.held
    FROM (SELECT 'name' = ANY (words) AS name) w CROSS JOIN records.identity r
      LEFT JOIN (SELECT e.student_id, json_agg(json_build_array(e.element, e.item, e.value) ORDER BY e.element, e.item) AS held
        FROM records.value e WHERE e.student_id = ANY (ids) AND e.element = ANY (words) GROUP BY e.student_id) v ON v.student_id = r.student_id
    WHERE r.student_id = ANY (ids);
END $$;
ALTER FUNCTION door.released_under(trail.entry) OWNER TO portal_door;
ALTER FUNCTION door.released_together(text[], text[]) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.released_under(trail.entry), door.released_together(text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.released_together(text[], text[]) TO portal_app;
