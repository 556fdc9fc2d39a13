"""What is done about the file drop: started, made, taken away, stopped. A worker may be killed between any two lines.

    begun     a row for the moment of the schedule, held for LEASE; nobody else makes the same one
    released  the sharing gate: lines and entries are committed, then the bytes are made (sharing.actions.send_bundle)
    told      name, length and hash stand in the row
    written   the bytes are on disk under an unfinished name
    placed    one rename, with the row of the schedule held: nothing ended meanwhile

Until the rename nothing lies in the folder; after it the whole does, and whoever finds the row later sees which by the hash.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import outbox, workdays
from portal.base.errors import CannotDo
from vendors.drops import folder, queries, rules
from vendors.drops.models import Drop, Dropped
from vendors.reviews import status
from vendors.sharing import actions as sharing
from vendors.sharing.actions import CannotShare
from vendors.sharing.models import Delivery, Release

LEASE = dt.timedelta(minutes=15)
FAILED = "vendors.drop_failed"


class CannotDrop(CannotDo):
    """Nothing was started or stopped."""


@transaction.atomic
def start(*, delivery: Delivery, every: str, hour: int, keep_days: int, by: User, at: dt.datetime) -> Drop:
    """From now on a delivery is made by itself, as a file in the tool's folder. The same again gives the one that runs.

    Raises CannotDrop for a delivery that was stopped, or whose preview nobody has confirmed.
    """
    held = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    found = queries.of_delivery(held)
    if found is not None:
        return found
    if held.stopped_at is not None:
        raise CannotDrop(_("This delivery was stopped."), code="stopped")
    if held.seen_at is None:
        raise CannotDrop(_("Look at the preview first and confirm it. After that it runs by itself."), code="not_seen")
    drop = Drop.objects.create(delivery=held, every=every, hour=hour, keep_days=keep_days, started_at=at, started_by=by)
    entries.append(
        Event.DROP_STARTED,
        action=Action.CREATE,
        by=by,
        about=drop,
        data={"delivery": str(held.public_id), "every": every, "keep_days": keep_days},
    )
    return drop


@transaction.atomic
def stop(*, drop: Drop, because: str, by: User | None, at: dt.datetime) -> Drop:
    """No further file is made, and what lies in the folder is taken away. Twice changes nothing. `because`: a word of words.GONE."""
    held = _held(drop)
    if held.stopped_at is None:
        held.void_at = held.stopped_at = at
        held.stopped_by, held.stopped_because = by, because
        held.save(update_fields=["void_at", "stopped_at", "stopped_by", "stopped_because"])
        entries.append(Event.DROP_STOPPED, action=Action.UPDATE, by=by, about=held, data={"why": because})
    _take_away(queries.lying(held), because=because, by=by, at=at)
    return held


@transaction.atomic
def take_back(*, drop: Drop, because: str, at: dt.datetime) -> int:
    """Take away what lies in the folder, and let nothing be placed that was begun before: the next one is made anew. Answers how many."""
    held = _held(drop)
    held.void_at = at
    held.save(update_fields=["void_at"])
    return _take_away(queries.lying(held), because=because, by=None, at=at)


def deliver(*, drop: Drop, at: dt.datetime) -> Dropped | None:
    """Make the file that is due. None where none is, or somebody makes it already. A refusal stands in the row and is told by mail."""
    found = _begin(drop, at)
    if found is None:
        return None
    try:
        release, content = sharing.send_bundle(delivery=found.drop.delivery, by=found.drop.started_by, at=at)
    except CannotShare as refusal:
        return _fail(found, because=refusal.code, at=at)
    _tell_what(found, release, content, at=at)
    return _place(found, content, at=at)


def mend(*, at: dt.datetime) -> int:
    """Look after files whose maker was killed: a whole one is there, of another one nothing is left. Answers how many."""
    return sum(_mend(found, at=at) for found in queries.unfinished(at))


@transaction.atomic
def _mend(found: Dropped, *, at: dt.datetime) -> bool:
    tool = found.drop.delivery.tool.slug
    _held(found.drop)
    found = Dropped.objects.select_related("drop__delivery__tool", "release").get(pk=found.pk)
    if found.placed_at is not None or found.failed_because:
        return False  # it was slow, not gone
    if found.sha256 and folder.is_whole(tool, found.name, size=found.size, sha256=found.sha256):
        _placed(found, at=at)
    else:
        if found.name:
            folder.remove(tool, found.name)
        _fail(found, because="interrupted", at=at)
    return True


def tidy(*, drop: Drop, at: dt.datetime) -> int:
    """Take away files whose days are over, and all where the delivery or the tool's right has ended. Answers how many files went."""
    delivery = drop.delivery
    if delivery.stopped_at is not None:
        stop(drop=drop, because="delivery_stopped", by=delivery.stopped_by, at=at)
        return 0
    if not status.of(delivery.tool, at).usable:
        return take_back(drop=drop, because="not_usable", at=at) if queries.lying(drop).exists() else 0
    over = queries.lying(drop).filter(placed_at__lte=at - dt.timedelta(days=drop.keep_days))
    with transaction.atomic():
        return _take_away(over.select_for_update(of=("self",)), because="kept_long_enough", by=None, at=at)


# -- Steps -----------------------------------------------------------------------------------------------------------------------


def _begin(drop: Drop, at: dt.datetime) -> Dropped | None:
    """A row for the moment that is due. None where none is, where one was made or refused for it, or where somebody is at it."""
    slot = rules.slot_before(
        at,
        every=drop.every,
        hour=drop.hour,
        since=drop.started_at,
        zone=timezone.get_default_timezone(),
        is_workday=workdays.is_workday,
    )
    if slot is None:
        return None
    tries = list(Dropped.objects.filter(drop=drop, slot=slot).order_by("attempt"))
    if len(tries) >= rules.MOST_ATTEMPTS or any(each.failed_because not in {"interrupted", "void"} for each in tries):
        return None
    try:
        with transaction.atomic():
            held = _held(drop)
            if held.stopped_at is not None:
                return None
            made = Dropped.objects.create(drop=held, slot=slot, attempt=len(tries) + 1, begun_at=at, leased_until=at + LEASE)
            entries.append(Event.DROP_BEGUN, action=Action.CREATE, by=None, about=made, data={"drop": str(held.public_id)})
            return made
    except IntegrityError:
        return None


@transaction.atomic
def _tell_what(found: Dropped, release: Release, content: bytes, *, at: dt.datetime) -> None:
    """Length and hash stand before the file does. Nobody has fetched it yet, so nothing else needs an entry."""
    found.release = release
    found.name = f"{found.drop.delivery.tool.slug}-{timezone.localtime(found.slot):%Y%m%d-%H%M}-{found.public_id.hex[:8]}.zip"
    found.size, found.sha256 = len(content), hashlib.sha256(content).hexdigest()
    found.save(update_fields=["release", "name", "size", "sha256"])


def _place(found: Dropped, content: bytes, *, at: dt.datetime) -> Dropped:
    tool = found.drop.delivery.tool.slug
    try:
        folder.write(tool, found.name, content)
        with transaction.atomic():
            held = _held(found.drop)
            found.refresh_from_db(fields=["failed_because"])
            if found.failed_because:  # it took so long that somebody took it for gone
                folder.remove(tool, found.name)
                return found
            if held.void_at is not None and held.void_at >= found.begun_at:
                folder.remove(tool, found.name)
                return _fail(found, because="void", at=at)
            folder.finish(tool, found.name)
            return _placed(found, at=at)
    except folder.CannotWrite:
        return _fail(found, because="folder", at=at)


@transaction.atomic
def _placed(found: Dropped, *, at: dt.datetime) -> Dropped:
    found.placed_at = at
    found.save(update_fields=["placed_at"])
    entries.append(
        Event.DROP_PLACED,
        action=Action.UPDATE,
        by=None,
        about=found,
        data={"release": str(found.release.public_id) if found.release else None, "sha256": found.sha256, "size": found.size},
    )
    _take_away(queries.lying(found.drop).exclude(pk=found.pk), because="newer", by=None, at=at)
    return found


@transaction.atomic
def _fail(found: Dropped, *, because: str, at: dt.datetime) -> Dropped:
    before = Dropped.objects.filter(drop=found.drop, pk__lt=found.pk).order_by("-pk").first()
    found.failed_because = because
    found.save(update_fields=["failed_because"])
    entries.append(Event.DROP_FAILED, action=Action.UPDATE, by=None, about=found, data={"why": because})
    if because not in {"interrupted", "void"} and (before is None or before.failed_because != because):
        outbox.put(FAILED, at=at, file=str(found.public_id))
    return found


def _take_away(files: Iterable[Dropped], *, because: str, by: User | None, at: dt.datetime) -> int:
    """The file goes first: a row that says gone is never wrong; one that says there is put right by the next round."""
    count = 0
    for each in files:
        folder.remove(each.drop.delivery.tool.slug, each.name)
        each.gone_at, each.gone_because = at, because
        each.save(update_fields=["gone_at", "gone_because"])
        entries.append(Event.DROP_REMOVED, action=Action.UPDATE, by=by, about=each, data={"why": because})
        count += 1
    return count


def _held(drop: Drop) -> Drop:
    return Drop.objects.select_for_update(of=("self",)).select_related("delivery__tool", "started_by").get(pk=drop.pk)
