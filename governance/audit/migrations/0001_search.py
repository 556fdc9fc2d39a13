"""The search over the trail, and the index of months that are over. Reversed, the search of the trail's own migration stands again."""

from pathlib import Path

from django.db import migrations

from portal.base import sql
from governance.trail import migrations as trail

_BEFORE = (Path(trail.__file__).parent / "sql" / "0003_audit.sql").read_text(encoding="utf-8")
_CONDITIONS = _BEFORE[_BEFORE.index("CREATE FUNCTION door.audit_conditions") : _BEFORE.index("ALTER FUNCTION door.audit_conditions")]
_PAGES = _BEFORE[_BEFORE.index("-- One page, newest first") : _BEFORE.index("-- Everything that fits")]


class Migration(migrations.Migration):
    dependencies = [("trail", "0005_proofs"), ("records", "0007_proofs")]
    operations = [
        sql.run(
            __file__,
            "0001_search.sql",
            reverse=(
                "DROP FUNCTION door.audit, door.audit_days, door.audit_query, door.audit_width, door.audit_facets, door.audit_indexed, "
                "trail.index_closed_month, trail.index_month; DROP FUNCTION trail.facets CASCADE; DROP FUNCTION trail.named_in;\n"
                + _CONDITIONS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
                + _PAGES
                + "REVOKE EXECUTE ON FUNCTION door.audit(timestamptz, bigint, integer), door.audit_days(text) FROM PUBLIC;"
                "GRANT EXECUTE ON FUNCTION door.audit(timestamptz, bigint, integer), door.audit_days(text) TO portal_app;"
            ),
        )
    ]
