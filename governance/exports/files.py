"""One export as a file, with its companion. The same for the page's worker and for `manage.py trail export`."""

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

from django.db import DEFAULT_DB_ALIAS

from governance.exports import proofs, reports, spreadsheets, tables
from governance.trail import search
from governance.trail.seals import queries as seals
from portal.base import vault

_BLOCK = 1024 * 1024


class Target(Protocol):
    """Where a file goes: it knows the digest of what came so far."""

    @property
    def sha256(self) -> str: ...

    def write(self, data: bytes, /) -> Any: ...


class Plain:
    """A file without encryption, for the server's command line."""

    def __init__(self, file: BinaryIO):
        self._file, self._digest = file, hashlib.sha256()

    @property
    def sha256(self) -> str:
        """SHA-256 of what came so far, in hex."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Add to the end."""
        self._digest.update(data)
        self._file.write(data)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What an export holds and for whom. With `checkpoint` it holds what is sealed up to there; without, everything, and no companion.

    `purpose` and `form` are keys of `words.PURPOSES` and `words.FORMS`; `by` is None at the server's own command line; `language` is that of
    a report; `told` is what else the entry says.
    """

    by: Any
    hat: str | None
    filters: search.Filters
    form: str
    purpose: str
    name: str
    checkpoint: seals.Signed | None = None
    language: str = "en"
    told: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Made:
    """What the file holds."""

    rows: int
    entries: int


def write(
    wanted: Wanted,
    target: Target,
    companion: tables.Sink | None = None,
    *,
    progress: Callable[[int], None] = lambda rows: None,
    using: str = DEFAULT_DB_ALIAS,
) -> Made:
    """Write the file, and into `companion` its proof. `progress` is told now and then how many rows there are, and may stop it by an error.

    The export's entry is committed ahead. Raises InsideTransaction inside a transaction, `proofs.NotAsSealed`, `spreadsheets.TooManyRows`,
    `reports.TooLong` and the database's errors: then what was written is not whole.
    """
    written = tables.open_door(
        by=wanted.by, hat=wanted.hat, filters=wanted.filters, form=wanted.form, purpose=wanted.purpose, told=wanted.told, using=using
    )
    size = wanted.checkpoint.size if wanted.checkpoint else None
    source = f"door.export_sealed({int(size)})" if size is not None else "door.export()"
    with contextlib.ExitStack() as streams:
        table = tables.stream(written, form="jsonl" if wanted.form == "jsonl" else "csv", source=source, using=using)
        streams.callback(table.close)
        # Both begin at once, while the key is young; this one waits in its pipe until the file is written.
        leaves = proofs.leaves(written, size, using=using) if companion is not None and size is not None else None
        if leaves is not None:
            streams.callback(leaves.close)
        for rows in _WAYS[wanted.form](table, target, wanted):
            progress(rows)
        if leaves is not None and companion is not None and wanted.checkpoint is not None:
            proofs.write(
                companion, name=wanted.name, sha256=target.sha256, rows=table.rows, entries=table.entries,
                checkpoint=wanted.checkpoint, found=leaves, using=using,
            )  # fmt: skip
    return Made(rows=table.rows, entries=table.entries)


def _as_it_is(table: tables.Stream, target: Target, _wanted: Wanted) -> Iterator[int]:
    for piece in table:
        target.write(piece)
        yield table.rows


def _as_workbook(table: tables.Stream, target: Target, _wanted: Wanted) -> Iterator[int]:
    with vault.scratch() as folder:
        file = folder / "table.xlsx"
        with table.text() as lines:
            yield from spreadsheets.write(lines, file, folder=folder, sheet="Trail")
        with file.open("rb") as made:
            while block := made.read(_BLOCK):
                target.write(block)


def _as_report(table: tables.Stream, target: Target, wanted: Wanted) -> Iterator[int]:
    with table.text() as lines:
        found = reports.collect(lines)
    yield table.rows
    target.write(reports.of_export(found, name=wanted.name, purpose=wanted.purpose, language=wanted.language))


_WAYS: dict[str, Callable[[tables.Stream, Target, Wanted], Iterator[int]]] = {
    "csv": _as_it_is,
    "jsonl": _as_it_is,
    "xlsx": _as_workbook,
    "pdf": _as_report,
}
