"""What the school office's desk reads: the children of the own schools, their guardians, codes and limits."""

import dataclasses
import datetime as dt
from uuid import UUID

from governance.people import queries as people
from governance.people.models import FamilyCode, School, User
from governance.records import door
from governance.records.models import Guardianship, Student
from governance.records.scope import Reach, limit_holds
from governance.vocabulary import Event, Relation, Role

OPENED = ("family-language", "grade", "guardian-name", "name", "preferred-name", "school")


@dataclasses.dataclass(frozen=True)
class Desk:
    """Where a member of the office works: the ids of the schools, and how that reaches their students."""

    schools: tuple[int, ...]
    relation: Relation


@dataclasses.dataclass(frozen=True)
class Adult:
    """One guardian of the child that was opened."""

    link: Guardianship
    name: str
    has_account: bool
    code_until: dt.datetime | None
    limited: bool


@dataclasses.dataclass(frozen=True)
class Child:
    """A child that was opened at the desk, with the adults."""

    student: Student
    name: str
    grade: str
    language: str
    adults: list[Adult]


def desk_of(user: User, *, on: dt.date) -> Desk:
    """The schools of the person's office; without a school the whole district."""
    schools = people.schools_of(user, Role.SECRETARY, on=on)
    if schools is None:
        return Desk(tuple(School.objects.filter(active=True).values_list("pk", flat=True)), Relation.DISTRICT)
    return Desk(tuple(sorted(schools)), Relation.OWN_SCHOOL)


def find(user: User, term: str, *, on: dt.date) -> tuple[door.Found, dict[int, UUID]]:
    """Children of the desk's schools by the beginning of a name, and their ids for links. The search and what it shows are in the trail."""
    desk = desk_of(user, on=on)
    found = door.find(by=user, hat=Role.SECRETARY, relation=desk.relation, term=term, schools=desk.schools, on=on)
    ids = dict(Student.objects.filter(pk__in=[opened.student_id for opened in found.students]).values_list("pk", "public_id"))
    return found, ids


def student_at(user: User, public_id: UUID, *, on: dt.date) -> Student | None:
    """The student, if one of the desk's schools is theirs today; nothing for all others alike."""
    return Student.objects.filter(public_id=public_id, left_on=None, school__in=desk_of(user, on=on).schools).first()


def link_at(user: User, public_id: UUID, *, on: dt.date) -> Guardianship | None:
    """A guardian's open link to a student of the desk's schools."""
    schools = desk_of(user, on=on).schools
    return (
        Guardianship.objects.select_related("student")
        .filter(public_id=public_id, ended_at=None, student__left_on=None, student__school__in=schools)
        .first()
    )


def open_child(user: User, student: Student, *, on: dt.date, at: dt.datetime) -> Child | None:
    """Open name, grade and guardians of one child: a look that the family sees. None where the rules give the office nothing."""
    reach = Reach(hat=Role.SECRETARY, relation=desk_of(user, on=on).relation)
    reading = door.read(by=user, reach=reach, students=[student.pk], event=Event.STUDENT_OPENED, on=on, elements=OPENED, grants=())
    if reading.refused:
        return None
    opened = reading.students[student.pk]
    names = {each["guardian_id"]: f"{each['given_name']} {each['family_name']}".strip() for each in opened.guardians}
    links = list(Guardianship.objects.filter(student=student, ended_at=None).order_by("pk"))
    codes = dict(
        FamilyCode.objects.filter(guardian_id__in=[link.guardian_id for link in links], used_at=None, expires_at__gt=at).values_list(
            "guardian_id", "expires_at"
        )
    )
    adults = [
        Adult(
            link, names.get(link.guardian_id or 0, ""), link.user_id is not None, codes.get(link.guardian_id or 0), limit_holds(link, on=on)
        )
        for link in links
    ]
    language = opened.values.get("family-language") or []
    return Child(student, opened.full_name, opened.identity.get("grade") or "", language[0].value if language else "", adults)


def limits_without_papers(user: User, *, on: dt.date) -> list[Guardianship]:
    """Limits of the desk's schools that were set before their papers came, the oldest first."""
    schools = desk_of(user, on=on).schools
    return list(
        Guardianship.objects.filter(ended_at=None, limit_papers_due_on__isnull=False, student__school__in=schools)
        .exclude(limit="")
        .select_related("student__school", "limit_set_by")
        .order_by("limit_papers_due_on", "pk")
    )
