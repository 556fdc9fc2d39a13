-- How the trail is, without any entry's content: a page of health may ask. `ahead`: months after this one that have a partition, without a gap.
CREATE FUNCTION door.trail_health() RETURNS TABLE(ahead integer, oldest timestamptz, newest timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT (SELECT coalesce(min(m.n) - 1, 120)::integer FROM generate_series(1, 120) AS m(n) WHERE NOT EXISTS (
        SELECT FROM pg_class c WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'trail_parts') AND c.relispartition
          AND c.relname = 'p' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => m.n), 'YYYYMM'))),
      (SELECT min(e."timestamp") FROM trail.entry e), (SELECT max(e."timestamp") FROM trail.entry e);
  END;
ALTER FUNCTION door.trail_health() OWNER TO portal_door;
CREATE FUNCTION door.trail_count() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC SELECT count(*) FROM trail.entry; END;
ALTER FUNCTION door.trail_count() OWNER TO portal_door;
REVOKE EXECUTE ON FUNCTION door.trail_health(), door.trail_count() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.trail_health(), door.trail_count() TO portal_app;
