"""The door's function that hands out what a committed disclosure names."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_initial"), ("disclosures", "0001_disclosures"), ("records", "0007_proofs"), ("alerts", "0002_watch")]
    operations = [sql.run(__file__, "0002_release.sql", reverse="DROP FUNCTION IF EXISTS door.released()")]
