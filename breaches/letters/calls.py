"""Calling those whom nothing reached: twenty at a time in one caller's hands, names and numbers through the door, outcomes from a fixed list."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import held
from breaches.handling import hat_of
from breaches.letters import queries
from breaches.letters.models import Call, Turn
from breaches.letters.printing import open_notice
from breaches.notices.bars import keep_back, still_told
from breaches.notices.models import Notice, Recipient
from breaches.notices.opening import BASIS, LANGUAGE, PURPOSE
from governance.people import queries as people
from governance.people.models import User
from governance.records import door
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo

TURN = dt.timedelta(hours=2)
_OF_GUARDIANS = frozenset({"name", "guardian-name", "guardian-phone", LANGUAGE})
_OF_STUDENTS = frozenset({"name", "phone"})


@held.told
@transaction.atomic
def take(*, notice: UUID, by: User, at: dt.datetime) -> int:
    """Take up to twenty recipients in hand for two hours, those tried least first. Answers how many. Raises CannotDo where there are none."""
    locked = open_notice(notice, by=by, at=at)
    _keep_back(list(queries.free_to_call(locked, at)), at=at)
    room = queries.CALLS_A_PAGE - len(queries.in_hand(locked, by, at))
    rows = list(queries.free_to_call(locked, at)[: max(room, 0)])
    if not rows:
        raise CannotDo(_("Nobody else waits for a call now, or your list is full."), code="none")
    for row in rows:
        Turn.objects.update_or_create(recipient=row, defaults={"caller": by, "until": at + TURN})
    _tell(Event.CALLS_TAKEN, locked, by=by, at=at, recipients=[str(row.public_id) for row in rows])
    return len(rows)


def _keep_back(rows: Sequence[Recipient], *, at: dt.datetime) -> None:
    """Nobody calls whom an order bars meanwhile. Where nobody else is told about the child the row stays, to be looked into."""
    told = still_told([row.pk for row in rows], on=people.day_of(at))
    for row in rows:
        if row.pk not in told and row.because != Recipient.Because.NOBODY:
            keep_back(row.pk, at=at)


@dataclasses.dataclass(frozen=True)
class ToCall:
    """Whom to call, read through the door for one page: the person, about which child, number and language. Empty where nobody may be told."""

    name: str = ""
    child: str = ""
    phone: str = ""
    language: str = ""
    barred: bool = False


@held.told
def open_page(notice: Notice, *, by: User, at: dt.datetime) -> dict[int, ToCall]:
    """Names, numbers and languages of those in this caller's hands, by recipient. One committed entry a kind of recipient, then the read.

    Raises CannotDo for a drill and a closed incident, `entries.TooMany` where this person has opened too many for now.
    """
    with transaction.atomic():
        open_notice(notice.public_id, by=by, at=at)
        _keep_back(queries.in_hand(notice, by, at), at=at)
    rows = queries.in_hand(notice, by, at)
    told = still_told([row.pk for row in rows], on=people.day_of(at))
    found = {row.pk: ToCall(barred=True) for row in rows if row.pk not in told}
    for own in (False, True):
        some = [row for row in rows if row.own is own and row.pk in told]
        if some:
            found |= _read(some, own=own, notice=notice, by=by, at=at)
    return found


def _read(rows: Sequence[Recipient], *, own: bool, notice: Notice, by: User, at: dt.datetime) -> dict[int, ToCall]:
    students = sorted({row.student_id for row in rows})
    elements = _OF_STUDENTS if own else _OF_GUARDIANS
    written = entries.append_ahead(
        Event.CALLS_OPENED, by=by, students=students, elements=elements, counted=True, hat=hat_of(by, at),
        purpose=PURPOSE, basis=BASIS, data={"notice": str(notice.public_id)},
    )  # fmt: skip
    opened = door.opened_by(written, students=students, elements=elements)
    found = {}
    for row in rows:
        child = opened[row.student_id]
        if own:
            found[row.pk] = ToCall(child.full_name, "", child.identity.get("phone") or "")
            continue
        spoken = next((value.value for value in child.values.get(LANGUAGE, [])), "")
        link = row.guardianship.guardian_id if row.guardianship else None
        guardian = next((one for one in child.guardians if one["guardian_id"] == link), None)
        if guardian is not None:
            name = f"{guardian['given_name'] or ''} {guardian['family_name'] or ''}".strip()
            found[row.pk] = ToCall(name, child.full_name, guardian["phone"] or "", guardian["language"] or spoken)
        else:
            found[row.pk] = ToCall(barred=True)
    return found


@held.told
@transaction.atomic
def record(*, notice: UUID, outcomes: Mapping[UUID, str], by: User, at: dt.datetime) -> int:
    """Write down what came of calls, by the recipient's public id, and let go of them. Who was told in person is settled.

    Answers how many. Raises CannotDo for one that is not in this caller's hands any more.
    """
    locked = open_notice(notice, by=by, at=at)
    mine = {row.public_id: row for row in queries.in_hand(locked, by, at)}
    if not set(outcomes) <= set(mine):
        raise CannotDo(_("Somebody else has one of these in hand, or it is settled. Open the list again."), code="not_yours")
    if not outcomes:
        raise CannotDo(_("Say what came of at least one call."), code="nothing")
    rows = [(mine[public_id], outcome) for public_id, outcome in outcomes.items()]
    Call.objects.bulk_create(Call(recipient=row, outcome=outcome, at=at, by=by) for row, outcome in rows)
    Turn.objects.filter(recipient__in=[row for row, _outcome in rows]).delete()
    reached = [row.pk for row, outcome in rows if outcome == Call.Outcome.REACHED]
    Recipient.objects.filter(pk__in=reached).update(state=Recipient.State.REACHED, handled_at=at, handled_by=by)
    _tell(Event.CALLS_MADE, locked, by=by, at=at, calls={str(row.public_id): str(outcome) for row, outcome in rows})
    return len(rows)


def _tell(event: Event, notice: Notice, *, by: User, at: dt.datetime, **told: object) -> None:
    entries.append(event, action=Action.UPDATE, by=by, about=notice, hat=hat_of(by, at), data=told)
