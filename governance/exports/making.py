"""Making an export's file, in the worker. Killed at any line it leaves a file without a name, which is swept, and a row that another worker takes up."""

import contextlib
import dataclasses
import datetime as dt
import logging
import threading
import time
from collections.abc import Iterator
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F

from governance.exports import actions, files, proofs, queries, reports, spreadsheets, tables
from governance.exports.models import Export
from governance.trail import context
from governance.trail.seals import queries as seals
from portal.base import clock, vault

log = logging.getLogger("portal.exports")
State, Failure = Export.State, Export.Failure
OWNER = "exports"
PULSE_SECONDS = 5.0
PROGRESS_SECONDS = 1.0
PATIENCE = dt.timedelta(seconds=90)


class Stopped(Exception):
    """The export was called off, or another worker makes it."""


def make(export_id: UUID) -> bool:
    """Make the file of a waiting export. False where it should be tried again in a moment, since the entries it asks for are being sealed."""
    export = Export.objects.select_related("asked_by").filter(public_id=export_id, state=State.QUEUED).first()
    if export is None:
        return True
    checkpoint = _checkpoint_for(export)
    if checkpoint is None and _sealing_may_come(export):
        return False
    if not _claim(export):
        return True
    attempt = export.attempts + 1
    try:
        with context.acting(actor_id=export.asked_by_id), _pulse(export.pk, attempt):
            failure = _make(export, attempt, checkpoint)
    except Stopped:
        return True
    except (OperationalError, InterfaceError) as error:
        log.warning("exports.interrupted %s", type(error).__name__)  # the sweep has another worker begin anew
        connection.close()
        return True
    except proofs.NotAsSealed:
        failure = Failure.NOT_AS_SEALED
    except (reports.TooLong, spreadsheets.TooManyRows):
        failure = Failure.TOO_LONG
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the export says so
        log.error("exports.failed %s", type(error).__name__)  # the error's own text may quote a line
        failure = Failure.ERROR
    if failure:
        actions.fail(export_id=export_id, attempt=attempt, failure=failure, at=clock.now())
    return True


def _make(export: Export, attempt: int, checkpoint: seals.Signed | None) -> str:
    if not queries.may_export(export.asked_by, hat=export.hat, on=clock.today()):
        return Failure.FORBIDDEN
    filters = queries.filters_of(export)
    if filters is None:
        return Failure.ERROR
    wanted = files.Wanted(
        by=export.asked_by, hat=export.hat, filters=filters, form=export.form, purpose=export.purpose, name=tables.file_name(filters, export.form),
        checkpoint=checkpoint, language=export.language, told={"export": str(export.public_id)},
    )  # fmt: skip
    with contextlib.ExitStack() as writers:
        file = writers.enter_context(vault.Writer(OWNER))
        proof = writers.enter_context(vault.Writer(OWNER)) if checkpoint is not None else None
        made = files.write(wanted, file, proof, progress=_Progress(export.pk, attempt))
        kept, kept_proof = file.finish(), proof.finish() if proof is not None else None
    if not actions.finish(
        export_id=export.public_id, attempt=attempt, file=kept, proof=kept_proof, rows=made.rows, entries_in=made.entries, at=clock.now()
    ):
        for left in (kept, kept_proof):
            if left is not None:
                vault.destroy(left.name)
    return ""


def _checkpoint_for(export: Export) -> seals.Signed | None:
    """The newest checkpoint, where it was signed after the export was asked for: then all that the export may hold is sealed."""
    latest = seals.latest_checkpoint()
    return latest if latest is not None and latest.size and latest.made_at > export.until else None


def _sealing_may_come(export: Export) -> bool:
    """True where this trail is sealed and not much time has passed: then it is worth waiting for. Else the file is made without a companion."""
    since = export.decided_at or export.asked_at
    return clock.now() - since < PATIENCE and bool(seals.public_keys())


def _claim(export: Export) -> bool:
    """Take the export for this worker and count the try; False where another one was faster."""
    mine = Export.objects.filter(pk=export.pk, state=State.QUEUED, attempts=export.attempts)
    return mine.update(state=State.MAKING, attempts=F("attempts") + 1, touched_at=clock.now(), done=0) == 1


@dataclasses.dataclass
class _Progress:
    """Writes down how far it is, once a second. Raises Stopped where this attempt no longer counts."""

    pk: int
    attempt: int
    said_at: float = 0.0

    def __call__(self, rows: int) -> None:
        if time.monotonic() - self.said_at < PROGRESS_SECONDS:
            return
        self.said_at = time.monotonic()
        mine = Export.objects.filter(pk=self.pk, state=State.MAKING, attempts=self.attempt)
        if not mine.update(done=rows, touched_at=clock.now()):
            raise Stopped


@contextlib.contextmanager
def _pulse(pk: int, attempt: int) -> Iterator[None]:
    """Show a sign of life while something takes long without progress."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(PULSE_SECONDS):
                Export.objects.filter(pk=pk, state=State.MAKING, attempts=attempt).update(touched_at=clock.now())
        except (OperationalError, InterfaceError) as error:
            log.warning("exports.pulse_lost %s", type(error).__name__)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="export-pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def sweep() -> None:
    """What time alone does: end what nobody approved, remove files whose day is over, take up what fell silent, clear what was left behind."""
    now = clock.now()
    for export in Export.objects.filter(state=State.WAITING, lapses_on__lt=clock.today()):
        actions.lapse(export_id=export.public_id, at=now)
    for export in Export.objects.filter(state=State.READY, gone_after__lte=now):
        actions.expire(export_id=export.public_id, at=now)
    for export in Export.objects.filter(state__in=[State.QUEUED, State.MAKING], touched_at__lte=now - actions.SILENCE):
        actions.take_up_again(export_id=export.public_id, at=now)
    vault.sweep(OWNER, known=queries.kept_names())
