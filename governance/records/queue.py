"""Runs that wait for the keeper's worker, and what people decide about them. The worker may be away: everything waits in the database."""

import datetime as dt
import logging
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from governance.people import queries as people
from governance.people.models import User
from governance.records import intake
from governance.records.models import ImportRun
from governance.trail import context
from governance.vocabulary import Role
from portal.base.errors import CannotDo

log = logging.getLogger("portal.import")
State = ImportRun.State
MOST_ATTEMPTS = 3
KEPT_FOR = dt.timedelta(hours=24)
PATIENCE = dt.timedelta(seconds=10)
SILENCE = dt.timedelta(seconds=90)
MAY_APPROVE = (Role.DISTRICT_ADMIN, Role.LEADER)
AT_WORK = (State.RECEIVED, State.APPLYING)
OPEN = (State.MAPPING, State.RECEIVED, State.CHECKED, State.WAITING, State.APPLYING)


class CannotDecide(CannotDo):
    """The run was not taken further; `what_to_do` says why, in words for the person."""


def last_applied(kind: str) -> ImportRun | None:
    """The run of that kind that was applied last."""
    return ImportRun.objects.filter(kind=kind, state=State.APPLIED).order_by("-applied_at").first()


def wake() -> None:
    """Tell the keeper's worker that something waits. A broker that is away changes nothing: the sweep finds the run."""
    from governance.records.tasks import run_imports

    try:
        run_imports.apply_async(ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever the broker raises, the sweep finds the row
        log.warning("import.wake_failed %s", type(error).__name__)


def settle(run: ImportRun, state: str, report: dict[str, Any]) -> None:
    """Note where a run stands, by the keeper's login; of one that ends without being applied nothing is kept."""
    with connections[intake.KEEPER].cursor() as cursor:
        intake.call(cursor, "run_settle", run.pk, str(state), report)
    run.refresh_from_db()


def is_silent(run: ImportRun, *, worker_seen: dt.datetime | None, now: dt.datetime) -> bool:
    """True where a run waits and its worker has shown no sign of life for a while (`worker_seen`: the last one; None where nobody knows)."""
    since = max(filter(None, (run.started_at, run.second_at, run.made_at)))
    untouched = run.state in AT_WORK and run.attempts == 0 and now - since > PATIENCE
    return untouched and (worker_seen is None or now - worker_seen > SILENCE)


_WHY_NOT = {
    "second": _("This import takes something away that protects students, so a second person has to approve it."),
    "gone": _("Somebody else was faster: this import is no longer waiting."),
    "own": _("You sent this file yourself. Another admin or the superintendent has to approve it."),
    "role": _("Only an admin or the superintendent can approve this."),
}


def apply(*, run_id: int, by: User, at: dt.datetime, on: dt.date) -> ImportRun:
    """Have a checked run applied. Raises CannotDecide."""
    return _decide("start", run_id=run_id, by=by, at=at, on=on)


def approve(*, run_id: int, by: User, at: dt.datetime, on: dt.date) -> ImportRun:
    """The second key: have a run applied that waits for another person. Raises CannotDecide."""
    return _decide("approve", run_id=run_id, by=by, at=at, on=on)


def _decide(step: str, *, run_id: int, by: User, at: dt.datetime, on: dt.date) -> ImportRun:
    """Only a function of the door can start an import, and it writes who did so: no other statement of this login could."""
    present = context.current()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT door.run_decide(%s, %s, %s, %s, %s, %s, %s)",
            [
                run_id, step, by.pk, hat_of(by, on=on) or "", present.request_id if present else None, present.address if present else None, at,
            ],
        )  # fmt: skip
        (answer,) = cursor.fetchone()
        if answer != "done":
            raise CannotDecide(_WHY_NOT[answer])
        transaction.on_commit(wake)
    return ImportRun.objects.get(pk=run_id)


def drop(*, run_id: int, by: User, at: dt.datetime) -> ImportRun:
    """Give a run up before it is applied; what was kept of it goes. Raises CannotDecide."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state not in {State.MAPPING, State.RECEIVED, State.CHECKED, State.WAITING}:
            raise CannotDecide(_("This import cannot be dropped any more."))
        run.state = State.DROPPED
        run.save(update_fields=["state"])
        intake.drop(run)
    return run


def hat_of(user: User, *, on: dt.date) -> str | None:
    """The role in which this person imports or approves."""
    roles = people.roles_of(user, on=on)
    return next((str(role) for role in MAY_APPROVE if role in roles), None)


def claim(run: ImportRun, *, now: dt.datetime) -> bool:
    """Take a waiting run for this worker and count the try; False where another one was faster."""
    found = ImportRun.objects.filter(pk=run.pk, state=run.state, attempts=run.attempts)
    return found.update(attempts=F("attempts") + 1, started_at=now) == 1


def give_back(run: ImportRun) -> None:
    """Another import runs: this try does not count."""
    ImportRun.objects.filter(pk=run.pk, attempts__gt=0).update(attempts=F("attempts") - 1)


def give_up_old(*, now: dt.datetime) -> None:
    """Drop runs that nobody took further for a day; their uploads go too."""
    for run in ImportRun.objects.filter(state__in=OPEN, made_at__lt=now - KEPT_FOR).exclude(state=State.APPLYING):
        settle(run, State.DROPPED, run.report)
