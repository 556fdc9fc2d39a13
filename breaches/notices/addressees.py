"""Who gets a notice that does not go to families, how it got there, and which duties that meets."""

import contextlib
import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from breaches import held
from breaches.assessment import actions as assessment
from breaches.handling import hat_of
from breaches.incidents import evidence as evidence_room
from breaches.notices import outgoing
from breaches.notices.actions import locked_notice
from breaches.notices.models import Addressee, Audience, Notice, Recipient
from breaches.notices.texts import one_line
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import outbox
from portal.base.errors import CannotDo


@transaction.atomic
def add(*, notice: UUID, name: str, way: str, address: str, by: User, at: dt.datetime) -> Addressee:
    """Name who gets a notice. One that is going out goes to a late addressee too. Raises CannotDo for families and pages, for an address that
    is named already, and once the notice was stopped.
    """
    locked = locked_notice(notice, by=by, at=at)
    if locked.audience in {Audience.FAMILY, Audience.PUBLIC}:
        raise CannotDo(_("This notice goes to those whom its list names, or to everybody. Nobody is added by hand."), code="no_addressees")
    if locked.stopped_at is not None:
        raise CannotDo(_("This notice was stopped. Make another one."), code="stopped")
    try:
        with transaction.atomic():
            made = Addressee.objects.create(
                notice=locked, name=one_line(name), way=way, address=one_line(address), added_at=at, added_by=by
            )  # fmt: skip
    except IntegrityError as error:
        raise CannotDo(_("This address is named already."), code="twice") from error
    _tell(Event.NOTICE_ADDRESSEE_NAMED, made, by=by, at=at, way=str(way))
    if locked.is_running and not locked.drill and way == Addressee.Way.MAIL:
        outbox.put(outgoing.TELL, at=at, addressee=str(made.public_id))
    return made


@transaction.atomic
def drop(*, addressee: UUID, by: User, at: dt.datetime) -> Notice:
    """Take off who was named and has not been told. Raises CannotDo once the notice goes out."""
    row = _locked(addressee, by=by, at=at)
    if row.notice.started_at is not None:
        raise CannotDo(_("This notice is going out. Who was named stays."), code="started")
    _tell(Event.NOTICE_ADDRESSEE_DROPPED, row, by=by, at=at)
    row.delete()
    return row.notice


@held.told
def deliver(
    *, addressee: UUID, told_at: dt.datetime, words: str, by: User, at: dt.datetime, file: Iterable[bytes] = (), media_type: str = ""
) -> Addressee:
    """Say that a notice was handed in or posted: when, to whom or under which number, with the confirmation as evidence where there is one.

    The last one meets the notice's duties. Raises CannotDo before the notice was started, in the future, without words, and where that was
    said already; in a drill nothing is handed in.
    """
    pieces = list(file)
    with transaction.atomic():
        row = _locked(addressee, by=by, at=at)
        _check_deliverable(row, told_at, words, at=at)
    kept = None
    if pieces:
        kept = evidence_room.take(
            incident=row.notice.incident.public_id, title=_("Confirmation of a notice"), came_from=row.name, media_type=media_type, pieces=pieces,
            by=by, at=at,
        )  # fmt: skip
    with transaction.atomic():
        row = _locked(addressee, by=by, at=at)
        _check_deliverable(row, told_at, words, at=at)
        row.told_at, row.told_by, row.words, row.evidence = told_at, by, words.strip(), kept
        row.save(update_fields=["told_at", "told_by", "words", "evidence"])
        _tell(
            Event.NOTICE_DELIVERED, row, by=by, at=at, way=row.way, told=told_at.isoformat(), evidence=str(kept.public_id) if kept else None
        )
        if is_out(row.notice):
            meet(notice=row.notice.public_id, by=by, at=at)
    return row


def _check_deliverable(row: Addressee, told_at: dt.datetime, words: str, *, at: dt.datetime) -> None:
    if row.notice.drill:
        raise held.HeldInDrill(_("This is a drill: nothing of it goes outside."), row.notice.incident)
    if not row.notice.is_running:
        raise CannotDo(_("This notice is not going out. Start it first: what is handed in is the approved text."), code="not_running")
    if row.told_at is not None:
        raise CannotDo(_("It is on record already that this arrived."), code="decided")
    if told_at > at:
        raise CannotDo(_("This moment lies in the future. Give the moment when it was done."), code="in_the_future")
    if row.notice.started_at is not None and told_at < row.notice.started_at.replace(second=0, microsecond=0):  # people give minutes
        raise CannotDo(_("That was before this text was approved and started. Hand in the approved text."), code="too_early")
    if not words.strip():
        raise CannotDo(_("Say who took it, or the confirmation’s number, so that somebody can check it."), code="no_reason")


def is_out(notice: Notice) -> bool:
    """True where all that can go has gone: a page is public, everybody named was told, no family waits."""
    if not notice.is_running or notice.drill:
        return False
    if notice.audience == Audience.FAMILY:
        return not notice.recipients.filter(state__in=[Recipient.State.WAITING, Recipient.State.PAPER]).exists()
    return notice.audience == Audience.PUBLIC or not notice.addressees.filter(told_at=None).exists()


@transaction.atomic
def meet(*, notice: UUID, by: User, at: dt.datetime) -> int:
    """Say of the notice's duties that they were met by it; their clocks stop. Answers how many did. Raises CannotDo while it is not out."""
    locked = locked_notice(notice, by=by, at=at)
    if not is_out(locked):
        raise CannotDo(_("This notice is not out yet. Clocks stop when everybody it names was told."), code="not_out")
    assert locked.started_at is not None
    last = locked.addressees.order_by("-told_at").values_list("told_at", flat=True).first()
    last = (
        last or locked.recipients.exclude(sent_at=None).order_by("-sent_at").values_list("sent_at", flat=True).first() or locked.started_at
    )
    words = _("Told by the notice %(audience)s, approved by two people.") % {"audience": f"“{Audience(locked.audience).label}”"}
    met = 0
    for key in locked.duties:
        with contextlib.suppress(CannotDo):  # met already, or the facts changed and this is no duty any more
            assessment.meet(incident=locked.incident.public_id, key=key, met_at=min(last, at), words=words, by=by, at=at)
            met += 1
    return met


def _locked(public_id: UUID, *, by: User, at: dt.datetime) -> Addressee:
    found = Addressee.objects.select_related("notice").get(public_id=public_id)
    locked_notice(found.notice.public_id, by=by, at=at)
    return Addressee.objects.select_for_update(of=("self",)).select_related("notice__incident").get(public_id=public_id)


def _tell(event: Event, row: Addressee, *, by: User, at: dt.datetime, **told: object) -> None:
    entries.append(
        event, action=Action.UPDATE, by=by, about=row.notice, hat=hat_of(by, at), data={"addressee": str(row.public_id), **told}
    )  # fmt: skip
