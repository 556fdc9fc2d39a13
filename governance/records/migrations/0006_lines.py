"""That the office made a sign-in code for one guardian is not told to another."""

from pathlib import Path

from django.db import migrations

_LINES = (Path(__file__).parent / "sql" / "0006_lines.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0005_import")]
    operations = [migrations.RunSQL(_LINES, _LINES.replace(", 'people.family_code.made'", ""))]
