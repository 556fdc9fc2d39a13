-- What the door hands out: exactly the students and the elements of the key's entry. Functions and not a policy, because a caller's
-- condition on a table may run ahead of a policy and tell a value through an error or a plan.

CREATE FUNCTION door.read_identity() RETURNS TABLE(student_id bigint, given_name text, middle_name text, family_name text, preferred_name text, pronouns text,
    local_id text, state_id text, email text, username text, phone text, grade text, birth_date date, birth_place text, gender text, ethnicity text[])
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 30 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT r.student_id,
      CASE WHEN x.name THEN r.given_name END, CASE WHEN x.name THEN r.middle_name END, CASE WHEN x.name THEN r.family_name END,
      CASE WHEN x.preferred THEN r.preferred_name END, CASE WHEN x.pronouns THEN r.pronouns END,
      CASE WHEN x.local_id THEN r.local_id END, CASE WHEN x.state_id THEN r.state_id END, CASE WHEN x.email THEN r.email END,
      CASE WHEN x.username THEN r.username END, CASE WHEN x.phone THEN r.phone END, CASE WHEN x.grade THEN r.grade END,
      CASE WHEN x.birth_date THEN r.birth_date END, CASE WHEN x.birth_place THEN r.birth_place END, CASE WHEN x.gender THEN r.gender END,
      CASE WHEN x.ethnicity THEN r.ethnicity END
    FROM (SELECT k.record_ids AS ids, 'name' = ANY (k.elements) AS name, 'preferred-name' = ANY (k.elements) AS preferred,
        'pronouns' = ANY (k.elements) AS pronouns, 'local-id' = ANY (k.elements) AS local_id, 'state-id' = ANY (k.elements) AS state_id,
        'email' = ANY (k.elements) AS email, 'username' = ANY (k.elements) AS username, 'phone' = ANY (k.elements) AS phone,
        'grade' = ANY (k.elements) AS grade, 'birth-date' = ANY (k.elements) AS birth_date, 'birth-place' = ANY (k.elements) AS birth_place,
        'gender' = ANY (k.elements) AS gender, 'ethnicity' = ANY (k.elements) AS ethnicity
      FROM door.key() k WHERE k.elements && ARRAY['name', 'preferred-name', 'pronouns', 'local-id', 'state-id', 'email', 'username', 'phone', 'grade',
        'birth-date', 'birth-place', 'gender', 'ethnicity']) x
      JOIN records.identity r ON r.student_id = ANY (x.ids);
  END;
ALTER FUNCTION door.read_identity() OWNER TO portal_door;
CREATE VIEW door.identity AS SELECT * FROM door.read_identity();
ALTER VIEW door.identity OWNER TO portal_door;

CREATE FUNCTION door.read_values() RETURNS TABLE(student_id bigint, element text, item text, value text, recorded_on date, source text, changed_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT r.student_id, r.element, r.item, r.value, r.recorded_on, r.source, r.changed_at
    FROM door.key() k JOIN records.value r ON r.student_id = ANY (k.record_ids) AND r.element = ANY (k.elements);
  END;
ALTER FUNCTION door.read_values() OWNER TO portal_door;
CREATE VIEW door.element_value AS SELECT * FROM door.read_values();
ALTER VIEW door.element_value OWNER TO portal_door;

CREATE FUNCTION door.read_guardians() RETURNS TABLE(student_id bigint, guardian_id bigint, relation text, given_name text, family_name text, email text, phone text, language text)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 60 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT l.student_id, g.id, l.relation,
      CASE WHEN 'guardian-name' = ANY (k.elements) THEN g.given_name END, CASE WHEN 'guardian-name' = ANY (k.elements) THEN g.family_name END,
      CASE WHEN 'guardian-email' = ANY (k.elements) THEN g.email END, CASE WHEN 'guardian-phone' = ANY (k.elements) THEN g.phone END,
      CASE WHEN 'family-language' = ANY (k.elements) THEN g.language END
    FROM door.key() k JOIN public.records_guardianship l ON l.student_id = ANY (k.record_ids) AND l.ended_at IS NULL
      JOIN records.guardian g ON g.id = l.guardian_id
    WHERE k.elements && ARRAY['guardian-name', 'guardian-email', 'guardian-phone', 'family-language'];
  END;
ALTER FUNCTION door.read_guardians() OWNER TO portal_door;
CREATE VIEW door.guardian AS SELECT * FROM door.read_guardians();
ALTER VIEW door.guardian OWNER TO portal_door;
GRANT SELECT ON public.records_guardianship, public.records_student TO portal_door;
GRANT EXECUTE ON FUNCTION door.read_identity(), door.read_values(), door.read_guardians() TO portal_app, portal_keeper;
GRANT SELECT ON door.identity, door.element_value, door.guardian TO portal_app, portal_keeper;

-- A correction: a committed entry of its own whose elements end in '.change'. It answers nothing, not even whether there was a row.
CREATE FUNCTION door.change_value(who bigint, which text, which_item text, new_value text, on_day date, from_where text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); BEGIN
  IF k.id IS NULL OR NOT who = ANY (k.record_ids) OR NOT (which || '.change') = ANY (k.elements) THEN RETURN; END IF;
  INSERT INTO records.value AS v(student_id, element, item, value, recorded_on, source) VALUES (who, which, coalesce(which_item, ''), new_value, on_day, from_where)
    ON CONFLICT (student_id, element, item) DO UPDATE SET value = excluded.value, recorded_on = excluded.recorded_on, source = excluded.source, changed_at = now();
END $$;
ALTER FUNCTION door.change_value(bigint, text, text, text, date, text) OWNER TO portal_door;
GRANT EXECUTE ON FUNCTION door.change_value(bigint, text, text, text, date, text) TO portal_app;

-- Search by name in three committed steps: the wish (one term, the schools) with its entry; the match, which writes the entry of the students
-- found and answers only its number; the read through door.identity. One committed entry is worth one term.
CREATE TABLE door.wish(key_hash bytea PRIMARY KEY, term text NOT NULL CHECK (length(term) BETWEEN 2 AND 60), made_at timestamptz NOT NULL DEFAULT clock_timestamp());
GRANT SELECT, INSERT, DELETE ON door.wish TO portal_door;
CREATE FUNCTION door.wish_for(term text, who bigint, worn text, why text, request text, address inet, schools bigint[], hash bytea, OUT id bigint, OUT at timestamptz)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  DELETE FROM door.wish w WHERE w.made_at < clock_timestamp() - interval '1 minute';
  INSERT INTO door.wish(key_hash, term) VALUES (hash, term);
  SELECT e.id, e.at INTO id, at FROM door.enter('records.students.searched', who, worn, why, NULL, NULL, NULL, request, address, '{search}', NULL, schools, NULL, hash) e; END $$;
CREATE FUNCTION door.match(new_hash bytea, basis text, rule_version text, OUT id bigint, OUT at timestamptz, OUT found_count integer, OUT too_many boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE wanted trail.entry := door.key(); like_term text; found bigint[]; BEGIN
  too_many := false; found_count := 0;
  IF wanted.id IS NULL OR wanted.elements <> '{search}' THEN RETURN; END IF;
  SELECT lower(regexp_replace(w.term, '([\\%_])', '\\\1', 'g')) || '%' INTO like_term FROM door.wish w WHERE w.key_hash = wanted.key_hash;
  DELETE FROM door.wish w WHERE w.key_hash = wanted.key_hash;
  IF like_term IS NULL THEN RETURN; END IF;
  found := ARRAY(SELECT m.student_id FROM (
      SELECT r.student_id, r.family_name, r.given_name FROM records.identity r WHERE lower(r.family_name) LIKE like_term
      UNION SELECT r.student_id, r.family_name, r.given_name FROM records.identity r WHERE lower(r.given_name) LIKE like_term) m
    JOIN public.records_student s ON s.id = m.student_id AND s.school_id = ANY (wanted.places) AND s.left_on IS NULL
    ORDER BY m.family_name, m.given_name, m.student_id LIMIT 26);
  IF cardinality(found) > 25 THEN too_many := true; RETURN; END IF;
  IF found = '{}' THEN RETURN; END IF;
  found_count := cardinality(found);
  SELECT e.id, e.at INTO id, at FROM door.enter('records.students.found', wanted.actor_id, wanted.hat, wanted.purpose, basis, NULL, rule_version, wanted.cid, wanted.remote_addr,
    '{grade,name}', found, NULL, NULL, new_hash) e; END $$;
ALTER FUNCTION door.wish_for(text, bigint, text, text, text, inet, bigint[], bytea) OWNER TO portal_door;
ALTER FUNCTION door.match(bytea, text, text) OWNER TO portal_door;
GRANT EXECUTE ON FUNCTION door.wish_for(text, bigint, text, text, text, inet, bigint[], bytea), door.match(bytea, text, text) TO portal_app;
