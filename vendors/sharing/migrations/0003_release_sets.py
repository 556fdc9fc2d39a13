"""Values of a batch in one read, and lines found by their disclosure."""

from pathlib import Path

from django.db import migrations

from portal.base import sql

_BEFORE = (Path(__file__).parent / "sql" / "0002_release.sql").read_text(encoding="utf-8").replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("sharing", "0002_release")]
    operations = [
        sql.run(
            __file__,
            "0003_release_sets.sql",
            reverse=_BEFORE + "DROP FUNCTION IF EXISTS door.released_together(text[], text[]), door.released_under(trail.entry)",
        )
    ]
