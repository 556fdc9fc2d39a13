"""Check a roster delivery, or check and merge it: one transaction of the keeper's, whole or not at all."""

import dataclasses
import datetime as dt
from typing import Any

from governance.records import intake
from governance.records.models import ImportRun
from governance.records.roster.bundle import Bundle, Refused
from governance.records.roster.delivery import Report, Staged, prepare
from governance.records.roster.standard import TABLES


@dataclasses.dataclass(frozen=True)
class Actor:
    """For whom a delivery is merged: account (None: the server's own command line), hat, and the request it belongs to."""

    user_id: int | None = None
    hat: str | None = None
    request_id: str | None = None


def check(bundle: Bundle, *, today: dt.date) -> Report:
    """What the delivery would change and what is wrong with it. Nothing is kept. Raises `intake.Busy`."""
    return _run(bundle, today=today, merge=None)


def merge(bundle: Bundle, *, run: ImportRun, actor: Actor, second: bool, at: dt.datetime, today: dt.date) -> Report:
    """Merge the delivery and mark `run` as applied, in one transaction; where it has faults, or ends too many without a second person, nothing changes.

    Ask the report: `refused`, or `ends_too_many` without `second`. Raises `intake.Busy`.
    """

    def write(cursor: Any, staged: Staged, report: Report) -> None:
        if report.refused or (report.ends_too_many and not second):
            raise intake.Undo
        if report.unchanged:
            intake.call(cursor, "import_clear")
        else:
            intake.call(
                cursor, "roster_apply", run.pk, staged.for_server(), today, at, report.elements, report.counts, actor.user_id, actor.hat, actor.request_id
            )
        intake.call(cursor, "import_done", run.pk, report.as_dict(), at, actor.user_id)

    return _run(bundle, today=today, merge=write)


def _run(bundle: Bundle, *, today: dt.date, merge: Any) -> Report:
    delivery = prepare(bundle)
    staged = Staged(delivery)
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
            report = staged.report(None)
            raise intake.Undo from None
        if delivery.faults and any(not file.columns for file in staged.files.values()):
            report = staged.report(None)
            raise intake.Undo
        answer = intake.call(cursor, "roster_plan", staged.for_server(), today, delivery.source)
        report = staged.report(answer)
        if merge is None:
            raise intake.Undo
        merge(cursor, staged, report)
    return report


