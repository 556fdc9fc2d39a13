"""Reads of letters: opaque ids, counts, and what a notice said."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from breaches.letters import codes
from breaches.letters.models import Answer, Call, Code, Printing, Sheet, Turn
from breaches.notices.models import Notice, Recipient
from governance.people.models import User
from governance.records.family.queries import Access
from governance.records.models import Guardianship

CALLS_A_PAGE = 20
ANSWERS_SHOWN = 100
_STATE = Recipient.State
# Where a letter has left the district, or its content was told.
GONE_OUT = (_STATE.SENT, _STATE.POSTED, _STATE.RETURNED, _STATE.CALL, _STATE.REACHED)


def by_code(code: str) -> Code | None:
    """The letter that a code opens, as somebody typed it. Takes the same steps whatever is wrong with it. One query."""
    known = Code.objects.select_related("recipient__notice__version", "recipient__notice__incident", "recipient__guardianship")
    found = known.filter(hash=codes.hash_of(code)).first()
    return found if codes.is_whole(code) else None


def elements_for(recipient: Recipient) -> list[str]:
    """Which kinds of data of this child the notice is about: keys of elements, no value. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT elements FROM affected_current WHERE list_id = %s AND student_id = %s",
            [recipient.notice.affected_id, recipient.student_id],
        )
        found = cursor.fetchone()
    return sorted(found[0]) if found else []


@dataclasses.dataclass(frozen=True)
class Figures:
    """What is known of the letters of one notice."""

    opened: int
    answers: int
    paper: int
    calls: int


def figures_of(notice: Notice) -> Figures:
    """How many recipients opened their letter, how many answers wait, how many need paper or a call. Three queries."""
    states = dict(Recipient.objects.filter(notice=notice).values_list("state").annotate(Count("pk")).order_by())
    return Figures(
        opened=Recipient.objects.filter(notice=notice, codes__openings__gt=0).distinct().count(),
        answers=Answer.objects.filter(recipient__notice=notice, handled_at=None).count(),
        paper=states.get(_STATE.PAPER, 0),
        calls=states.get(_STATE.CALL, 0),
    )


def within_reach(user: User) -> QuerySet[Notice]:
    """Notices to families that were started, of incidents that this person may read."""
    mine = incidents.within_reach(user).values("pk")
    return Notice.objects.filter(incident__in=mine, started_at__isnull=False, affected__isnull=False).select_related(
        "incident", "version", "affected"
    )


def for_reader(user: User, public_id: UUID) -> Notice | None:
    """One started notice, unless its incident is about this person."""
    return within_reach(user).filter(public_id=public_id).first()


def of_incident(user: User, incident: Incident) -> list[Notice]:
    """The started notices of an incident, the newest first."""
    return list(within_reach(user).filter(incident=incident))


def answers_of(notice: Notice) -> list[Answer]:
    """What families answered, what waits first."""
    return list(
        Answer.objects.filter(recipient__notice=notice)
        .select_related("recipient", "handled_by")
        .order_by("handled_at", "came_at")[:ANSWERS_SHOWN]
    )


def answers_to(code: Code) -> list[Answer]:
    """What was said under one code."""
    return list(Answer.objects.filter(recipient=code.recipient))


def what_is_unanswered(incident: Incident, at: dt.datetime) -> str | None:
    """Why an incident cannot end yet: somebody answered a letter, and nobody looked after it."""
    if Answer.objects.filter(recipient__notice__incident=incident, handled_at=None).exists():
        return _("A family answered its letter, and nobody has looked after it. Open the letters of the incident.")
    return None


def printings_of(notice: Notice) -> list[Printing]:
    """The newest printings, each with how many letters it holds."""
    printed = Count("sheets", filter=Q(sheets__outcome=Sheet.Outcome.PRINTED))
    return list(Printing.objects.filter(notice=notice).select_related("asked_by").annotate(printed=printed)[:20])


def printing_for(user: User, public_id: UUID) -> Printing | None:
    """One printing, unless its incident is about this person."""
    mine = incidents.within_reach(user).values("pk")
    found = Printing.objects.filter(notice__incident__in=mine, public_id=public_id)
    return found.select_related("notice__incident", "notice__version", "asked_by").first()


def to_print(notice: Notice) -> QuerySet[Recipient]:
    """Recipients who need a letter on paper and are in no printing that is being made or waits to be posted."""
    held = Sheet.objects.filter(
        recipient=OuterRef("pk"),
        printing__posted_at=None,
        printing__state__in=[Printing.State.WAITING, Printing.State.MAKING, Printing.State.READY],
    )
    return Recipient.objects.filter(~Exists(held), notice=notice, state=_STATE.PAPER).order_by("pk")


def in_hand(notice: Notice, caller: User, at: dt.datetime) -> list[Recipient]:
    """Whom this caller has in hand now, with how often and when somebody tried. One query."""
    mine = Recipient.objects.filter(notice=notice, state=_STATE.CALL, turn__caller=caller, turn__until__gt=at)
    return list(mine.select_related("notice", "guardianship").annotate(tries=Count("calls"), tried_at=Max("calls__at")).order_by("pk"))


def last_outcomes(recipients: Sequence[Recipient]) -> dict[int, str]:
    """What the last try came to, by recipient. One query."""
    return {call.recipient_id: call.outcome for call in Call.objects.filter(recipient__in=recipients).order_by("at", "pk")}


def wrong_ones(recipients: Sequence[Recipient]) -> set[int]:
    """Of whom somebody said that the letter came to the wrong person. One query."""
    return set(Answer.objects.filter(recipient__in=recipients, kind=Answer.Kind.WRONG).values_list("recipient", flat=True))


def not_printed(recipients: Sequence[Recipient]) -> dict[int, str]:
    """Why there was no letter on paper, by recipient, where one was asked for. One query."""
    sheets = Sheet.objects.filter(recipient__in=recipients).exclude(outcome__in=["", Sheet.Outcome.PRINTED]).order_by("pk")
    return dict(sheets.values_list("recipient", "outcome"))


def free_to_call(notice: Notice, at: dt.datetime) -> QuerySet[Recipient]:
    """Whom nobody has in hand: those never tried first, then those whose last try is longest ago."""
    taken = Turn.objects.filter(recipient=OuterRef("pk"), until__gt=at)
    waiting = Recipient.objects.filter(~Exists(taken), notice=notice, state=_STATE.CALL)
    return waiting.annotate(tries=Count("calls"), tried_at=Max("calls__at")).order_by("tries", "tried_at", "pk")


def letters_of(user: User, access: Access) -> list[Recipient]:
    """The letters that went to this family member about this child, the newest first: nobody reads another one's. Three queries."""
    mine = Recipient.objects.filter(student=access.student, notice__drill=False, state__in=GONE_OUT)
    if access.is_self:
        mine = mine.filter(own=True)
    else:
        mine = mine.filter(guardianship__in=Guardianship.objects.filter(user=user, student=access.student, ended_at=None).values("pk"))
    return list(
        mine.select_related("notice__version", "notice__incident")
        .prefetch_related("codes", "answers")
        .order_by("-notice__started_at", "pk")
    )
