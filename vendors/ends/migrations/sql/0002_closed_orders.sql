-- An order that was sent is closed, and so is its list of students; a certificate stays as it was given. Held here, whatever the application does.

CREATE FUNCTION ends_keep_order() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.sent_at IS NOT NULL THEN
      RAISE EXCEPTION 'an order that was sent is kept' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.sent_at IS NOT NULL
     AND to_jsonb(NEW) - ARRAY['called_off_at', 'called_off_by_id', 'called_off_because']
      <> to_jsonb(OLD) - ARRAY['called_off_at', 'called_off_by_id', 'called_off_because'] THEN
    RAISE EXCEPTION 'an order that was sent is closed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.called_off_at IS NOT NULL THEN
    RAISE EXCEPTION 'an order that was called off stays so' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

-- Rows of students who are destroyed here go with them (DELETE), and none is added or changed once the order was sent.
CREATE FUNCTION ends_keep_ordered() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM ends_order o WHERE o.id = NEW.order_id AND o.sent_at IS NOT NULL)
     OR TG_OP = 'UPDATE' AND EXISTS (SELECT FROM ends_order o WHERE o.id = OLD.order_id AND o.sent_at IS NOT NULL) THEN
    RAISE EXCEPTION 'an order that was sent is closed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION ends_keep_certificate() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    RAISE EXCEPTION 'a certificate stays as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM ends_order o WHERE o.id = NEW.order_id AND o.sent_at <= NEW.signed_at AND o.called_off_at IS NULL
                   AND o.sha256 = NEW.order_sha256) THEN
    RAISE EXCEPTION 'a certificate names the order that was sent, and comes after it' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_order BEFORE UPDATE OR DELETE ON ends_order FOR EACH ROW EXECUTE FUNCTION ends_keep_order();
CREATE TRIGGER keep_ordered BEFORE INSERT OR UPDATE ON ends_ordered FOR EACH ROW EXECUTE FUNCTION ends_keep_ordered();
CREATE TRIGGER keep_certificate BEFORE INSERT OR UPDATE OR DELETE ON ends_certificate FOR EACH ROW EXECUTE FUNCTION ends_keep_certificate();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ends_certificate FOR EACH STATEMENT EXECUTE FUNCTION ends_keep_certificate();

-- Of which of these students (NULL: of those who have left the district) a tool received something through the portal, by the record of disclosures:
-- ids alone, for the order that must follow. A line names its tool in its details; one that names none counts for each tool of its agreement.
CREATE FUNCTION door.received(tool text, agreements text[], students bigint[]) RETURNS TABLE(student_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT DISTINCT c.student_id
    FROM records.disclosure d JOIN records.disclosed c ON c.disclosure_id = d.id
      JOIN public.records_student s ON s.id = c.student_id AND (s.id = ANY (students) OR students IS NULL AND s.left_on <= current_date)
    WHERE d.party_kind = 'provider' AND d.outcome = 'given' AND d.mistaken_at IS NULL
      AND coalesce(d.details ->> 'tool' = received.tool, d.reference = ANY (agreements))
    ORDER BY 1;
  END;
ALTER FUNCTION door.received(text, text[], bigint[]) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.received(text, text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.received(text, text[], bigint[]) TO portal_app;
