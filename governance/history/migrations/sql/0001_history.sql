-- What the trail says about one object, newest first, by an entry of its own. The object stands in the key's entry (additional_data.about: pairs of
-- content type and object_pk, the object first, then its parts), so that the trail tells whose history was opened. Whoever may open the page is for the
-- application to know; what the entry does not name is not given. Held lines are for auditors' pages.
CREATE FUNCTION door.object_history(before_at timestamptz, before_id bigint, at_most integer)
  RETURNS TABLE(id bigint, at timestamptz, kind text, action smallint, actor_id bigint, hat text, purpose text, basis text, elements text[], students integer,
    content_type_id integer, object_pk text, changes jsonb, additional_data jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT e.id, e."timestamp", e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.elements, coalesce(cardinality(e.record_ids), 0), e.content_type_id, e.object_pk,
      e.changes, e.additional_data
    FROM door.key() k
      CROSS JOIN LATERAL (SELECT DISTINCT (a.pair ->> 0)::integer AS content_type_id, a.pair ->> 1 AS object_pk
        FROM jsonb_array_elements(k.additional_data -> 'about') a(pair)) o
      JOIN trail.entry e ON e.content_type_id = o.content_type_id AND e.object_pk = o.object_pk AND e.object_pk <> ''
        AND e."timestamp" < coalesce(before_at + interval '1 microsecond', clock_timestamp() + interval '1 minute')
    WHERE k.elements = '{audit}' AND k.kind = 'trail.history.viewed' AND e.kind <> 'trail.history.viewed' AND (e.held IS NULL OR e.held_until <= current_date)
      AND (before_at IS NULL OR (e."timestamp", e.id) < (before_at, before_id))
    ORDER BY e."timestamp" DESC, e.id DESC LIMIT least(at_most, 200);
  END;
ALTER FUNCTION door.object_history(timestamptz, bigint, integer) OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.object_history(timestamptz, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.object_history(timestamptz, bigint, integer) TO portal_app;
