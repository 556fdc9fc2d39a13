"""Reads of remedies: figures and opaque ids for those who carry them out, the offers about one child for its family."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from breaches.incidents.models import Incident
from breaches.notices.models import Recipient
from breaches.remedies import wording
from breaches.remedies.models import Code, Offer, Remedy
from governance.people.models import User
from governance.records.family import queries as families
from governance.records.family.queries import Way
from governance.records.models import Guardianship, OwnRecord, Student
from portal.base import clock

PAGE = 20
State = Offer.State


@dataclasses.dataclass(frozen=True)
class Figures:
    """How many children stand where. `lapsed` did not answer in time; `codes` are free, `short` accepted ones that wait for a code."""

    offered: int = 0
    open: int = 0
    lapsed: int = 0
    accepted: int = 0
    refused: int = 0
    done: int = 0
    codes: int = 0
    short: int = 0

    @property
    def owed(self) -> int:
        """Accepted, and not done yet."""
        return self.accepted - self.done


def of_incident(incident: Incident) -> QuerySet[Remedy]:
    """The remedies of an incident, the first one first."""
    return Remedy.objects.filter(incident=incident).select_related("offered_by", "affected")


def for_reader(user: User, public_id: UUID) -> Remedy | None:
    """One remedy with its incident, unless that is about this person."""
    found = Remedy.objects.select_related("incident", "affected", "offered_by", "withdrawn_by").filter(public_id=public_id)
    return found.exclude(incident__account=user).first()


def figures(remedies: Iterable[Remedy], *, on: dt.date) -> dict[int, Figures]:
    """Figures by the remedy's id. Two queries, however many remedies."""
    found = {remedy.pk: remedy for remedy in remedies}
    counted = Offer.objects.filter(remedy__in=found).values("remedy").order_by()
    rows = {
        row["remedy"]: row
        for row in counted.annotate(
            offered=Count("pk"),
            unanswered=Count("pk", filter=Q(state=State.OFFERED)),
            accepted=Count("pk", filter=Q(state=State.ACCEPTED)),
            refused=Count("pk", filter=Q(state=State.REFUSED)),
            done=Count("pk", filter=Q(done_at__isnull=False)),
            with_code=Count("code"),
        )
    }
    free = dict(Code.objects.filter(remedy__in=found, offer=None).values_list("remedy").annotate(Count("pk")).order_by())
    result = {}
    for pk, remedy in found.items():
        row = rows.get(pk)
        if row is None:
            result[pk] = Figures(codes=free.get(pk, 0))
            continue
        over = remedy.withdrawn_at is not None or remedy.answer_by < on
        short = row["accepted"] - row["with_code"] if remedy.kind == Remedy.Kind.CREDIT_WATCH else 0
        result[pk] = Figures(
            row["offered"], 0 if over else row["unanswered"], row["unanswered"] if over else 0, row["accepted"], row["refused"], row["done"],
            free.get(pk, 0), short,
        )  # fmt: skip
    return result


def offers_of(remedy: Remedy, which: str) -> QuerySet[Offer]:
    """The offers of a remedy: "owed" (accepted, not done), "done", or a state; in the order in which they were made."""
    narrowed = {"owed": Q(state=State.ACCEPTED, done_at=None), "done": Q(done_at__isnull=False)}.get(which, Q(state=which))
    return Offer.objects.filter(narrowed, remedy=remedy).select_related("student", "evidence").order_by("pk")


def what_is_not_done(incident: Incident, at: dt.datetime) -> str | None:
    """Why an incident cannot end yet: a family accepted something that nobody has done. None where all is done."""
    owed = Offer.objects.filter(remedy__incident=incident, state=State.ACCEPTED, done_at=None)
    if not incident.drill and owed.exists():
        return _("A family accepted help that was not given yet. Carry it out and write down what shows it.")
    return None


# -- For families ------------------------------------------------------------------------------------------------------------------


def about(student: Student) -> QuerySet[Offer]:
    """What is offered for one child, the newest first. Nothing of an exercise; what was called off stands only where it was accepted."""
    standing = Q(remedy__withdrawn_at=None) | Q(state=State.ACCEPTED)
    return (
        Offer.objects.filter(standing, student=student, remedy__incident__drill=False)
        .select_related("remedy__incident", "code")
        .order_by("-remedy__offered_at", "-pk")
    )


def offered_to(*, incident: Incident, student: int, on: dt.date, language: str | None = None) -> list[str]:
    """Titles of what an incident's remedies still offer for a child (id of the anchor), in a language; no state, no code and no name."""
    found = Offer.objects.filter(remedy__incident=incident, student=student, remedy__withdrawn_at=None, remedy__answer_by__gte=on)
    texts = found.order_by("remedy__offered_at", "pk").values_list("remedy__texts", flat=True)
    return [wording.said(each, language or get_language() or "en")[0] for each in texts]


def offered_to_recipient(recipient: Recipient) -> list[str]:
    """The same for whom a letter goes to: what `breaches.letters` asks."""
    return offered_to(incident=recipient.notice.incident, student=recipient.student_id, on=clock.today())


def unanswered(user: User, *, on: dt.date) -> QuerySet[Offer]:
    """What is offered to this account's children, or to itself where it holds the rights, and nobody has answered. No order may keep anything back."""
    children = Guardianship.objects.filter(user=user, ended_at=None, limit="", may_inspect=True).values("student")
    own = OwnRecord.objects.filter(user=user, eligible_since__lte=on).values("student")
    grown = OwnRecord.objects.filter(eligible_since__lte=on, parents_may_view=False).values("student")
    theirs = (Q(student__in=children) & ~Q(student__in=grown)) | Q(student__in=own)
    running = Q(remedy__withdrawn_at=None, remedy__answer_by__gte=on, remedy__incident__drill=False)
    return (
        Offer.objects.filter(theirs, running, state=State.OFFERED).select_related("remedy", "student").order_by("remedy__answer_by", "pk")
    )


def may_answer(user: User, student: Student, *, on: dt.date) -> bool:
    """True for a guardian from whom no order keeps anything back, and for a student who holds the rights (34 CFR 99.5)."""
    access = families.access_to(user, student.public_id, on=on)
    if access is None or access.way is not Way.OPEN or access.kept_back:
        return False
    return not access.is_self or OwnRecord.objects.filter(user=user, student=student, eligible_since__lte=on).exists()


def free_code(remedy: Remedy) -> Code | None:
    """The first code that nobody has, locked; None once none is left. To be called inside a transaction.

    Codes that others hold just now are passed over. Where only such are left it waits for one, in case that it is given back.
    """
    free = Code.objects.filter(remedy=remedy, offer=None).order_by("pk")
    while (found := free.select_for_update(of=("self",), skip_locked=True).first() or free.select_for_update(of=("self",)).first()) is None:
        if not free.exists():
            return None
    return found


def without_code(remedy: Remedy) -> Sequence[Offer]:
    """Accepted offers that wait for a code, those who answered first on top; locked."""
    waiting = Offer.objects.select_for_update(of=("self",)).filter(remedy=remedy, state=State.ACCEPTED, code=None)
    return list(waiting.order_by("answered_at", "pk"))
