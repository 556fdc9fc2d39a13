-- The canonical bytes of one entry, for a proof: to whom the key's entry names one of its students (unless it is held back), or to an auditor.
CREATE FUNCTION door.canonical_entry(which bigint, at timestamptz) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT trail.canonical(e) FROM door.key() k JOIN trail.entry e ON e."timestamp" = canonical_entry.at AND e.id = canonical_entry.which
     WHERE k.elements = ARRAY['audit'] OR 'trail.whole' = ANY (k.elements)
        OR ('trail' = ANY (k.elements) AND e.record_ids && k.record_ids AND (e.held IS NULL OR e.held_until <= current_date));
  END;
ALTER FUNCTION door.canonical_entry(bigint, timestamptz) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.canonical_entry(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.canonical_entry(bigint, timestamptz) TO portal_app;
