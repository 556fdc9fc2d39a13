"""The schema of the trail: table, partitions, rights. Reversing destroys the trail; it is there for tests and development."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]
    operations = [
        sql.run(__file__, "0001_trail.sql", reverse="DROP SCHEMA trail_parts CASCADE; DROP SCHEMA trail CASCADE; DROP SCHEMA door CASCADE"),
        sql.run(
            __file__,
            "0002_key.sql",
            reverse=(
                "DROP FUNCTION door.key, door.enter, door.turn_hour; DROP VIEW door.meter; DROP TABLE door.ceiling; DROP FUNCTION door.ceiling_changed; "
                "DROP SEQUENCE door.ones_of_app, door.tens_of_app, door.hundreds_of_app, door.most_of_app, "
                "door.ones_of_keeper, door.tens_of_keeper, door.hundreds_of_keeper, door.most_of_keeper"
            ),
        ),
    ]
