-- A published text is closed, and what somebody said to it stays as it was said. Held here, whatever the application does.

CREATE FUNCTION consents_keep_form() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'a published text is kept' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF to_jsonb(NEW) - ARRAY['replaced_at', 'replaced_by_id'] <> to_jsonb(OLD) - ARRAY['replaced_at', 'replaced_by_id']
     OR OLD.replaced_at IS NOT NULL THEN
    RAISE EXCEPTION 'a published text is closed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION consents_keep_answer() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    RAISE EXCEPTION 'an answer stays as it was given' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM consents_form f JOIN consents_standing s ON s.id = NEW.standing_id AND s.matter_id = f.matter_id
                 WHERE f.id = NEW.form_id AND f.sha256 = NEW.text_sha256) THEN
    RAISE EXCEPTION 'an answer names the text it was given to' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_form BEFORE UPDATE OR DELETE ON consents_form FOR EACH ROW EXECUTE FUNCTION consents_keep_form();
CREATE TRIGGER keep_answer BEFORE INSERT OR UPDATE OR DELETE ON consents_answer FOR EACH ROW EXECUTE FUNCTION consents_keep_answer();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON consents_form FOR EACH STATEMENT EXECUTE FUNCTION consents_keep_form();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON consents_answer FOR EACH STATEMENT EXECUTE FUNCTION consents_keep_answer();
