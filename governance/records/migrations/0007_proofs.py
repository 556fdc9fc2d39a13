"""Proof files hold to what a page shows. Reversed, there are no proofs until the trail's own migration makes the function again."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("records", "0006_lines"), ("trail", "0005_proofs")]
    operations = [sql.run(__file__, "0007_proofs.sql", reverse="DROP FUNCTION door.canonical_entry(bigint, timestamptz)")]
