"""What the keeper's worker does. A task names no run: whatever waits in the database is taken, so that a lost or doubled message changes nothing."""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError, connections

from governance.records import intake, queue
from governance.records.models import ImportRun
from governance.records.roster import runs as roster
from governance.records.values import runs as values
from portal.base import clock

log = logging.getLogger("portal.import")


@shared_task
def run_imports() -> None:
    """Check and apply what waits, one after the other. Started by each upload and by beat's sweep."""
    if intake.KEEPER not in connections:
        return
    queue.give_up_old(now=clock.now())
    intake.sweep()
    for run in ImportRun.objects.filter(state__in=queue.AT_WORK).select_related("applied_by").order_by("made_at"):
        if not _work_on(run):
            return


def _work_on(run: ImportRun) -> bool:
    """True where the next run may be tried; False while another import holds the lock."""
    now = clock.now()
    if run.attempts >= queue.MOST_ATTEMPTS:
        queue.settle(run, ImportRun.State.FAILED, {**run.report, "failed": "attempts"})
        return True
    if not queue.claim(run, now=now):
        return True
    run.attempts += 1
    try:
        with intake.kept(run) as content:
            if content is None:
                queue.settle(run, ImportRun.State.FAILED, {**run.report, "failed": "lost"})
                return True
            room = roster if run.kind == ImportRun.Kind.ROSTER else values
            room.work_on(run, content, at=now, today=clock.today())
    except intake.Busy:
        queue.give_back(run)
        return False
    except (OperationalError, InterfaceError) as error:
        log.warning("import.interrupted %s", type(error).__name__)  # the next sweep tries again
        for connection in connections.all(initialized_only=True):
            connection.close()
        return False
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the run says so and nothing was changed
        log.error("import.failed %s", type(error).__name__)  # the error's own text may hold a value
        queue.settle(run, ImportRun.State.FAILED, {**run.report, "failed": "error"})
    return True
