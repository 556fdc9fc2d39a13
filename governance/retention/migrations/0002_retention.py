"""What lets months of the trail and students' values go, and what they leave behind."""

from django.db import migrations

from portal.base import sql

_BACK = """
DROP TRIGGER append_only ON retention_receipt; DROP TRIGGER append_only_all ON retention_receipt;
GRANT INSERT, UPDATE, DELETE ON retention_receipt, retention_retentionrule, retention_hold, retention_hold_students TO portal_app;
DROP FUNCTION door.retention_destroy, door.retention_due, door.retention_held, door.retention_students;
DROP SCHEMA retention CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial"), ("trail", "0005_proofs"), ("records", "0007_proofs"), ("governance", "0001_initial")]
    operations = [sql.run(__file__, "0002_retention.sql", reverse=_BACK)]
