"""Reading the trail by the object that its entries are about."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("trail", "0005_proofs")]
    operations = [
        sql.run(__file__, "0001_history.sql", reverse="DROP FUNCTION IF EXISTS door.object_history(timestamptz, bigint, integer)")
    ]
