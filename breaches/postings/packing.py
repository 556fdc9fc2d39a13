"""An evidence pack from the wish to its end: the incident's lead asks with a reason, somebody else agrees, and after a day the file is gone.

Each verb is one transaction with its entry. What people type as their reason stays in the pack's row.
"""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from breaches import held
from breaches.handling import hat_of
from breaches.incidents.actions import check_handles
from breaches.incidents.models import Incident
from breaches.postings.models import Pack
from governance.people.models import User
from governance.people.queries import day_of
from governance.trail import entries
from governance.trail.seals import queries as seals
from governance.vocabulary import Action, Event
from portal.base import kept, outbox, vault, workdays
from portal.base.errors import CannotDo

DAYS_TO_AGREE = 5
PATIENCE = dt.timedelta(seconds=90)  # how long a pack waits until all that it holds is sealed
TOPIC = "postings.pack"
State = Pack.State


@held.told
@transaction.atomic
def ask(*, incident: UUID, to: str, reason: str, by: User, at: dt.datetime) -> Pack:
    """Ask for the pack of an incident, open or closed. Raises CannotDo for anybody but its lead, for an exercise, without a reason or an
    office, and while another one is under way.
    """
    locked = Incident.objects.select_for_update(of=("self",)).get(public_id=incident)
    check_handles(locked, by=by, at=at)
    if locked.lead_id != by.pk:
        raise CannotDo(_("Whoever leads this incident asks for it."), code="not_lead")
    if locked.drill:
        raise held.HeldInDrill(_("This is an exercise: nothing of it goes outside."), locked)
    if not reason.strip() or not to.strip():
        raise CannotDo(_("Say for which office it is, and why."), code="no_reason")
    if Pack.objects.filter(incident=locked, state__in=[State.WAITING, State.QUEUED, State.MAKING]).exists():
        raise CannotDo(_("A pack of this incident is under way already."), code="under_way")
    made = Pack.objects.create(
        incident=locked, to=to.strip(), reason=reason.strip(), hat=hat_of(by, at) or "", asked_at=at, asked_by=by,
        lapses_on=workdays.after(day_of(at), DAYS_TO_AGREE),
    )  # fmt: skip
    _tell(Event.STATE_PACK_ASKED, made, by=by, at=at, action=Action.CREATE)
    return made


@transaction.atomic
def agree(*, pack: UUID, by: User, at: dt.datetime) -> Pack:
    """The second person's yes; a worker makes it. Raises CannotDo for whoever asked, and for what is decided."""
    locked = _to_decide(pack, by=by, at=at)
    locked.state, locked.decided_at, locked.decided_by, locked.touched_at = State.QUEUED, at, by, at
    locked.save(update_fields=["state", "decided_at", "decided_by", "touched_at"])
    _tell(Event.STATE_PACK_AGREED, locked, by=by, at=at)
    outbox.put(TOPIC, at=at)
    return locked


@transaction.atomic
def refuse(*, pack: UUID, refusal: str, by: User, at: dt.datetime) -> Pack:
    """The second person's no, with the reason. Raises CannotDo as `agree` does, and without a reason."""
    locked = _to_decide(pack, by=by, at=at)
    if not refusal.strip():
        raise CannotDo(_("Say why not. Whoever asked reads it."), code="no_reason")
    locked.state, locked.decided_at, locked.decided_by, locked.refusal = State.REFUSED, at, by, refusal.strip()
    locked.save(update_fields=["state", "decided_at", "decided_by", "refusal"])
    _tell(Event.STATE_PACK_REFUSED, locked, by=by, at=at)
    return locked


@transaction.atomic
def hand_out(*, pack: UUID, by: User, at: dt.datetime) -> vault.Kept:
    """Write the entry of a download; the file may be read then. Raises CannotDo for anybody but the two, and when the day is over."""
    found = Pack.objects.select_related("incident").get(public_id=pack)
    check_handles(found.incident, by=by, at=at)
    if by.pk not in {found.asked_by_id, found.decided_by_id}:
        raise CannotDo(_("Whoever asked for it, and whoever agreed, can download it."), code="not_yours")
    if found.state != State.READY or found.goes_at is None or at >= found.goes_at:
        raise CannotDo(_("This file is gone. Ask for another pack."), code="gone")
    _tell(Event.STATE_PACK_DOWNLOADED, found, by=by, at=at, action=Action.ACCESS, sha256=found.file_sha256)
    return found.kept


# -- The worker's steps ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def claim(*, at: dt.datetime) -> Pack | None:
    """Take the pack that waits longest and is ripe, or one whose worker fell silent; each is taken by one worker alone."""
    newest = seals.latest_checkpoint()
    sealed_until = newest.made_at if newest is not None and newest.size else None
    ripe = Q(decided_at__lte=at - PATIENCE) | (Q(decided_at__lt=sealed_until) if sealed_until else Q(pk=None))
    due = (Q(state=State.QUEUED) & ripe) | Q(state=State.MAKING, touched_at__lt=at - kept.SILENCE)
    pack = (
        Pack.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("incident", "asked_by")
        .filter(due)
        .order_by("asked_at")
    ).first()
    if pack is None:
        return None
    pack.attempts += 1
    pack.state, pack.touched_at = State.MAKING if pack.attempts <= kept.MOST_ATTEMPTS else State.FAILED, at
    pack.save(update_fields=["state", "attempts", "touched_at"])
    if pack.state == State.FAILED:
        _tell(Event.STATE_PACK_MADE, pack, by=pack.asked_by, at=at, failed=True)
        return None
    return pack


@transaction.atomic
def finish(*, pack: Pack, file: vault.Kept, number: int, at: dt.datetime) -> bool:
    """The file is whole, with `number` entries. False where another worker was faster: then this file is nobody's."""
    mine = Pack.objects.select_for_update(of=("self",)).select_related("incident", "asked_by")
    locked = mine.filter(pk=pack.pk, state=State.MAKING, attempts=pack.attempts).first()
    if locked is None:
        return False
    locked.state, locked.entries = State.READY, number
    locked.fill(file, at=at)
    locked.save()
    _tell(Event.STATE_PACK_MADE, locked, by=locked.asked_by, at=at, entries=number, sha256=file.sha256)
    return True


@transaction.atomic
def give_back(*, pack: Pack, at: dt.datetime) -> None:
    """It could not be made this time: another try, or after the third one it says so."""
    locked = Pack.objects.select_for_update().filter(pk=pack.pk, state=State.MAKING, attempts=pack.attempts).first()
    if locked is None:
        return
    locked.state = State.FAILED if locked.attempts >= kept.MOST_ATTEMPTS else State.QUEUED
    locked.save(update_fields=["state"])
    if locked.state == State.FAILED:
        _tell(Event.STATE_PACK_MADE, pack, by=pack.asked_by, at=at, failed=True)


@transaction.atomic
def end_what_is_over(*, at: dt.datetime) -> None:
    """Nobody agreed in time, or the day of a file is over: the file goes, and its key with it."""
    for pack in (
        Pack.objects.select_for_update(of=("self",)).select_related("incident").filter(state=State.WAITING, lapses_on__lt=day_of(at))
    ):
        pack.state = State.LAPSED
        pack.save(update_fields=["state"])
        _tell(Event.STATE_PACK_LAPSED, pack, by=None, at=at)
    for pack in kept.over(Pack, at=at).select_for_update(of=("self",)).select_related("incident"):
        pack.state = State.GONE
        pack.save(update_fields=["state", *pack.empty(at=at)])
        _tell(Event.STATE_PACK_GONE, pack, by=None, at=at, action=Action.DELETE)


def _to_decide(public_id: UUID, *, by: User, at: dt.datetime) -> Pack:
    locked = Pack.objects.select_for_update(of=("self",)).select_related("incident").get(public_id=public_id)
    check_handles(locked.incident, by=by, at=at)
    if locked.asked_by_id == by.pk:
        raise CannotDo(_("You asked for it yourself. Somebody else has to agree."), code="own")
    if locked.state != State.WAITING:
        raise CannotDo(_("Somebody decided this already."), code="decided")
    return locked


def _tell(event: Event, pack: Pack, *, by: User | None, at: dt.datetime, action: Action = Action.UPDATE, **told: object) -> None:
    data = {"incident": str(pack.incident.public_id), **told}
    entries.append(event, action=action, by=by, about=pack, hat=hat_of(by, at) if by else None, data=data)
