"""What a proof file needs of an entry."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("trail", "0004_seals")]
    operations = [sql.run(__file__, "0005_proofs.sql", reverse="DROP FUNCTION IF EXISTS door.canonical_entry")]
