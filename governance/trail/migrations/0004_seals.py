"""The seals. Reversing forgets every seal; it is there for tests and development."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("trail", "0003_audit")]
    operations = [sql.run(__file__, "0004_seals.sql", reverse="DROP SCHEMA seal CASCADE")]
