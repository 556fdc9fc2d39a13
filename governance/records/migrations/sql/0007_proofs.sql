-- A proof is given for the very entry that the auditor's own entry asks for, and to a family for a line that its page shows; for no other.
CREATE OR REPLACE FUNCTION door.canonical_entry(which bigint, at timestamptz) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT trail.canonical(e) FROM door.key() k JOIN trail.entry e ON e."timestamp" = canonical_entry.at AND e.id = canonical_entry.which
     WHERE (k.elements = ARRAY['audit'] AND (k.additional_data -> 'filters' -> 'entry' ->> 'id')::bigint = e.id)
        OR ('trail' = ANY (k.elements) AND EXISTS (SELECT FROM door.lines() l WHERE l.at = e."timestamp" AND l.id = e.id AND l.shown));
  END;
