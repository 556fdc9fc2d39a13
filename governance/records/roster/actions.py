"""Check a roster delivery, or check and merge it: one transaction of the keeper's, whole or not at all."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from psycopg2.errors import BadCopyFileFormat

from governance.records import intake
from governance.records.intake import Actor, Compared
from governance.records.models import ImportRun
from governance.records.roster.bundle import Bundle, Refused
from governance.records.roster.delivery import Report, Staged, prepare
from governance.records.roster.standard import TABLES

Write = Callable[[Any, Staged, Report], None]


def check(bundle: Bundle, *, today: dt.date, compared: Compared | None = None) -> Report:
    """What the delivery would change and what is wrong with it. Nothing is kept. Raises `intake.Busy`.

    `compared` gathers whose records were looked at; of a check for a person they are written down before its result is told.
    """
    return _run(bundle, today=today, write=None, compared=compared)


def merge(
    bundle: Bundle, *, run: ImportRun, actor: Actor, second: bool, at: dt.datetime, today: dt.date, compared: Compared | None = None
) -> Report:
    """Merge the delivery and mark `run` as applied, in one transaction.

    Nothing changes where the report says `refused`, or `ends_too_many` without a second person (`second`). Raises `intake.Busy`.
    """

    def write(cursor: Any, staged: Staged, report: Report) -> None:
        if report.refused or (report.ends_too_many and not second):
            raise intake.Undo
        if report.unchanged:
            intake.call(cursor, "import_clear")
        else:
            intake.call(
                cursor,
                "roster_apply",
                *(run.pk, staged.for_server(), today, at, report.elements, report.counts),
                *(actor.user_id, actor.hat, actor.request_id),
            )
        if report.unchanged and compared is not None:
            compared.record(report.elements)
        intake.call(cursor, "import_done", run.pk, report.as_dict(), at, actor.user_id)

    return _run(bundle, today=today, write=write, compared=compared)


def _run(bundle: Bundle, *, today: dt.date, write: Write | None, compared: Compared | None) -> Report:
    try:
        return _once(bundle, today=today, write=write, compared=compared, careful=False)
    except BadCopyFileFormat:  # a row has too few or too many cells; which one, a second and slower reading tells
        return _once(bundle, today=today, write=write, compared=compared, careful=True)


def _once(bundle: Bundle, *, today: dt.date, write: Write | None, compared: Compared | None, careful: bool) -> Report:
    delivery = prepare(bundle)
    staged = Staged(delivery, careful=careful)
    report = staged.report(None)
    if delivery.faults:
        return report
    with intake.staging() as cursor:
        try:
            for name in TABLES:
                if name in delivery.modes:
                    with bundle.members[name].open() as stream:
                        intake.copy(cursor, TABLES[name].stage, staged.open(name, stream))
        except Refused as refusal:
            delivery.faults.add(refusal.file, 0, "", refusal.code)
        if any(not file.columns for file in staged.files.values()) or any(
            not fault.line or fault.code == "quoting" for fault in delivery.faults.first
        ):
            report = staged.report(None)  # a file that cannot be read to its end would make rows of the others look wrong
            raise intake.Undo
        if compared is not None:
            compared.students = intake.call(cursor, "roster_compared")
        report = staged.report(intake.call(cursor, "roster_plan", staged.for_server(), today, delivery.source))
        if write is None:
            raise intake.Undo
        write(cursor, staged, report)
    return report
