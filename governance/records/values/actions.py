"""Check a CSV of element values or limits, or check and write it: one transaction of the keeper's, whole or not at all."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import IO, Any

from governance.records import intake
from governance.records.intake import Actor, Compared
from governance.records.models import ImportRun
from governance.records.roster.bundle import Refused
from governance.records.roster.delivery import Report
from governance.records.roster.faults import MOST_SHOWN, Fault, Faults, Notice
from governance.records.roster.reading import CsvFile, as_rows
from governance.records.roster.standard import spelled
from governance.records.values.mapping import LIMIT_WORDS, Mapped

_LIMIT_COLUMNS = {"guardian": "guardian", "limit": "kind", "ordered": "ordered_on", "ends": "ends_on", "kept-back": "elements"}


def check(content: IO[bytes], name: str, mapped: Mapped, *, compared: Compared | None = None) -> Report:
    """What the file would change and what is wrong with it. Nothing is kept. Raises `intake.Busy`.

    `compared` gathers whose records were looked at; of a check for a person they are written down before its result is told.
    """
    return _run(content, name, mapped, write=None, compared=compared)


def merge(
    content: IO[bytes],
    name: str,
    mapped: Mapped,
    *,
    run: ImportRun,
    actor: Actor,
    second: bool,
    at: dt.datetime,
    compared: Compared | None = None,
) -> Report:
    """Write the values and mark `run` as applied, in one transaction.

    Nothing changes where the report says `refused`, or `lifts_limits` without a second person (`second`). Raises `intake.Busy`.
    """

    def write(cursor: Any, report: Report) -> None:
        if report.refused or (report.lifts_limits and not second):
            raise intake.Undo
        who = (actor.user_id, actor.hat, actor.request_id)
        if report.unchanged:
            intake.call(cursor, "import_clear")
        elif mapped.limit:
            intake.call(cursor, "limits_apply", run.pk, at, report.counts, *who)
        else:
            intake.call(cursor, "values_apply", run.pk, at, mapped.source, report.elements, report.counts, *who)
        if report.unchanged and compared is not None:
            compared.record(report.elements)
        intake.call(cursor, "import_done", run.pk, report.as_dict(), at, actor.user_id)

    return _run(content, name, mapped, write=write, compared=compared)


class _Cells:
    """The file on its way into the staging table: a row for each value, or for each limit."""

    def __init__(self, file: CsvFile, mapped: Mapped):
        self.file, self.mapped = file, mapped
        self.empty = 0
        self.columns = ["person", "guardian", "kind", "ordered_on", "ends_on", "elements", "place"] if mapped.limit else []
        self.columns = self.columns or ["person", "element", "item", "value", "recorded_on", "place"]
        self._chunks = as_rows(self._limits() if mapped.limit else self._values())

    def read(self, _size: int = -1) -> bytes:
        """What COPY reads."""
        return next(self._chunks, b"")

    def _places(self) -> dict[str, int]:
        return {column: place for place, column in enumerate(self.file.columns)}

    def _values(self) -> Iterator[list[str]]:
        at = self._places()
        item, day = self.mapped.item_column, self.mapped.date_column
        for line, cells in self.file.cells():
            for header, element in self.mapped.elements.items():
                value = cells[at[header]]
                if value:
                    yield [
                        cells[at[self.mapped.key_column]],
                        element,
                        cells[at[item]] if item else "",
                        value,
                        cells[at[day]] if day else "",
                        str(line),
                    ]
                else:
                    self.empty += 1

    def _limits(self) -> Iterator[list[str]]:
        at = self._places()
        for line, cells in self.file.cells():
            row = {_LIMIT_COLUMNS[part]: cells[at[header]] for part, header in self.mapped.limit.items()}
            row["kind"] = LIMIT_WORDS.get(spelled(row["kind"]), row["kind"][:40])
            row["elements"] = row.get("elements", "").replace(",", ";")
            yield [cells[at[self.mapped.key_column]], *(row.get(column, "") for column in self.columns[1:-1]), str(line)]


def _run(
    content: IO[bytes], name: str, mapped: Mapped, *, write: Callable[[Any, Report], None] | None, compared: Compared | None
) -> Report:
    faults = Faults()
    report = Report()
    try:
        file = CsvFile(name, content, {spelled(column): column for column in mapped.columns}, faults=faults)
    except Refused as refusal:
        faults.add(name, 0, "", refusal.code)
        return Report(faults=faults.in_order(), fault_count=faults.count)
    file.require(mapped.columns, str)
    if faults:
        return Report(faults=faults.in_order(), fault_count=faults.count)
    with intake.staging() as cursor:
        cells = _Cells(file, mapped)
        intake.copy_columns(cursor, "stage_limit" if mapped.limit else "stage_value", cells.columns, cells)
        if compared is not None:
            compared.students = intake.call(cursor, "values_compared", mapped.key)
        answer = intake.call(cursor, "limits_plan" if mapped.limit else "values_plan", mapped.key)
        report = _report(answer, file, mapped, faults, cells.empty)
        if write is None:
            raise intake.Undo
        write(cursor, report)
    return report


def _report(answer: dict[str, Any], file: CsvFile, mapped: Mapped, faults: Faults, empty: int) -> Report:
    titles = {"person": mapped.key_column, "recorded_on": mapped.date_column, "item": mapped.item_column}
    titles |= {element: header for header, element in mapped.elements.items()}
    titles |= {_LIMIT_COLUMNS[part]: header for part, header in mapped.limit.items()}
    found = [Fault(file.name, line or 0, titles.get(column, column), code, other) for _, line, column, code, other in answer["faults"]]
    notices = [Notice(file.name, 0, "", "empty_cells", empty)] if empty else []
    if file.left_out:
        notices.append(Notice(file.name, 1, ", ".join(file.left_out[:5]), "columns_left_out", len(file.left_out)))
    told = sorted([*faults.first, *found], key=lambda fault: (fault.line, fault.column))
    counts = answer["counts"]
    return Report(
        files=[
            {
                "name": file.name,
                "kind": "limits" if mapped.limit else "values",
                "mode": "delta",
                "rows": file.rows,
                "left_out": file.left_out[:30],
            }
        ],
        elements=["custody-order"] if mapped.limit else sorted(mapped.elements.values()),
        counts={kind: counts[kind] for kind in ("values", "limits", "touched") if kind in counts},
        faults=told[:MOST_SHOWN],
        fault_count=faults.count + answer["fault_count"],
        notices=notices,
    )
