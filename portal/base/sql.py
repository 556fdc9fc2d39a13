"""SQL files as migrations: `run(__file__, "0001_x.sql", reverse=…)`; long lists as parameters."""

from collections.abc import Iterable
from pathlib import Path

from django.db import migrations


def run(migration_file: str, name: str, *, reverse: str) -> migrations.RunSQL:
    """The statements of `sql/<name>` beside the migration; `reverse` takes them back."""
    return migrations.RunSQL((Path(migration_file).parent / "sql" / name).read_text(encoding="utf-8"), reverse)


def array(members: Iterable[int | str]) -> str:
    """Many ids, or plain words, as one parameter for `%s::bigint[]` or `%s::text[]`: psycopg2 would write each of them as an expression of its own."""
    return "{" + ",".join(map(str, members)) + "}"
