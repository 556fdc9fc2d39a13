-- What leaves through the sharing gate: the values of one committed part of a disclosure, as columns.

-- Exactly the children that the record of disclosures holds under the key's entry, and of each exactly the elements of its line there. An entry that merely
-- calls itself a disclosure opens nothing here: without lines there are no children. All children of one entry have the same elements (door.disclose). Values
-- other than identity come as [[element, item, value], …]. The plan is made anew each time: it is another one for a page than for a thousand children.
CREATE FUNCTION door.released() RETURNS TABLE(student_id bigint, given_name text, middle_name text, family_name text, preferred_name text, pronouns text, local_id text, state_id text,
    email text, username text, phone text, grade text, birth_date date, birth_place text, gender text, ethnicity text[], held json)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE k trail.entry := door.key(); ids bigint[]; words text[]; BEGIN
  IF k.id IS NULL OR k.kind <> 'records.disclosure.made' THEN RETURN; END IF;
  words := k.elements;
  ids := ARRAY(SELECT c.student_id FROM records.disclosed c JOIN records.disclosure d ON d.id = c.disclosure_id AND d.outcome = 'given' AND d.mistaken_at IS NULL
    WHERE c.student_id = ANY (k.record_ids) AND c.entry_id = k.id AND c.entry_at = k."timestamp" AND c.elements @> words);
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
ALTER FUNCTION door.released() OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.released() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.released() TO portal_app;
