"""The guarded schema and the door's functions. Reversing destroys every guarded value; it is there for tests and development."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial"), ("trail", "0002_trail")]
    operations = [
        sql.run(__file__, "0001_records.sql", reverse="DROP SCHEMA records CASCADE"),
        sql.run(
            __file__,
            "0002_door.sql",
            reverse=(
                "DROP FUNCTION door.match, door.wish_for, door.change_value; DROP TABLE door.wish; DROP VIEW door.guardian, door.element_value, door.identity; "
                "DROP FUNCTION door.read_guardians, door.read_values, door.read_identity"
            ),
        ),
    ]
