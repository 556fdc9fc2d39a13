-- The bytes of an entry that sealing hashes (governance/trail/README.md). Injective: a JSON array of a fixed number of values in a fixed order, each
-- of one type, so that no two entries have the same text; no setting of a session (time zone, date style) changes it. The first value names the
-- form: a column more means a new form, and old entries keep theirs. The time is in microseconds since 1970. Neither STRICT nor a setting of its
-- own, so that PostgreSQL puts it into the query that calls it; its body was bound when it was made, so no search_path changes it.
CREATE FUNCTION trail.canonical(e trail.entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  BEGIN ATOMIC
    SELECT convert_to(json_build_array('entry/1', e.id, (extract(epoch FROM e."timestamp") * 1000000)::bigint, e.xid::text, e.nonce, e.login, e.action, e.kind,
      e.content_type_id, e.object_pk, e.object_id, e.object_repr, e.serialized_data, e.changes_text, e.changes, e.actor_id, e.actor_email, e.hat, e.cid,
      text(e.remote_addr), e.remote_port, e.additional_data, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements, e.record_ids, e.places, e.held,
      e.held_until - date '1970-01-01', encode(e.key_hash, 'hex'))::text, 'UTF8');
  END;
REVOKE EXECUTE ON FUNCTION trail.canonical(trail.entry) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trail.canonical(trail.entry) TO portal_sealer, portal_door;
