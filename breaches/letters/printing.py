"""Letters on paper from the wish to the post: asked for, made in the background, handed out, gone after a day, posted, and what came back.

Each verb is one transaction with its entry.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from breaches import held
from breaches.handling import hat_of
from breaches.incidents.actions import open_for
from breaches.letters import codes, queries
from breaches.letters.models import Code, Printing, Sheet
from breaches.notices.bars import keep_back
from breaches.notices.models import Notice, Recipient
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import kept, outbox, vault
from portal.base.errors import CannotDo

MOST_LETTERS = 100  # in one printing: setting them takes about 5 MiB each
MOST_PRINTINGS = 20  # that one wish begins
TOPIC = "letters.printing_asked"
State = Printing.State
_REFERENCE = re.compile(r"P([0-9]{1,9})-([0-9]{1,9})")


@held.told
@transaction.atomic
def ask(*, notice: UUID, by: User, at: dt.datetime) -> list[Printing]:
    """Ask for the letters of all who need one and are in no printing, up to 100 in each. Raises CannotDo where there are none, and for a drill."""
    locked = open_notice(notice, by=by, at=at)
    waiting = list(queries.to_print(locked)[: MOST_LETTERS * MOST_PRINTINGS])
    if not waiting:
        raise CannotDo(_("Nobody needs a letter on paper now, or all of them are in a printing already."), code="none")
    number = Printing.objects.aggregate(Max("number"))["number__max"] or 0
    made = []
    for first in range(0, len(waiting), MOST_LETTERS):
        some, number = waiting[first : first + MOST_LETTERS], number + 1
        printing = Printing.objects.create(
            notice=locked, number=number, asked_at=at, asked_by=by, hat=hat_of(by, at) or "", total=len(some)
        )
        Sheet.objects.bulk_create(
            Sheet(printing=printing, number=place, recipient=recipient) for place, recipient in enumerate(some, start=1)
        )
        _tell(Event.LETTERS_ASKED, printing, action=Action.CREATE, by=by, at=at, letters=len(some))
        made.append(printing)
    outbox.put(TOPIC, at=at)
    return made


def claim(*, at: dt.datetime) -> Printing | None:
    """Take the printing that waits longest, or one whose worker fell silent; each is taken by one worker alone."""
    return kept.claim(Printing, at=at)


@transaction.atomic
def finish(*, printing: Printing, file: vault.Kept, outcomes: Mapping[int, str], at: dt.datetime) -> bool:
    """The file is whole. Whom it holds no letter for is to be called, or kept back. False where another worker was faster: the file is nobody's."""
    mine = kept.finish(printing, file, at=at)
    if mine is None:
        return False
    for outcome in sorted(set(outcomes.values())):
        sheets = Sheet.objects.filter(pk__in=[pk for pk, came in outcomes.items() if came == outcome])
        sheets.update(outcome=outcome)
        if outcome == Sheet.Outcome.BARRED:
            for recipient in sheets.values_list("recipient", flat=True):
                keep_back(recipient, at=at)
        elif outcome != Sheet.Outcome.PRINTED:
            rows = Recipient.objects.filter(pk__in=sheets.values("recipient"), state=Recipient.State.PAPER)
            rows.update(state=Recipient.State.CALL, because=Recipient.Because.NO_ADDRESS)
    counts = {outcome: list(outcomes.values()).count(outcome) for outcome in sorted(set(outcomes.values()))}
    entries.append(Event.LETTERS_MADE, action=Action.UPDATE, by=mine.asked_by, about=mine, data={"sheets": counts})
    return True


@transaction.atomic
def fail(*, printing: Printing, at: dt.datetime) -> None:
    """It cannot be made: its incident ended, the one who asked may not any more, or something went wrong three times."""
    mine = kept.fail(printing)
    if mine is not None:
        entries.append(Event.LETTERS_MADE, action=Action.UPDATE, by=mine.asked_by, about=mine, data={"failed": True})


@transaction.atomic
def hand_out(*, printing: UUID, by: User, at: dt.datetime) -> vault.Kept:
    """Write the entry of a download, which each of the families sees; the file may be read then. Raises CannotDo."""
    locked = _locked(printing, by=by, at=at)
    if locked.state != State.READY:
        raise CannotDo(_("This file is gone, or is not ready yet. Ask for the letters again."), code="gone")
    students = sorted(set(locked.sheets.filter(outcome=Sheet.Outcome.PRINTED).values_list("recipient__student", flat=True)))
    entries.append(
        Event.LETTERS_DOWNLOADED, action=Action.ACCESS, by=by, about=locked, students=students or None, hat=hat_of(by, at),
        elements={"name", "guardian-name", "guardian-address"}, data={"notice": str(locked.notice.public_id)},
    )  # fmt: skip
    return locked.kept


@transaction.atomic
def remove(*, public_id: UUID, at: dt.datetime) -> None:
    """The day is over: the file goes, and its key with it."""
    found = kept.remove(Printing, public_id, at=at)
    if found is not None:
        entries.append(Event.LETTERS_GONE, action=Action.DELETE, by=None, about=found)


@transaction.atomic
def posted(*, printing: UUID, on: dt.date, by: User, at: dt.datetime) -> int:
    """Say that a printing went to the post on a day. Answers how many letters. Raises CannotDo for one without a file, and twice."""
    locked = _locked(printing, by=by, at=at)
    if locked.posted_at is not None:
        raise CannotDo(_("Somebody wrote down already that this printing was posted."), code="twice")
    if locked.ready_at is None:
        raise CannotDo(_("This printing was not made, so it cannot have been posted."), code="not_made")
    if not locked.asked_at.date() - dt.timedelta(days=1) <= on <= at.date() + dt.timedelta(days=1):
        raise CannotDo(_("The day lies before the printing, or has not come yet. Give the day on which it went to the post."), code="day")
    locked.posted_on, locked.posted_at, locked.posted_by = on, at, by
    locked.save(update_fields=["posted_on", "posted_at", "posted_by"])
    rows = Recipient.objects.filter(
        pk__in=locked.sheets.filter(outcome=Sheet.Outcome.PRINTED).values("recipient"), state=Recipient.State.PAPER
    )
    count = rows.update(state=Recipient.State.POSTED, handled_at=at, handled_by=by)
    _tell(Event.LETTERS_POSTED, locked, by=by, at=at, letters=count, day=on.isoformat())
    return count


@dataclasses.dataclass(frozen=True)
class Returned:
    """What came of a list of returned letters: how many were taken, and the lines that are no posted letter of this notice."""

    taken: int
    unknown: list[str]


@held.told
@transaction.atomic
def returned(*, notice: UUID, letters: Sequence[str], by: User, at: dt.datetime) -> Returned:
    """Take in letters that came back, by reference or code: somebody has to call. Letters of another notice are not taken. Raises CannotDo."""
    locked = open_notice(notice, by=by, at=at)
    found = {line: _recipient_of(line, locked) for line in dict.fromkeys(letters)}
    rows = Recipient.objects.select_for_update(of=("self",)).filter(
        pk__in=[pk for pk in found.values() if pk], state=Recipient.State.POSTED
    )
    taken = {row.pk: str(row.public_id) for row in rows}
    Recipient.objects.filter(pk__in=taken).update(
        state=Recipient.State.CALL, because=Recipient.Because.RETURNED, handled_at=at, handled_by=by
    )
    if taken:
        entries.append(
            Event.LETTERS_RETURNED,
            action=Action.UPDATE,
            by=by,
            about=locked,
            hat=hat_of(by, at),
            data={"recipients": sorted(taken.values())},
        )
    return Returned(len(taken), [line for line, pk in found.items() if pk not in taken])


def _recipient_of(line: str, notice: Notice) -> int | None:
    wanted = line.strip().strip("*").upper()
    if reference := _REFERENCE.fullmatch(wanted):
        number, place = int(reference[1]), int(reference[2])
        found = Sheet.objects.filter(printing__notice=notice, printing__number=number, number=place, outcome=Sheet.Outcome.PRINTED)
        return found.values_list("recipient", flat=True).first()
    if not codes.is_whole(line):
        return None
    return Code.objects.filter(recipient__notice=notice, hash=codes.hash_of(line)).values_list("recipient", flat=True).first()


def open_notice(public_id: UUID, *, by: User, at: dt.datetime) -> Notice:
    """The started notice, locked with its incident. Raises CannotDo for a drill, from which nothing leaves."""
    incident = Notice.objects.values_list("incident__public_id", flat=True).get(public_id=public_id)
    open_for(incident, by=by, at=at)
    locked = Notice.objects.select_for_update(of=("self",)).select_related("incident", "version").get(public_id=public_id)
    if locked.started_at is None:
        raise CannotDo(_("This notice has not gone out yet."), code="not_started")
    if locked.drill:
        raise held.HeldInDrill(_("This is an exercise: no letter is printed and nobody is called."), locked.incident)
    return locked


def _locked(public_id: UUID, *, by: User, at: dt.datetime) -> Printing:
    notice = Printing.objects.values_list("notice__public_id", flat=True).get(public_id=public_id)
    open_notice(notice, by=by, at=at)
    return Printing.objects.select_for_update(of=("self",)).select_related("notice").get(public_id=public_id)


def _tell(event: Event, printing: Printing, *, by: User, at: dt.datetime, action: Action = Action.UPDATE, **told: object) -> None:
    entries.append(event, action=action, by=by, about=printing, hat=hat_of(by, at), data={"notice": str(printing.notice.public_id)} | told)
