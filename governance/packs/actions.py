"""Asking for a pack that takes long, making it, handing it out, and its end after a day."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from governance.packs.models import Pack
from governance.packs.reading import Asked
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import outbox, vault

LASTS = dt.timedelta(hours=24)
SILENCE = dt.timedelta(minutes=5)  # a pack whose worker told nothing for so long was left behind
MOST_ATTEMPTS = 3
TOPIC = "packs.asked"
State = Pack.State


@transaction.atomic
def ask(*, asked: Asked, total: int, at: dt.datetime) -> Pack:
    """Put a pack on the list of what workers make. The entry of asking is committed already: its key counted the lines."""
    entries.append(Event.PACK_ASKED, action=Action.CREATE, by=asked.by, data={"lines": total, "year": asked.year})
    outbox.put(TOPIC, at=at)
    return Pack.objects.create(
        student=asked.student, asked_by=asked.by, as_auditor=asked.access is None, year=asked.year, total=total, asked_at=at
    )


@transaction.atomic
def claim(*, at: dt.datetime) -> Pack | None:
    """Take the pack that waits longest, or one whose worker fell silent; each is taken by one worker alone."""
    due = Q(state=State.WAITING) | Q(state=State.MAKING, started_at__lt=at - SILENCE)
    pack = Pack.objects.select_for_update(of=("self",), skip_locked=True).filter(due).order_by("asked_at").first()
    if pack is None:
        return None
    pack.attempts += 1
    pack.state = State.MAKING if pack.attempts <= MOST_ATTEMPTS else State.FAILED
    pack.started_at, pack.done = at, 0
    pack.save(update_fields=["state", "attempts", "started_at", "done"])
    return pack if pack.state == State.MAKING else None


def tell(*, pack: Pack, done: int, at: dt.datetime) -> bool:
    """Say how far the work is. False where another worker took it over."""
    mine = Pack.objects.filter(pk=pack.pk, state=State.MAKING, attempts=pack.attempts)
    return bool(mine.update(started_at=at, done=done, total=Greatest("total", done)))


@transaction.atomic
def finish(*, pack: Pack, kept: vault.Kept, lines: int, proven: int, at: dt.datetime) -> bool:
    """The file is whole. False where another worker was faster: then this file is nobody's."""
    mine = Pack.objects.select_for_update().filter(pk=pack.pk, state=State.MAKING, attempts=pack.attempts).first()
    if mine is None:
        return False
    mine.state, mine.ready_at, mine.done, mine.total = State.READY, at, lines, lines
    mine.file_name, mine.file_size, mine.file_sha256, mine.file_key = kept.name, kept.size, kept.sha256, kept.key
    mine.save()
    entries.append(Event.PACK_MADE, action=Action.UPDATE, by=mine.asked_by, about=mine, data={"lines": lines, "proofs": proven})
    return True


@transaction.atomic
def fail(*, pack: Pack, at: dt.datetime) -> None:
    """It cannot be made: the right ended, or something went wrong three times."""
    mine = Pack.objects.select_for_update().filter(pk=pack.pk, attempts=pack.attempts).exclude(state=State.READY).first()
    if mine is not None:
        mine.state = State.FAILED
        mine.save(update_fields=["state"])
        entries.append(Event.PACK_MADE, action=Action.UPDATE, by=mine.asked_by, about=mine, data={"failed": True})


@transaction.atomic
def hand_out(*, pack: Pack, by: User, hat: Role | None, at: dt.datetime) -> vault.Kept:
    """Write the entry of a download; the file may be read then."""
    entries.append(
        Event.PACK_DOWNLOADED, action=Action.ACCESS, by=by, about=pack, students=[pack.student_id], hat=hat, data={"year": pack.year}
    )
    return vault.Kept(pack.file_name, pack.file_size, pack.file_sha256, bytes(pack.file_key))


@transaction.atomic
def remove(*, public_id: UUID, at: dt.datetime) -> None:
    """The day is over: the file goes, and its key with it."""
    pack = Pack.objects.select_for_update().filter(public_id=public_id, state=State.READY).first()
    if pack is None:
        return
    name = pack.file_name
    pack.state, pack.gone_at, pack.file_key = State.GONE, at, b""
    pack.save(update_fields=["state", "gone_at", "file_key"])
    entries.append(Event.PACK_GONE, action=Action.DELETE, by=None, about=pack)
    transaction.on_commit(lambda: vault.destroy(name))
