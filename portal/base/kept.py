"""Files that workers make in the background and that lie ready for a day, encrypted in the data folder (portal.base.vault).

A row tells how far its file is; the file goes and the row stays. A worker claims the row, and each claim counts as a try: who fell silent is
taken over, and what comes of the old try counts no more. Each room adds its own entry of the trail, in the same transaction.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from portal.base import vault
from portal.base.components import Status

LASTS = dt.timedelta(hours=24)
SILENCE = dt.timedelta(minutes=5)  # a file whose worker told nothing for so long was left behind
MOST_ATTEMPTS = 3


class TakenOver(Exception):
    """Another worker makes this file now."""


class KeptFile(models.Model):
    """What one has to remember of a file to open it again, since when it lies ready, and when it went. Each room says which states there are;
    while the file is there it is "ready"."""

    state = models.CharField(max_length=10)
    attempts = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=60, blank=True)
    file_size = models.PositiveBigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_key = models.BinaryField(default=bytes)

    class Meta:
        abstract = True

    @property
    def kept(self) -> vault.Kept:
        """How to open it."""
        return vault.Kept(self.file_name, self.file_size, self.file_sha256, bytes(self.file_key))

    @property
    def goes_at(self) -> dt.datetime | None:
        """When it goes; None before it is ready."""
        return self.ready_at + LASTS if self.ready_at is not None else None

    def fill(self, kept: vault.Kept, *, at: dt.datetime) -> None:
        """The file is whole. To be saved by the caller."""
        self.file_name, self.file_size, self.file_sha256, self.file_key = kept.name, kept.size, kept.sha256, kept.key
        self.ready_at = at

    def empty(self, *, at: dt.datetime) -> list[str]:
        """Its day is over: the key goes, and with the commit the file. Answers which fields the caller has to save."""
        name = self.file_name
        self.gone_at, self.file_key = at, b""
        transaction.on_commit(lambda: vault.destroy(name))
        return ["gone_at", "file_key"]


class MadeFile(KeptFile):
    """A file that waits, is made and lies ready; `done` of `total` tells how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be made")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be made")
        GONE = "gone", _("Gone")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def at_work(self) -> bool:
        """True while somebody waits for it."""
        return self.state in (self.State.WAITING, self.State.MAKING)

    @property
    def status(self) -> Status:
        """How far it is, to show."""
        state = self.State(self.state)
        return Status(_KINDS[state], str(state.label))


State = MadeFile.State
Row = TypeVar("Row", bound=MadeFile)
_KINDS = {State.WAITING: "wait", State.MAKING: "wait", State.READY: "ok", State.FAILED: "stop", State.GONE: "off"}


def ready_has_a_file(name: str) -> models.CheckConstraint:
    """What is ready has its time and its file."""
    return models.CheckConstraint(condition=~Q(state="ready") | (Q(ready_at__isnull=False) & ~Q(file_name="")), name=name)


def done_at_most_once(name: str) -> models.CheckConstraint:
    """No more is done than there is to do."""
    return models.CheckConstraint(condition=Q(done__lte=F("total")), name=name)


# -- The row, step by step ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def claim(model: type[Row], *, at: dt.datetime) -> Row | None:
    """Take the row that waits longest, or one whose worker fell silent; each is taken by one worker alone. After the third try it has failed."""
    due = Q(state=State.WAITING) | Q(state=State.MAKING, started_at__lt=at - SILENCE)
    rows = model._default_manager.select_for_update(of=("self",), skip_locked=True)
    row = rows.filter(due).order_by("asked_at", "pk").first()
    if row is None:
        return None
    row.attempts += 1
    row.state = State.MAKING if row.attempts <= MOST_ATTEMPTS else State.FAILED
    row.started_at, row.done = at, 0
    row.save(update_fields=["state", "attempts", "started_at", "done"])
    return row if row.state == State.MAKING else None


def tell(row: MadeFile, *, done: int, at: dt.datetime) -> bool:
    """Say how far the work is. False where another worker took it over."""
    mine = type(row)._default_manager.filter(pk=row.pk, state=State.MAKING, attempts=row.attempts)
    return bool(mine.update(started_at=at, done=done, total=Greatest("total", done)))


def mine(row: Row) -> Row | None:
    """The row, locked, while this worker's try still counts."""
    rows = type(row)._default_manager.select_for_update(of=("self",))
    return rows.filter(pk=row.pk, state=State.MAKING, attempts=row.attempts).first()


def finish(row: Row, kept: vault.Kept, *, total: int | None = None, at: dt.datetime) -> Row | None:
    """The file is whole, and holds `total` (what was expected, where nothing is said). None where another worker was faster: then this file is
    nobody's."""
    found = mine(row)
    if found is not None:
        found.total = found.total if total is None else total
        found.state, found.done = State.READY, found.total
        found.fill(kept, at=at)
        found.save()
    return found


def fail(row: Row) -> Row | None:
    """It cannot be made. None where another worker makes it now."""
    found = mine(row)
    if found is not None:
        found.state = State.FAILED
        found.save(update_fields=["state"])
    return found


def remove(model: type[Row], public_id: UUID, *, at: dt.datetime) -> Row | None:
    """The day is over: the file goes, and its key with it. None where it is gone already."""
    row = model._default_manager.select_for_update(of=("self",)).filter(public_id=public_id, state=State.READY).first()
    if row is not None:
        row.state = State.GONE
        row.save(update_fields=["state", *row.empty(at=at)])
    return row


def over(model: type[KeptFile], *, at: dt.datetime) -> models.QuerySet[Any]:
    """Rows whose file has lain ready for its day."""
    return model._default_manager.filter(state=State.READY, ready_at__lte=at - LASTS)


def names(model: type[KeptFile]) -> set[str]:
    """Names of the files that lie ready."""
    return set(model._default_manager.filter(state=State.READY).values_list("file_name", flat=True))


# -- In the worker -----------------------------------------------------------------------------------------------------------------


def wake(task: Any) -> None:
    """Start a task once this transaction is committed: the door does not open inside the relay's. Beat's sweep would find the work too."""
    transaction.on_commit(lambda: task.apply_async(ignore_result=True, retry=False), robust=True)


Written = TypeVar("Written")


def make(
    row: KeptFile,
    *,
    owner: str,
    write: Callable[[vault.Writer], Written],
    finish: Callable[[vault.Kept, Written], bool],
    failed: Callable[[bool], None],
    hopeless: tuple[type[Exception], ...] = (),
    log: logging.Logger,
) -> None:
    """Make one file that this worker has claimed: `write` it, then `finish` (False where it is nobody's: then it goes again).

    `failed` hears of whatever went wrong, and whether that was the last try; one of the `hopeless` errors is the last at once.
    """
    try:
        with vault.Writer(owner) as file:
            written = write(file)
            kept = file.finish()
        if not finish(kept, written):
            vault.destroy(kept.name)
    except TakenOver:
        return
    except hopeless:
        failed(True)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, another try is made, and the third one says so
        log.error("%s.failed %s", owner, type(error).__name__)  # the error's own text may quote a line
        failed(row.attempts >= MOST_ATTEMPTS)
