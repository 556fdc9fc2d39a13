"""Asking for a pack that takes long, making it, handing it out, and its end after a day."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from governance.packs.models import Pack
from governance.packs.reading import Asked
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import kept, outbox, vault

TOPIC = "packs.asked"


@transaction.atomic
def ask(*, asked: Asked, total: int, at: dt.datetime) -> Pack:
    """Put a pack on the list of what workers make. The entry of asking is committed already: its key counted the lines."""
    entries.append(Event.PACK_ASKED, action=Action.CREATE, by=asked.by, data={"lines": total, "year": asked.year})
    outbox.put(TOPIC, at=at)
    return Pack.objects.create(
        student=asked.student, asked_by=asked.by, as_auditor=asked.access is None, year=asked.year, total=total, asked_at=at
    )


def claim(*, at: dt.datetime) -> Pack | None:
    """Take the pack that waits longest, or one whose worker fell silent; each is taken by one worker alone."""
    return kept.claim(Pack, at=at)


@transaction.atomic
def finish(*, pack: Pack, file: vault.Kept, lines: int, proven: int, at: dt.datetime) -> bool:
    """The file is whole. False where another worker was faster: then this file is nobody's."""
    mine = kept.finish(pack, file, total=lines, at=at)
    if mine is None:
        return False
    entries.append(Event.PACK_MADE, action=Action.UPDATE, by=mine.asked_by, about=mine, data={"lines": lines, "proofs": proven})
    return True


@transaction.atomic
def fail(*, pack: Pack, at: dt.datetime) -> None:
    """It cannot be made: the right ended, or something went wrong three times."""
    mine = kept.fail(pack)
    if mine is not None:
        entries.append(Event.PACK_MADE, action=Action.UPDATE, by=mine.asked_by, about=mine, data={"failed": True})


@transaction.atomic
def hand_out(*, pack: Pack, by: User, hat: Role | None, at: dt.datetime) -> vault.Kept:
    """Write the entry of a download; the file may be read then."""
    entries.append(
        Event.PACK_DOWNLOADED, action=Action.ACCESS, by=by, about=pack, students=[pack.student_id], hat=hat, data={"year": pack.year}
    )
    return pack.kept


@transaction.atomic
def remove(*, public_id: UUID, at: dt.datetime) -> None:
    """The day is over: the file goes, and its key with it."""
    pack = kept.remove(Pack, public_id, at=at)
    if pack is not None:
        entries.append(Event.PACK_GONE, action=Action.DELETE, by=None, about=pack)
