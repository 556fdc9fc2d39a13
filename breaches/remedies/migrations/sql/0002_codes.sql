-- A code goes to one offer and stays there; what it is, nobody changes. An offer's child and remedy stay too, and nothing of a remedy is deleted.
REVOKE UPDATE, DELETE, TRUNCATE ON public.remedies_code, public.remedies_offer FROM portal_app;
REVOKE DELETE, TRUNCATE ON public.remedies_remedy FROM portal_app;
GRANT UPDATE (offer_id, given_at, opened_at) ON public.remedies_code TO portal_app;
GRANT UPDATE (state, how, answered_at, answered_by_id, done_at, done_by_id, done_words, evidence_id) ON public.remedies_offer TO portal_app;

CREATE FUNCTION public.remedies_code_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.offer_id IS NOT NULL AND (NEW.offer_id IS DISTINCT FROM OLD.offer_id OR NEW.given_at IS DISTINCT FROM OLD.given_at)
      OR OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at THEN
    RAISE EXCEPTION 'a code that was given stays where it is' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.offer_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.remedies_offer o WHERE o.id = NEW.offer_id AND o.remedy_id = NEW.remedy_id) THEN
    RAISE EXCEPTION 'a code goes to an offer of its own remedy' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON public.remedies_code FOR EACH ROW EXECUTE FUNCTION public.remedies_code_stays();
