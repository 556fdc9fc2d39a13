"""What decides about an import is written by the door's functions, each with its entry."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import F, Q

from portal.base import sql

_FOLDER = Path(__file__).parent / "sql"


def _function(file: str, name: str) -> str:
    """The function as an earlier file made it."""
    text = (_FOLDER / file).read_text(encoding="utf-8")
    found = text[text.index(f"CREATE FUNCTION door.{name}(") :]
    end = min(place for mark in ("END $$;", "END;\n") if (place := found.find(mark)) >= 0)
    return found[: found.index(";\n", end) + 1].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1) + "\n"


_REVERSE = (
    "DROP TRIGGER decided_by_the_door ON public.records_importrun; GRANT DELETE ON public.records_importrun TO portal_app;"
    "DROP FUNCTION door.run_guard, door.run_decide, door.run_settle, door.run_begin, door.run_role, door.run_entry;"
    + "".join(
        _function(file, name)
        for file, name in (("0005_staging.sql", "intake_put"), ("0005_staging.sql", "intake_drop"), ("0005_values.sql", "limits_apply"))
    )
    + "DROP FUNCTION door.import_done;"
    + _function("0005_roster.sql", "import_done")
    + "ALTER FUNCTION door.import_done OWNER TO portal_door; REVOKE EXECUTE ON FUNCTION door.import_done FROM PUBLIC;"
    "GRANT EXECUTE ON FUNCTION door.import_done TO portal_keeper; DROP FUNCTION door.fit_ceiling;"
)


class Migration(migrations.Migration):
    dependencies = [("records", "0007_proofs"), ("trail", "0007_limits"), ("people", "0003_auditor")]
    operations = [
        migrations.AddConstraint(
            "importrun",
            models.CheckConstraint(condition=Q(second_by=None) | ~Q(second_by=F("made_by")), name="import_second_is_another"),
        ),
        sql.run(__file__, "0008_runs.sql", reverse=_REVERSE),
    ]
