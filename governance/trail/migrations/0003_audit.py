"""What auditors read through the door, the canonical form of an entry for sealing, and how far ahead the partitions reach."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("trail", "0002_trail")]
    operations = [
        sql.run(__file__, "0003_audit.sql", reverse="DROP FUNCTION door.export, door.audit_days, door.audit, door.audit_bounds, door.audit_conditions"),
        sql.run(__file__, "0003_canonical.sql", reverse="DROP FUNCTION trail.canonical"),
        sql.run(__file__, "0003_health.sql", reverse="DROP FUNCTION door.trail_count, door.trail_health"),
    ]
