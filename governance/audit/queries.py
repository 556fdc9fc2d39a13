"""What stands around the entries: people, decisions, titles. The entries themselves come through the door (`governance.trail.search`)."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils import timezone

from governance.audit.models import SavedSearch
from governance.audit.questions import MOST_PEOPLE, Question
from governance.auditors import queries as auditors
from governance.authority.models import Basis, Element, Purpose
from governance.people.models import School, User
from governance.records.models import StaffMember, Student
from governance.requests.models import DataRequest
from governance.trail.search import Filters
from governance.vocabulary import Role


@dataclasses.dataclass(frozen=True)
class Lists:
    """What may be chosen on the search form, and what it is called: purposes, bases and elements by key."""

    purposes: dict[str, str]
    bases: dict[str, str]
    elements: dict[str, str]


def lists() -> Lists:
    """Titles of all purposes, bases and elements, by title. Three queries."""
    return Lists(
        purposes=dict(Purpose.objects.order_by("title").values_list("pk", "title")),
        bases=dict(Basis.objects.order_by("title").values_list("pk", "title")),
        elements=dict(Element.objects.order_by("title").values_list("pk", "title")),
    )


@dataclasses.dataclass(frozen=True)
class Sight:
    """In which role somebody reads the trail, and how far: `within` narrows every look of an outside auditor (`Filters.within`)."""

    hat: Role
    within: Mapping[str, Any] | None = None
    may_export: bool = True
    may_see_names: bool = True

    @property
    def is_auditor(self) -> bool:
        """True for somebody from outside, who keeps nothing here."""
        return self.within is not None


def sight_of(person: User) -> Sight:
    """How far this person sees. At most two queries."""
    scope = auditors.scope_of(person)
    if scope is None:
        return Sight(Role.COMPLIANCE_OFFICER)
    return Sight(Role.AUDITOR, auditors.within(scope), scope.may_export, scope.may_see_names)


def students_within(sight: Sight, students: Iterable[int]) -> list[int]:
    """Those of these students who are at a school of the reader's scope; all of them where no schools narrow it."""
    schools = (sight.within or {}).get("schools")
    if schools is None:
        return list(students)
    return list(Student.objects.filter(pk__in=students, school_id__in=schools).order_by("pk").values_list("pk", flat=True))


def filters_of(question: Question, *, within: Mapping[str, Any] | None = None) -> Filters | None:
    """The question with the ids that the door knows; None where it names a person, a student or a decision that there is not. Three queries at most."""
    actors: tuple[int, ...] | None = None
    students: tuple[int, ...] | None = None
    decision: tuple[int | None, str] | None = None
    if question.people:
        actors = tuple(User.objects.filter(public_id__in=question.people).order_by("pk").values_list("pk", flat=True))
        if len(actors) != len(set(question.people)):
            return None
    if question.student:
        students = tuple(Student.objects.filter(public_id=question.student).values_list("pk", flat=True))
        if not students:
            return None
    if question.decision is not None:
        found = DataRequest.objects.filter(number=question.decision).values_list("grant_id", "public_id").first()
        if found is None:
            return None
        decision = (found[0], str(found[1]))
    return Filters(
        since=_midnight(question.first) if question.first else None,
        until=_midnight(question.last + dt.timedelta(days=1)) if question.last else None,
        actors=actors,
        students=students,
        kind=question.kind or None,
        purpose=question.purpose or None,
        basis=question.basis or None,
        element=question.element or None,
        decision=decision,
        reference=str(question.reference) if question.reference else None,
        address=question.address or None,
        request_id=question.request_id or None,
        within=within,
    )


def _midnight(day: dt.date) -> dt.datetime:
    """The first moment of a day at the district; where the clock jumps over it, the moment after."""
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_default_timezone())


def people_named(text: str) -> list[User]:
    """Accounts whose name, e-mail or staff name contains `text`, at most 21. One query."""
    by_roster = StaffMember.objects.filter(name__icontains=text, user__isnull=False).values("user")
    return list(
        User.objects.filter(Q(name__icontains=text) | Q(email__icontains=text) | Q(pk__in=by_roster)).order_by("name", "pk")[
            : MOST_PEOPLE + 1
        ]
    )


def people_with_ids(public_ids: Collection[UUID]) -> list[User]:
    """Accounts by their opaque ids. One query."""
    return list(User.objects.filter(public_id__in=list(public_ids)).order_by("name", "pk")) if public_ids else []


def actors(ids: Iterable[int | None]) -> dict[int, User]:
    """The accounts behind these ids. One query."""
    return User.objects.only("pk", "public_id", "name", "title").in_bulk({pk for pk in ids if pk is not None})


def numbers_of(grants: Iterable[int | None]) -> dict[int, int]:
    """The number of the data request from which each grant came. One query."""
    wanted = {pk for pk in grants if pk is not None}
    return dict(DataRequest.objects.filter(grant__in=wanted).values_list("grant_id", "number"))


def type_names(ids: Iterable[int | None]) -> dict[int, str]:
    """What kinds of objects these content types are. At most one query."""
    wanted = {pk for pk in ids if pk is not None}
    return {pk: str(content_type.name) for pk, content_type in ContentType.objects.in_bulk(wanted).items()} if wanted else {}


def public_ids(students: Collection[int]) -> dict[int, UUID]:
    """The opaque ids of students, as far as their anchors are still there. One query."""
    return dict(Student.objects.filter(pk__in=list(students)).values_list("pk", "public_id"))


def school_names(ids: Collection[int]) -> list[str]:
    """The schools that a search went through, by name. One query."""
    return list(School.objects.filter(pk__in=list(ids)).order_by("name").values_list("name", flat=True)) if ids else []


def schools() -> list[int]:
    """Ids of all schools. One query."""
    return list(School.objects.filter(kind="school").order_by("pk").values_list("pk", flat=True))


def person_with_id(public_id: UUID) -> User | None:
    """The account with this opaque id. One query."""
    return User.objects.filter(public_id=public_id).first()


def student_with_id(public_id: UUID) -> int | None:
    """The id of the student's anchor; None where there is none, or none any more. One query."""
    return Student.objects.filter(public_id=public_id).values_list("pk", flat=True).first()


def searches_of(person: User) -> QuerySet[SavedSearch]:
    """Searches that this person saved, and those that others share, by name."""
    return SavedSearch.objects.filter(Q(owner=person) | Q(shared=True)).select_related("owner").order_by("name", "pk")
