-- When the agreed data of children last changed: what a tool's system is told as dateLastModified. No value.

-- Of the children of an entry of this kind: the later time of their identity and of the values of the entry's own elements. A change of anything that the
-- tool does not get moves nothing, but for the identity, whose columns have one time together.
CREATE FUNCTION door.changed() RETURNS TABLE(student_id bigint, changed_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT i.student_id, greatest(i.changed_at, (SELECT max(v.changed_at) FROM records.value v WHERE v.student_id = i.student_id AND v.element = ANY (k.elements)))
    FROM door.key() k JOIN records.identity i ON i.student_id = ANY (k.record_ids)
    WHERE k.kind = 'vendors.release.compared';
  END;
ALTER FUNCTION door.changed() OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.changed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.changed() TO portal_app;
