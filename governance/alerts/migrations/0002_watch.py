"""What the keeper learns of new entries, who may write what of alerts, and planted records. Reversing forgets homes and planted records."""

from django.db import migrations

from portal.base import sql

_REVERSE = """
DROP SCHEMA watch CASCADE;
DO $$ DECLARE f text; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'door'::regnamespace AND p.proname ~ '^(watch_|plant|without_planted|alert_close)' LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', f); END LOOP; END $$;
DELETE FROM public.alerts_alert; DELETE FROM public.alerts_limits; DELETE FROM public.alerts_watch;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0001_alerts"),
        ("trail", "0005_proofs"),
        ("records", "0007_proofs"),
        ("disclosures", "0001_disclosures"),
        ("people", "0003_auditor"),
        ("governance", "0002_two_keys_and_request_numbers"),
    ]
    operations = [sql.run(__file__, "0002_watch.sql", reverse=_REVERSE)]
