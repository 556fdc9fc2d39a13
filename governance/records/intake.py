"""The one lock, the staging tables and the kept uploads, as the keeper's login uses them. It may fill and call; it reads no value."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction

from governance.records.roster.reading import CsvFile

KEEPER = "keeper"
PIECE = 2**20
ANSWERS_JSON = frozenset({"roster_plan", "values_plan", "limits_plan"})


class Busy(Exception):
    """Another import runs; only one may."""


class Undo(Exception):
    """Leave everything as it was: the end of a check, or of a delivery with faults."""


@contextlib.contextmanager
def staging() -> Iterator[Any]:
    """The one transaction of an import, as the keeper: lock, empty staging tables, and a cursor. `Undo` ends it without a trace.

    A process that is killed inside leaves nothing: the server ends its transaction, and the staged rows go with it. Raises Busy.
    """
    with contextlib.suppress(Undo), transaction.atomic(using=KEEPER), connections[KEEPER].cursor() as cursor:
        # a keeper that is gone is noticed in the middle of a long statement too
        cursor.execute("SET LOCAL client_connection_check_interval = '5s'; SELECT door.import_open()")
        if not cursor.fetchone()[0]:
            raise Busy
        yield cursor


def copy(cursor: Any, stage: str, file: CsvFile) -> None:
    """Send a file's rows into a staging table. Freezing spares the server a second write of each row."""
    if file.columns:
        names = ", ".join(f'"{column}"' for column in file.columns)
        cursor.copy_expert(f"COPY records.{stage} ({names}) FROM STDIN WITH (FORMAT csv, FREEZE)", file, 2**20)


def call(cursor: Any, function: str, *arguments: Any) -> Any:
    """The answer of one of the door's functions; dictionaries go as JSON."""
    given = [json.dumps(argument) if isinstance(argument, dict) else argument for argument in arguments]
    places = ", ".join("%s::jsonb" if isinstance(argument, dict) else "%s" for argument in arguments)
    cursor.execute(f"SELECT door.{function}({places})", given)
    answer = cursor.fetchone()[0]
    return json.loads(answer) if function in ANSWERS_JSON else answer
