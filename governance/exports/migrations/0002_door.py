"""What exports and the report for the board read through the door."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial"), ("trail", "0005_proofs"), ("records", "0007_proofs"), ("governance", "0001_initial"), ("alerts", "0002_watch")]
    operations = [
        sql.run(__file__, "0002_door.sql", reverse="DROP FUNCTION door.board_totals, door.export_leaves, door.export_sealed, door.export_size")
    ]
