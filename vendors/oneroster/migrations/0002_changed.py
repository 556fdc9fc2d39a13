"""The door's function that tells when the agreed data of a committed entry's children last changed, and since when a child is gone."""

from django.db import migrations, models

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("oneroster", "0001_initial"), ("records", "0007_proofs"), ("alerts", "0002_watch")]
    operations = [
        sql.run(__file__, "0002_changed.sql", reverse="DROP FUNCTION IF EXISTS door.changed()"),
        migrations.AddField("seat", "gone_at", models.DateTimeField(null=True)),
    ]
