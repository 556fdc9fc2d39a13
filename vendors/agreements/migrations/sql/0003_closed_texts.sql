-- A text that was sent for signing is closed; a signature names its hash and stays as it is. Held here, whatever the application does.

CREATE FUNCTION agreements_keep_version() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.sent_at IS NOT NULL THEN
      RAISE EXCEPTION 'a text that was sent for signing is kept' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.sent_at IS NULL THEN
    RETURN NEW;
  END IF;
  IF NEW.sent_at IS NULL AND EXISTS (SELECT FROM agreements_signature WHERE version_id = OLD.id) THEN
    RAISE EXCEPTION 'a text that somebody signed is not taken back' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  -- Of a closed text only its way through the signatures changes.
  IF NEW.sent_at IS NOT NULL
     AND to_jsonb(NEW) - ARRAY['signed_at', 'dropped_at', 'dropped_by_id'] <> to_jsonb(OLD) - ARRAY['signed_at', 'dropped_at', 'dropped_by_id'] THEN
    RAISE EXCEPTION 'a text that was sent for signing is closed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.signed_at IS NOT NULL AND NEW.signed_at IS DISTINCT FROM OLD.signed_at THEN
    RAISE EXCEPTION 'a signed text stays signed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION agreements_keep_part() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
BEGIN
  IF EXISTS (
    SELECT FROM agreements_version v
    WHERE v.sent_at IS NOT NULL AND v.id IN (
      coalesce((old_row ->> 'version_id')::bigint, (SELECT s.version_id FROM agreements_service s WHERE s.id = (old_row ->> 'service_id')::bigint)),
      coalesce((new_row ->> 'version_id')::bigint, (SELECT s.version_id FROM agreements_service s WHERE s.id = (new_row ->> 'service_id')::bigint)))) THEN
    RAISE EXCEPTION 'a text that was sent for signing is closed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION agreements_keep_signature() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    RAISE EXCEPTION 'a signature stays as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM agreements_version v
                 WHERE v.id = NEW.version_id AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL AND v.sha256 = NEW.text_sha256) THEN
    RAISE EXCEPTION 'a signature names the text that was sent' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON agreements_version FOR EACH ROW EXECUTE FUNCTION agreements_keep_version();
CREATE TRIGGER keep_service BEFORE INSERT OR UPDATE OR DELETE ON agreements_service FOR EACH ROW EXECUTE FUNCTION agreements_keep_part();
CREATE TRIGGER keep_line BEFORE INSERT OR UPDATE OR DELETE ON agreements_scheduleline FOR EACH ROW EXECUTE FUNCTION agreements_keep_part();
CREATE TRIGGER keep_clause BEFORE INSERT OR UPDATE OR DELETE ON agreements_clause FOR EACH ROW EXECUTE FUNCTION agreements_keep_part();
CREATE TRIGGER keep_signature BEFORE INSERT OR UPDATE OR DELETE ON agreements_signature FOR EACH ROW EXECUTE FUNCTION agreements_keep_signature();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON agreements_signature FOR EACH STATEMENT EXECUTE FUNCTION agreements_keep_signature();
