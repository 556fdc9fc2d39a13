"""The lines of a proof pack, by the key of a committed entry."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("packs", "0001_initial"), ("trail", "0005_proofs"), ("records", "0007_proofs"), ("auditors", "0002_scope")]
    operations = [
        sql.run(
            __file__,
            "0002_lines.sql",
            reverse="DROP FUNCTION IF EXISTS door.pack_lines(timestamptz, bigint, integer), door.pack_count()",
        )
    ]
