"""Whose records may a member of staff come near? Roster links first, then only the branch that they call for: flat at any size of district.
How families come near theirs: `governance.records.family.queries`.

Nothing here reads a guarded value: a scope is ids of anchors, sections and schools.
"""

import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence

from django.db.models import Q, QuerySet

from governance.people import queries as people
from governance.people.models import User
from governance.records.models import Enrollment, Guardianship, Section, Student, Teaching
from governance.vocabulary import Relation, Role

# Roles that reach students by their school, in the order in which a person wears them.
SCHOOL_ROLES = (Role.COUNSELOR, Role.NURSE, Role.PRINCIPAL)


@dataclasses.dataclass(frozen=True)
class Reach:
    """How somebody reaches all of some students: in which hat, by which relation, through which of the own sections."""

    hat: Role
    relation: Relation
    sections: frozenset[int] = frozenset()


def open_on(day: dt.date, *, prefix: str = "") -> Q:
    """Condition on rows with `begins` and `ends` (both included; none: open) that hold on `day`."""
    begins, ends = f"{prefix}begins", f"{prefix}ends"
    return (Q(**{begins: None}) | Q(**{f"{begins}__lte": day})) & (Q(**{ends: None}) | Q(**{f"{ends}__gte": day}))


# Written out, since most pages of a teacher ask it and building it anew took the web process three times as long as the database answered.
_TAUGHT = """
SELECT s.*, c.name AS school_name FROM records_section s LEFT JOIN people_school c ON c.id = s.school_id
WHERE s.active AND (s.begins IS NULL OR s.begins <= %(on)s) AND (s.ends IS NULL OR s.ends >= %(on)s)
  AND s.id IN (SELECT t.section_id FROM records_teaching t JOIN records_staffmember m ON m.id = t.staff_member_id
    WHERE m.user_id = %(user)s AND m.active AND (t.begins IS NULL OR t.begins <= %(on)s) AND (t.ends IS NULL OR t.ends >= %(on)s))
ORDER BY s.title, s.id
"""


def sections_taught_by(user: User, *, on: dt.date) -> list[Section]:
    """Sections that the person teaches on that day, by title and with `school_name`; none for whom the roster no longer names among the
    staff. One query; days as in `open_on`.
    """
    return list(Section.objects.raw(_TAUGHT, {"on": on, "user": user.pk}))


def enrolled_in(sections: Collection[int], *, on: dt.date) -> QuerySet[Enrollment]:
    """Enrollments of these sections that hold on that day."""
    return Enrollment.objects.filter(open_on(on), section__in=list(sections))


def students_of(section: Section, *, on: dt.date) -> list[int]:
    """Ids of the students of one section on that day, each once."""
    return sorted(set(enrolled_in([section.pk], on=on).values_list("student_id", flat=True)))


def own_students(user: User, *, on: dt.date) -> QuerySet[Student]:
    """The students of all sections that the person teaches on that day. Two queries: the sections' ids, then what they call for."""
    taught = Teaching.objects.filter(
        open_on(on), open_on(on, prefix="section__"), section__active=True, staff_member__user=user, staff_member__active=True
    )
    sections = taught.values_list("section_id", flat=True)
    return Student.objects.filter(pk__in=enrolled_in(sections, on=on).values("student"))


def staff_reach(user: User, students: Sequence[int], *, on: dt.date) -> Reach | None:
    """How a member of staff reaches all these students; None where no role and link of theirs does.

    A teacher through a section in which all of them are; counselor, nurse and principal through the school of all of them.
    """
    roles = people.roles_of(user, on=on)
    wanted = set(students)
    if not wanted:
        return None
    if Role.TEACHER in roles:
        taught = [section.pk for section in sections_taught_by(user, on=on)]
        members: dict[int, set[int]] = {}
        for section, student in enrolled_in(taught, on=on).filter(student__in=wanted).values_list("section_id", "student_id"):
            members.setdefault(section, set()).add(student)
        covering = frozenset(section for section, inside in members.items() if inside == wanted)
        if covering:
            return Reach(hat=Role.TEACHER, relation=Relation.OWN_SECTION, sections=covering)
    places: set[int | None] | None = None
    for role in SCHOOL_ROLES:
        if role in roles:
            schools = people.schools_of(user, role, on=on)
            if places is None:
                found = list(Student.objects.filter(pk__in=wanted, left_on=None).values_list("school_id", flat=True))
                places = set(found) if len(found) == len(wanted) else {None}
            if schools is None:
                return Reach(hat=role, relation=Relation.DISTRICT)
            if None not in places and places <= schools:
                return Reach(hat=role, relation=Relation.OWN_SCHOOL)
    return None


def limit_holds(guardianship: Guardianship, *, on: dt.date) -> bool:
    """True while a limit of a court order or a safety flag is in force on this link."""
    return bool(guardianship.limit) and (guardianship.limit_ends_on is None or guardianship.limit_ends_on >= on)
