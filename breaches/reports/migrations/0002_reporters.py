"""Who reported, behind the door."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("trail", "0007_limits"), ("records", "0007_proofs"), ("people", "0001_initial")]
    operations = [
        sql.run(
            __file__,
            "0002_reporters.sql",
            reverse="DROP FUNCTION IF EXISTS door.reporter_put(uuid, text, text, bigint), door.reporter_of(); DROP SCHEMA reporters CASCADE",
        )
    ]
