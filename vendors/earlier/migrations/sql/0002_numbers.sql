-- Which students have these numbers, in committed steps as a search by name (records 0002): the wish with its entry; the match, which writes the entry of
-- the students found and answers only its number; the read by that entry. At most 500 numbers, of students of the schools that the wish names.
CREATE TABLE door.wish_numbers(key_hash bytea PRIMARY KEY, numbers text[] NOT NULL CHECK (cardinality(numbers) BETWEEN 1 AND 500), made_at timestamptz NOT NULL DEFAULT clock_timestamp());
GRANT SELECT, INSERT, DELETE ON door.wish_numbers TO portal_door;
CREATE FUNCTION door.wish_numbers_for(numbers text[], who bigint, worn text, why text, request text, address inet, schools bigint[], hash bytea, OUT id bigint, OUT at timestamptz)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  DELETE FROM door.wish_numbers w WHERE w.made_at < clock_timestamp() - interval '1 minute';
  INSERT INTO door.wish_numbers(key_hash, numbers) VALUES (hash, wish_numbers_for.numbers);
  SELECT e.id, e.at INTO id, at FROM door.enter('records.students.searched', who, worn, why, NULL, NULL, NULL, request, address, '{search}', NULL, schools, NULL, hash) e; END $$;
CREATE FUNCTION door.match_numbers(new_hash bytea, basis text, OUT id bigint, OUT at timestamptz, OUT found_count integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE wanted trail.entry := door.key(); asked text[]; found bigint[]; BEGIN
  found_count := 0;
  IF wanted.id IS NULL OR wanted.elements <> '{search}' THEN RETURN; END IF;
  SELECT w.numbers INTO asked FROM door.wish_numbers w WHERE w.key_hash = wanted.key_hash;
  DELETE FROM door.wish_numbers w WHERE w.key_hash = wanted.key_hash;
  IF asked IS NULL THEN RETURN; END IF;
  found := ARRAY(SELECT r.student_id FROM records.identity r JOIN public.records_student s ON s.id = r.student_id AND s.school_id = ANY (wanted.places) AND s.left_on IS NULL
    WHERE r.local_id = ANY (asked) ORDER BY r.student_id LIMIT 1000);
  IF found = '{}' THEN RETURN; END IF;
  found_count := cardinality(found);
  SELECT e.id, e.at INTO id, at FROM door.enter('vendors.earlier.matched', wanted.actor_id, wanted.hat, wanted.purpose, basis, NULL, NULL, wanted.cid, wanted.remote_addr,
    '{guardian-name,local-id,name}', found, NULL, NULL, new_hash) e; END $$;
ALTER FUNCTION door.wish_numbers_for(text[], bigint, text, text, text, inet, bigint[], bytea) OWNER TO portal_door;
ALTER FUNCTION door.match_numbers(bytea, text) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.wish_numbers_for(text[], bigint, text, text, text, inet, bigint[], bytea), door.match_numbers(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.wish_numbers_for(text[], bigint, text, text, text, inet, bigint[], bytea), door.match_numbers(bytea, text) TO portal_app;
