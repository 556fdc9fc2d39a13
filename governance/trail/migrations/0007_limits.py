"""A ceiling that grows with the district, a limit for each person, and a shorter check of each entry."""

from pathlib import Path

from django.db import migrations

from portal.base import sql

_KEY = (Path(__file__).parent / "sql" / "0002_key.sql").read_text(encoding="utf-8")
_ENTER_BEFORE = _KEY[_KEY.index("CREATE FUNCTION door.enter(") : _KEY.index("ALTER FUNCTION door.enter(")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
)
_REVERSE = (
    "DROP FUNCTION door.enter_counted, door.counted; DROP TABLE door.reader, door.volume; "
    "ALTER TABLE door.ceiling DROP COLUMN at_least, DROP COLUMN per_student; ALTER TABLE trail.entry DROP CONSTRAINT shape; "
    "ALTER TABLE trail.entry ADD CONSTRAINT shape CHECK (cardinality(record_ids) <= 1000 AND (held IS NULL) = (held_until IS NULL) "
    "AND held IN ('announced', 'silent')); "
) + _ENTER_BEFORE


class Migration(migrations.Migration):
    dependencies = [("trail", "0006_restores")]
    operations = [sql.run(__file__, "0007_limits.sql", reverse=_REVERSE)]
