"""Reads of what is not guarded: links, titles, decisions, people. Names and values come through the door alone."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Count, F, Q

from governance.authority.models import Basis, Element, Grant, Purpose
from governance.people import queries as people
from governance.people.models import School, User
from governance.records import scope
from governance.records.models import Enrollment, Section, Student, Teaching
from governance.vocabulary import Relation, Role


@dataclasses.dataclass(frozen=True)
class Decided:
    """A permission and the decision behind it, as people speak of it. A permission without a data request has no number and no reason."""

    grant_id: int
    grant: UUID
    ends_on: dt.date
    elements: list[str]
    purpose_id: str
    purpose_title: str
    holder_name: str
    holder_title: str
    number: int | None
    request_id: UUID | None
    decided_by: str | None
    decided_by_title: str | None
    decided_at: dt.datetime | None
    reason: str | None


@dataclasses.dataclass(frozen=True)
class Links:
    """Where a student belongs today: none of it is guarded, but it is shown only where the elements are opened."""

    school: str
    sections: tuple[str, ...]
    homerooms: tuple[str, ...]
    teachers: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class SearchPlace:
    """In which hat, and in which schools, a person may look for a student by name."""

    hat: Role
    relation: Relation
    schools: tuple[School, ...]


@dataclasses.dataclass(frozen=True)
class Titles:
    """What elements and purposes are called, and in which category an element stands."""

    elements: dict[str, Element]
    purposes: dict[str, str]
    bases: dict[str, Basis]


def student_with(public_id: UUID) -> Student | None:
    """The student of that opaque id."""
    return Student.objects.filter(public_id=public_id).select_related("school").first()


def titles() -> Titles:
    """All elements, purposes and bases, by key. Three queries."""
    return Titles(
        elements={element.key: element for element in Element.objects.all()},
        purposes=dict(Purpose.objects.values_list("pk", "title")),
        bases={basis.pk: basis for basis in Basis.objects.select_related("law")},
    )


def purpose_titles() -> dict[str, str]:
    """What purposes are called in the reference data. One query."""
    return dict(Purpose.objects.values_list("pk", "title"))


def element_titles() -> dict[str, Element]:
    """All elements by key. One query."""
    return {element.key: element for element in Element.objects.all()}


def counts_of(sections: Collection[Section], *, on: dt.date) -> dict[int, int]:
    """How many students each section has on that day. One query."""
    found = scope.enrolled_in([section.pk for section in sections], on=on).values("section").annotate(n=Count("student", distinct=True))
    return dict(found.order_by().values_list("section", "n"))


def section_of(sections: Iterable[Section], public_id: UUID) -> Section | None:
    """The one of these sections that has that opaque id."""
    return next((section for section in sections if section.public_id == public_id), None)


def links_of(student: Student, *, on: dt.date) -> Links:
    """School, classes, homerooms and teachers of a student on that day. Two queries."""
    rows = list(
        Enrollment.objects.filter(scope.open_on(on), student=student, section__active=True)
        .order_by("section__title", "pk")
        .values_list("section_id", "section__title", "section__kind")
    )
    teachers = Teaching.objects.filter(scope.open_on(on), section__in=[row[0] for row in rows], staff_member__active=True)
    return Links(
        school=student.school.name if student.school else "",
        sections=tuple(dict.fromkeys(title for _, title, kind in rows if kind != "homeroom")),
        homerooms=tuple(dict.fromkeys(title for _, title, kind in rows if kind == "homeroom")),
        teachers=tuple(dict.fromkeys(teachers.order_by("staff_member__name").values_list("staff_member__name", flat=True))),
    )


def decisions_behind(grants: Collection[int]) -> dict[int, Decided]:
    """The decisions from which these grants came, by the grant's id. One query.

    It follows the grant's own link: the room of requests stands above this one.
    """
    if not grants:
        return {}
    return {decided.grant_id: decided for decided in _decided(Q(pk__in=list(grants)))}


def permissions_over_section(user: User, section: Section, *, on: dt.date) -> list[Decided]:
    """The user's open grants that hold for a section, with their decisions. One query."""
    return _decided(_open(on) & Q(holder=user, sections__contains=[section.pk]))


def permissions_over_student(student: Student, *, on: dt.date) -> list[Decided]:
    """Everybody's open grants that reach a student, by a section of theirs or by name. Two queries."""
    sections = list(Enrollment.objects.filter(scope.open_on(on), student=student).values_list("section_id", flat=True))
    return _decided(_open(on) & (Q(sections__overlap=sections) | Q(students__contains=[student.pk])))


def _open(on: dt.date) -> Q:
    return Q(ended_at=None, starts_on__lte=on, ends_on__gte=on)


def _decided(condition: Q) -> list[Decided]:
    rows = (
        Grant.objects.filter(condition)
        .order_by("pk")
        .values(
            "ends_on",
            "elements",
            "purpose_id",
            grant_id=F("pk"),
            grant=F("public_id"),
            purpose_title=F("purpose__title"),
            holder_name=F("holder__name"),
            holder_title=F("holder__title"),
            number=F("data_request__number"),
            request_id=F("data_request__public_id"),
            decided_by=F("data_request__decided_by__name"),
            decided_by_title=F("data_request__decided_by__title"),
            decided_at=F("data_request__decided_at"),
            reason=F("data_request__decision_reason"),
        )
    )
    return [Decided(**row) for row in rows]


def actors(ids: Iterable[int | None]) -> dict[int, User]:
    """The people behind these ids. One query."""
    return User.objects.only("pk", "name", "title").in_bulk({pk for pk in ids if pk is not None})


def search_place(user: User, *, on: dt.date) -> SearchPlace | None:
    """Where the person may look for students by name: counselor, nurse and principal, in their own schools."""
    roles = people.roles_of(user, on=on)
    for role in scope.SCHOOL_ROLES:
        if role in roles:
            schools = people.schools_of(user, role, on=on)
            return SearchPlace(role, Relation.DISTRICT if schools is None else Relation.OWN_SCHOOL, tuple(_schools(schools)))
    return None


def emergency_place(user: User, *, on: dt.date) -> SearchPlace | None:
    """Where the person may look for a student in an emergency: the schools of every role with students, teaching included."""
    roles = people.roles_of(user, on=on)
    worn = [role for role in (*scope.SCHOOL_ROLES, Role.TEACHER) if role in roles]
    if not worn:
        return None
    places = [people.schools_of(user, role, on=on) for role in worn]
    schools = None if None in places else frozenset[int]().union(*(place for place in places if place is not None))
    return SearchPlace(worn[0], Relation.DISTRICT if schools is None else Relation.OWN_SCHOOL, tuple(_schools(schools)))


def _schools(ids: frozenset[int] | None) -> Iterable[School]:
    schools = School.objects.filter(active=True, kind="school")
    return schools if ids is None else schools.filter(pk__in=ids)


def classes_of_students(user: User, students: Collection[int], *, on: dt.date) -> dict[int, list[tuple[int, str]]]:
    """For each of these students the (id, title) of the user's own sections that hold them. Two queries."""
    taught = {section.pk: section.title for section in scope.sections_taught_by(user, on=on)}
    found: dict[int, list[tuple[int, str]]] = {}
    for student, section in scope.enrolled_in(taught, on=on).filter(student__in=list(students)).values_list("student_id", "section_id"):
        found.setdefault(student, []).append((section, taught[section]))
    return found
