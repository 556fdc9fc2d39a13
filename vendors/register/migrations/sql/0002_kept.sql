-- What the register once said stays said.

CREATE FUNCTION register_keep_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'a change of the register stays as it is' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER keep_change BEFORE UPDATE OR DELETE ON register_change FOR EACH ROW EXECUTE FUNCTION register_keep_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON register_change FOR EACH STATEMENT EXECUTE FUNCTION register_keep_change();
