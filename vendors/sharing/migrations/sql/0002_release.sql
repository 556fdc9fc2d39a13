-- What leaves through the sharing gate: the values of one committed part of a disclosure, as columns.

-- Exactly the children that the record of disclosures holds under the key's entry, and of each exactly the elements of its own line there. An entry that
-- merely calls itself a disclosure opens nothing here: without lines there are no children. All children of one entry have the same elements (door.disclose),
-- so what is told of them is worked out once, not for each. Values other than identity come as [[element, item, value], …].
CREATE FUNCTION door.released() RETURNS TABLE(student_id bigint, given_name text, middle_name text, family_name text, preferred_name text, pronouns text, local_id text, state_id text,
    email text, username text, phone text, grade text, birth_date date, birth_place text, gender text, ethnicity text[], held json)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH k AS MATERIALIZED (SELECT e.* FROM door.key() e WHERE e.kind = 'records.disclosure.made'),
    x AS MATERIALIZED (
      SELECT c.student_id, c.elements FROM k JOIN records.disclosed c ON c.student_id = ANY (k.record_ids) AND c.entry_id = k.id AND c.entry_at = k."timestamp"
        JOIN records.disclosure d ON d.id = c.disclosure_id AND d.outcome = 'given' AND d.mistaken_at IS NULL),
    w AS MATERIALIZED (SELECT 'name' = ANY (k.elements) AS name, 'preferred-name' = ANY (k.elements) AS preferred, 'pronouns' = ANY (k.elements) AS pronouns,
        'local-id' = ANY (k.elements) AS local_id, 'state-id' = ANY (k.elements) AS state_id, 'email' = ANY (k.elements) AS email, 'username' = ANY (k.elements) AS username,
        'phone' = ANY (k.elements) AS phone, 'grade' = ANY (k.elements) AS grade, 'birth-date' = ANY (k.elements) AS birth_date, 'birth-place' = ANY (k.elements) AS birth_place,
        'gender' = ANY (k.elements) AS gender, 'ethnicity' = ANY (k.elements) AS ethnicity FROM k),
    v AS (
      SELECT r.student_id, json_agg(json_build_array(r.element, r.item, r.value) ORDER BY r.element, r.item) AS held
      FROM x JOIN records.value r ON r.student_id = x.student_id AND r.element = ANY (x.elements) GROUP BY r.student_id)
    SELECT x.student_id, CASE WHEN w.name THEN r.given_name END, CASE WHEN w.name THEN r.middle_name END, CASE WHEN w.name THEN r.family_name END,
      CASE WHEN w.preferred THEN r.preferred_name END, CASE WHEN w.pronouns THEN r.pronouns END, CASE WHEN w.local_id THEN r.local_id END, CASE WHEN w.state_id THEN r.state_id END,
      CASE WHEN w.email THEN r.email END, CASE WHEN w.username THEN r.username END, CASE WHEN w.phone THEN r.phone END, CASE WHEN w.grade THEN r.grade END,
      CASE WHEN w.birth_date THEN r.birth_date END, CASE WHEN w.birth_place THEN r.birth_place END, CASE WHEN w.gender THEN r.gender END, CASE WHEN w.ethnicity THEN r.ethnicity END,
      v.held
    FROM x CROSS JOIN w JOIN records.identity r ON r.student_id = x.student_id LEFT JOIN v ON v.student_id = x.student_id;
  END;
ALTER FUNCTION door.released() OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.released() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.released() TO portal_app;
