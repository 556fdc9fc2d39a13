"""SQL files as migrations: `run(__file__, "0001_x.sql", reverse=…)`."""

from pathlib import Path

from django.db import migrations


def run(migration_file: str, name: str, *, reverse: str) -> migrations.RunSQL:
    """The statements of `sql/<name>` beside the migration; `reverse` takes them back."""
    return migrations.RunSQL((Path(migration_file).parent / "sql" / name).read_text(encoding="utf-8"), reverse)
