"""The one lock, the staging tables and the kept uploads, as the keeper's login uses them. It may fill and call; it reads no value."""

import contextlib
import dataclasses
import datetime as dt
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from governance.records.models import ImportRun
from governance.records.roster.bundle import Bundle
from governance.records.roster.reading import CsvFile, without_passwords
from governance.records.roster.standard import MANIFEST, TABLES

KEEPER = "keeper"
PIECE = 2**20
ANSWERS_JSON = frozenset({"roster_plan", "values_plan", "limits_plan"})


class Busy(Exception):
    """Another import runs; only one may."""


@dataclasses.dataclass(frozen=True)
class Actor:
    """For whom a delivery is merged: account (None: the server's own command line), hat, and the request it belongs to."""

    user_id: int | None = None
    hat: str | None = None
    request_id: str | None = None


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
    """Send a file's rows into a staging table."""
    if file.columns:
        copy_columns(cursor, stage, file.columns, file)


def copy_columns(cursor: Any, stage: str, columns: Sequence[str], rows: Any) -> None:
    """Send what `rows.read()` gives into columns of a staging table. Freezing spares the server a second write of each row."""
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.copy_expert(f"COPY records.{stage} ({names}) FROM STDIN WITH (FORMAT csv, FREEZE)", rows, PIECE)


def call(cursor: Any, function: str, *arguments: Any) -> Any:
    """The answer of one of the door's functions; dictionaries go as JSON."""
    given = [json.dumps(argument) if isinstance(argument, dict) else argument for argument in arguments]
    places = ", ".join("%s::jsonb" if isinstance(argument, dict) else "%s" for argument in arguments)
    cursor.execute(f"SELECT door.{function}({places})", given)
    answer = cursor.fetchone()[0]
    return json.loads(answer) if function in ANSWERS_JSON else answer


@contextlib.contextmanager
def packed(bundle: Bundle) -> Iterator[IO[bytes]]:
    """The delivery as the portal keeps it until it is applied: only the files that count, without their password columns; of the others the
    name alone. A file without a name on disk, so that nothing is left of it whatever happens. Raises Refused and Unreadable.
    """
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for kind, member in bundle.members.items():
                with archive.open(member.name, "w", force_zip64=True) as target:
                    if kind in TABLES or kind == MANIFEST:
                        with member.open() as stream:
                            for block in without_passwords(stream):
                                target.write(block)
            for other in bundle.others:
                archive.writestr(other[-100:], b"")
        file.seek(0)
        yield file


@contextlib.contextmanager
def gathered(blocks: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """Blocks as a file without a name on disk."""
    with tempfile.TemporaryFile() as file:
        for block in blocks:
            file.write(block)
        file.seek(0)
        yield file


@dataclasses.dataclass
class Compared:
    """Whom a check of an upload looked at, to be written down before anybody sees its result."""

    run: ImportRun
    actor: Actor
    students: list[int] = dataclasses.field(default_factory=list)

    def record(self, elements: Sequence[str]) -> None:
        """Write and commit the entries, of at most 1,000 students each. `elements` are the keys of what the file holds."""
        if self.students:
            with connections[KEEPER].cursor() as cursor:
                call(cursor, "import_compared", self.run.pk, self.students, list(elements), self.actor.user_id, self.actor.hat)


def keep(run: ImportRun, content: IO[bytes], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Keep an upload for the worker, in pieces. The application can put them in and never read one back."""
    with connections[using].cursor() as cursor:
        piece = 0
        while data := content.read(PIECE):
            cursor.execute("SELECT door.intake_put(%s, %s, %s)", [run.public_id, piece, data])
            piece += 1


@contextlib.contextmanager
def kept(run: ImportRun) -> Iterator[IO[bytes] | None]:
    """What was kept of a run, as a file without a name; None where it is gone. For the keeper's worker alone."""
    with tempfile.TemporaryFile() as file:
        with connections[KEEPER].cursor() as cursor:
            for piece in range(256):
                cursor.execute("SELECT door.intake_piece(%s, %s)", [run.pk, piece])
                data = cursor.fetchone()[0]
                if data is None:
                    break
                file.write(data)
        size = file.tell()
        file.seek(0)
        yield file if size else None


def begin(*, kind: str, name: str, digest: str, mapping: dict[str, Any], tries: int, at: dt.datetime) -> ImportRun:
    """A run of the server's own command line, which is applied without an upload that was checked first."""
    with connections[KEEPER].cursor() as cursor:
        number = call(cursor, "run_begin", kind, name[-200:], digest, mapping, tries, at)
    return ImportRun.objects.get(pk=number)


def drop(run: ImportRun) -> None:
    """Forget what was kept of a run that has ended."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT door.intake_drop(%s)", [run.public_id])


def sweep() -> None:
    """Delete uploads older than a day, whatever became of their runs."""
    with connections[KEEPER].cursor() as cursor:
        cursor.execute("SELECT door.intake_sweep()")
