-- The record of disclosures (34 CFR 99.32): who outside the schools received or asked for what of whom, why, and under which law. Tables of their own and
-- not entries of the trail, because they are kept as long as the child's longest-kept record, whatever becomes of the trail's months.

-- What is the same for all children of one disclosure. Free text stands here alone: neither the trail nor an address holds any of it.
CREATE TABLE records.disclosure(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  public_id uuid NOT NULL UNIQUE,                         -- made by the caller, so that a second try of the same is refused
  outcome text NOT NULL CHECK (outcome IN ('given', 'refused')),
  party text NOT NULL, party_kind text NOT NULL, contact text NOT NULL DEFAULT '',
  interest text NOT NULL DEFAULT '',                      -- the legitimate interest of the party (99.32(a)(3)(ii))
  purpose text, basis text NOT NULL,
  required boolean NOT NULL,                              -- whether the law asks for this line; the portal keeps the others too
  channel text NOT NULL, happened_on date NOT NULL,
  reference text NOT NULL DEFAULT '',                     -- decision, agreement or order
  onward text NOT NULL DEFAULT '',                        -- whom the party may pass it on to, and why (99.32(b), 99.33(b))
  details jsonb NOT NULL DEFAULT '{}',                    -- what this basis asks for: the threat (99.32(a)(5)), the notice ahead (99.31(a)(9)(ii))
  document_sha256 text CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
  children integer NOT NULL,
  held text CHECK (held IN ('announced', 'silent')), held_until date, CHECK ((held IS NULL) = (held_until IS NULL)),
  recorded_at timestamptz NOT NULL, recorded_by bigint, hat text,
  mistaken_at timestamptz, mistaken_by bigint, mistaken_because text, CHECK ((mistaken_at IS NULL) = (mistaken_because IS NULL)));
CREATE INDEX disclosure_happened_on ON records.disclosure(happened_on, id);

-- One row a child and disclosure, with what left about this child.
CREATE TABLE records.disclosed(
  student_id bigint NOT NULL, disclosure_id bigint NOT NULL, elements text[] NOT NULL,
  consent text,                                           -- the consent that this child's part rests on
  entry_id bigint NOT NULL, entry_at timestamptz NOT NULL,
  PRIMARY KEY (student_id, disclosure_id));
CREATE INDEX disclosed_disclosure ON records.disclosed(disclosure_id);

DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['disclosure', 'disclosed'] LOOP
  EXECUTE format('ALTER TABLE records.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY door ON records.%I TO portal_door USING (true) WITH CHECK (true)', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON records.%I TO portal_door', t);
END LOOP; END $$;

-- Writes one disclosure and its entries, in the caller's transaction. `parts` are [{"students": [...], "elements": [...], "consents": [...]}], each of
-- at most 1,000 students: one entry a part. With `hashes` (one a part) the entries open those students' elements once the transaction is committed:
-- whoever sends data reads it so, after the line stands. What is kept from the family opens nothing.
CREATE FUNCTION door.disclose(head jsonb, parts jsonb, hashes bytea[], who bigint, worn text, request text, address inet)
  RETURNS TABLE(id bigint, at timestamptz) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  made bigint; part jsonb; n integer := 0; ids bigint[]; words text[]; found_entry record; found integer;
  event text := CASE head ->> 'outcome' WHEN 'given' THEN 'records.disclosure.made' ELSE 'records.disclosure.refused' END;
  told jsonb := jsonb_build_object('disclosure', head ->> 'public_id', 'party_kind', head ->> 'party_kind', 'channel', head ->> 'channel', 'required', (head ->> 'required')::boolean);
BEGIN
  IF hashes IS NOT NULL AND (head ->> 'held' IS NOT NULL OR cardinality(hashes) <> jsonb_array_length(parts)) THEN
    RAISE EXCEPTION 'what is kept back opens nothing, and each part that opens has a key' USING ERRCODE = 'check_violation'; END IF;
  INSERT INTO records.disclosure(public_id, outcome, party, party_kind, contact, interest, purpose, basis, required, channel, happened_on, reference, onward, details,
      document_sha256, children, held, held_until, recorded_at, recorded_by, hat)
    SELECT (head ->> 'public_id')::uuid, head ->> 'outcome', head ->> 'party', head ->> 'party_kind', coalesce(head ->> 'contact', ''), coalesce(head ->> 'interest', ''),
      head ->> 'purpose', head ->> 'basis', (head ->> 'required')::boolean, head ->> 'channel', (head ->> 'happened_on')::date, coalesce(head ->> 'reference', ''),
      coalesce(head ->> 'onward', ''), coalesce(head -> 'details', '{}'), head ->> 'document_sha256',
      (SELECT sum(jsonb_array_length(p -> 'students')) FROM jsonb_array_elements(parts) p), head ->> 'held', (head ->> 'held_until')::date,
      (head ->> 'recorded_at')::timestamptz, who, worn
    RETURNING disclosure.id INTO made;
  FOR part IN SELECT p FROM jsonb_array_elements(parts) p LOOP
    n := n + 1;
    ids := ARRAY(SELECT s::bigint FROM jsonb_array_elements_text(part -> 'students') s);
    words := ARRAY(SELECT e FROM jsonb_array_elements_text(part -> 'elements') e);
    SELECT count(*) INTO found FROM public.records_student s WHERE s.id = ANY (ids);
    IF cardinality(ids) NOT BETWEEN 1 AND 1000 OR cardinality(words) < 1 OR found <> cardinality(ids) THEN
      RAISE EXCEPTION 'a part of a disclosure names 1 to 1,000 students of the roster, each once, and what left' USING ERRCODE = 'check_violation'; END IF;
    IF hashes IS NOT NULL THEN
      SELECT e.id, e.at INTO found_entry FROM door.enter(event, who, worn, head ->> 'purpose', head ->> 'basis', (head ->> 'grant_id')::bigint, head ->> 'rule_version', request,
        address, words, ids, NULL, told, hashes[n]) e;
    ELSE
      INSERT INTO trail.entry AS e (action, kind, actor_id, hat, purpose, basis, grant_id, rule_version, cid, remote_addr, elements, record_ids, additional_data, held, held_until)
        VALUES (0, event, who, worn, head ->> 'purpose', head ->> 'basis', (head ->> 'grant_id')::bigint, head ->> 'rule_version', request, address, words, ids, told,
          head ->> 'held', (head ->> 'held_until')::date)
        RETURNING e.id, e."timestamp" AS at INTO found_entry;
    END IF;
    INSERT INTO records.disclosed(student_id, disclosure_id, elements, consent, entry_id, entry_at)
      SELECT s.student, made, words, c.consent, found_entry.id, found_entry.at
      FROM unnest(ids) WITH ORDINALITY s(student, place)
        LEFT JOIN jsonb_array_elements_text(part -> 'consents') WITH ORDINALITY c(consent, place) ON c.place = s.place;
    id := found_entry.id; at := found_entry.at; RETURN NEXT;
  END LOOP; END $$;

-- The lines of the key's students, newest first. 'disclosures' opens them; 'disclosures.party' tells who it was; 'disclosures.held' shows also what
-- families do not see yet. Of what the key's entry keeps back (an order on a guardian) no element is told, nor who received a line that holds any.
CREATE FUNCTION door.disclosures(before_on date, before_id bigint, at_most integer)
  RETURNS TABLE(student_id bigint, id bigint, public_id uuid, shown boolean, outcome text, party text, party_kind text, contact text, interest text, purpose text, basis text,
    required boolean, elements text[], left_out boolean, channel text, happened_on date, reference text, onward text, details jsonb, document_sha256 text, consent text,
    recorded_at timestamptz, recorded_by bigint, held text, held_until date, mistaken_at timestamptz, mistaken_because text)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT c.student_id, d.id, CASE WHEN x.named THEN d.public_id END, x.shown, CASE WHEN x.shown THEN d.outcome END, CASE WHEN x.named THEN d.party END, CASE WHEN x.named THEN d.party_kind END,
      CASE WHEN x.named THEN d.contact END, CASE WHEN x.named THEN d.interest END, CASE WHEN x.named THEN d.purpose END, CASE WHEN x.named THEN d.basis END,
      CASE WHEN x.shown THEN d.required END, CASE WHEN x.shown THEN ARRAY(SELECT e FROM unnest(c.elements) e WHERE NOT e = ANY (x.kept)) END, NOT x.named,
      CASE WHEN x.named THEN d.channel END, d.happened_on, CASE WHEN x.named THEN d.reference END, CASE WHEN x.named THEN d.onward END, CASE WHEN x.named THEN d.details END,
      CASE WHEN x.named THEN d.document_sha256 END, CASE WHEN x.named THEN c.consent END, CASE WHEN x.shown THEN d.recorded_at END, CASE WHEN x.named THEN d.recorded_by END,
      d.held, d.held_until, CASE WHEN x.shown THEN d.mistaken_at END, CASE WHEN x.shown THEN d.mistaken_because END
    FROM door.key() k
      CROSS JOIN LATERAL unnest(k.record_ids) AS s(student)
      JOIN records.disclosed c ON c.student_id = s.student
      JOIN records.disclosure d ON d.id = c.disclosure_id
      CROSS JOIN LATERAL (SELECT d.held IS NULL OR d.held_until <= current_date OR 'disclosures.held' = ANY (k.elements) AS shown,
        ARRAY(SELECT jsonb_array_elements_text(coalesce(k.additional_data -> 'kept_back', '[]'))) AS kept) y
      CROSS JOIN LATERAL (SELECT y.shown, y.kept, y.shown AND 'disclosures.party' = ANY (k.elements) AND NOT c.elements && y.kept AS named) x
    WHERE 'disclosures' = ANY (k.elements) AND (x.shown OR d.held = 'announced')
      -- where an order stands, no guardian learns what another one or the student received
      AND (d.party_kind NOT IN ('parent', 'student') OR k.hat IS NULL OR k.hat NOT IN ('guardian', 'student') OR NOT EXISTS (
        SELECT FROM public.records_guardianship l WHERE l.student_id = s.student AND l."limit" <> '' AND (l.limit_ends_on IS NULL OR l.limit_ends_on >= current_date)))
      AND (before_on IS NULL OR (d.happened_on, d.id) < (before_on, before_id))
    ORDER BY d.happened_on DESC, d.id DESC LIMIT least(at_most, 1000);
  END;

-- For those who oversee privacy, by an auditor's entry whose filters name the days: all disclosures without their children, and counts of them.
CREATE FUNCTION door.disclosures_made(before_on date, before_id bigint, at_most integer)
  RETURNS TABLE(id bigint, public_id uuid, outcome text, party text, party_kind text, basis text, required boolean, channel text, happened_on date, children integer,
    recorded_at timestamptz, recorded_by bigint, held text, held_until date, mistaken_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT d.id, d.public_id, d.outcome, d.party, d.party_kind, d.basis, d.required, d.channel, d.happened_on, d.children, d.recorded_at, d.recorded_by, d.held, d.held_until, d.mistaken_at
    FROM door.key() k JOIN records.disclosure d ON d.happened_on >= coalesce((k.additional_data -> 'filters' ->> 'from')::timestamptz, '-infinity')
      AND d.happened_on < coalesce((k.additional_data -> 'filters' ->> 'to')::timestamptz, 'infinity')
    WHERE k.elements = '{audit}' AND k.kind = 'records.disclosures.viewed' AND (before_on IS NULL OR (d.happened_on, d.id) < (before_on, before_id))
    ORDER BY d.happened_on DESC, d.id DESC LIMIT least(at_most, 1000);
  END;
CREATE FUNCTION door.disclosure_counts()
  RETURNS TABLE(month date, basis text, party_kind text, outcome text, required boolean, disclosures bigint, children bigint)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT date_trunc('month', d.happened_on::timestamp)::date, d.basis, d.party_kind, d.outcome, d.required, count(*), sum(d.children)
    FROM door.key() k JOIN records.disclosure d ON d.happened_on >= coalesce((k.additional_data -> 'filters' ->> 'from')::timestamptz, '-infinity')
      AND d.happened_on < coalesce((k.additional_data -> 'filters' ->> 'to')::timestamptz, 'infinity')
    WHERE k.elements = '{audit}' AND k.kind = 'records.disclosures.viewed' AND d.mistaken_at IS NULL
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;
  END;

-- A line that was written by mistake stays and says so. The key's entry names the student and 'disclosures.change'. It answers nothing.
CREATE FUNCTION door.disclosure_mistaken(which uuid, at timestamptz, because text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE k trail.entry := door.key(); BEGIN
  IF k.id IS NULL OR NOT 'disclosures.change' = ANY (k.elements) THEN RETURN; END IF;
  UPDATE records.disclosure d SET mistaken_at = disclosure_mistaken.at, mistaken_by = k.actor_id, mistaken_because = because
    WHERE d.public_id = which AND d.mistaken_at IS NULL AND EXISTS (SELECT FROM records.disclosed c WHERE c.disclosure_id = d.id AND c.student_id = ANY (k.record_ids)); END $$;

-- The end, for the keeper: only of students of whom nothing else is kept any more. Headings without children go with the last one.
CREATE FUNCTION door.disclosures_outlived(at_most integer) RETURNS TABLE(student_id bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT DISTINCT c.student_id FROM records.disclosed c
      WHERE NOT EXISTS (SELECT FROM records.identity i WHERE i.student_id = c.student_id) AND NOT EXISTS (SELECT FROM records.value v WHERE v.student_id = c.student_id)
      ORDER BY c.student_id LIMIT at_most;
  END;
CREATE FUNCTION door.disclosures_destroy(students bigint[], who bigint, request text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE gone bigint[]; BEGIN
  IF cardinality(students) > 1000 THEN RAISE EXCEPTION 'an entry names at most 1,000 students' USING ERRCODE = 'check_violation'; END IF;
  WITH ended AS (
    DELETE FROM records.disclosed c WHERE c.student_id = ANY (students)
      AND NOT EXISTS (SELECT FROM records.identity i WHERE i.student_id = c.student_id) AND NOT EXISTS (SELECT FROM records.value v WHERE v.student_id = c.student_id)
      RETURNING c.student_id)
  SELECT array_agg(DISTINCT e.student_id ORDER BY e.student_id) INTO gone FROM ended e;
  IF gone IS NULL THEN RETURN; END IF;
  DELETE FROM records.disclosure d WHERE NOT EXISTS (SELECT FROM records.disclosed c WHERE c.disclosure_id = d.id);
  INSERT INTO trail.entry(action, kind, actor_id, cid, elements, record_ids) VALUES (2, 'records.disclosures.destroyed', who, request, '{disclosures}', gone); END $$;

DO $$ DECLARE f text; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'door'::regnamespace AND p.proname ~ '^disclos' LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO portal_door', f);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP; END $$;
GRANT EXECUTE ON FUNCTION door.disclose(jsonb, jsonb, bytea[], bigint, text, text, inet), door.disclosures(date, bigint, integer), door.disclosures_made(date, bigint, integer),
  door.disclosure_counts(), door.disclosure_mistaken(uuid, timestamptz, text) TO portal_app;
GRANT EXECUTE ON FUNCTION door.disclosures_outlived(integer), door.disclosures_destroy(bigint[], bigint, text) TO portal_keeper;
