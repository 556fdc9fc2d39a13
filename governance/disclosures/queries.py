"""Whose record of disclosures a member of staff may open, and what the law asks for."""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from governance.authority.models import Basis, Element
from governance.disclosures import rules
from governance.people import queries as people
from governance.people.models import School, User
from governance.records.models import Guardianship, Student
from governance.vocabulary import Role

# In which role somebody comes here, the widest first.
HATS = (Role.COMPLIANCE_OFFICER, Role.DISTRICT_ADMIN, Role.DATA_STEWARD, Role.SECRETARY)
RECORDERS = HATS[1:]
SEES_HELD = frozenset({Role.COMPLIANCE_OFFICER, Role.DISTRICT_ADMIN})


@dataclasses.dataclass(frozen=True)
class Desk:
    """In which role somebody keeps or reads the record, and at which schools (None: in the whole district)."""

    hat: Role
    schools: frozenset[int] | None

    @property
    def sees_held(self) -> bool:
        """True for who also sees what families do not see yet."""
        return self.hat in SEES_HELD


def desk_of(user: User, *, on: dt.date, hats: Iterable[Role] = HATS) -> Desk | None:
    """The person's desk in the first of these roles that they hold; None for anybody else."""
    roles = people.roles_of(user, on=on)
    hat = next((hat for hat in hats if hat in roles), None)
    return None if hat is None else Desk(hat, people.schools_of(user, hat, on=on))


def student_at(desk: Desk, public_id: UUID) -> Student | None:
    """The student of that opaque id within the desk's schools; former students too, while their school is known."""
    found = Student.objects.filter(public_id=public_id)
    return (found if desk.schools is None else found.filter(school__in=desk.schools)).first()


def students_at(desk: Desk, public_ids: Iterable[UUID]) -> list[Student]:
    """Those of these students who are within the desk's schools."""
    found = Student.objects.filter(public_id__in=list(public_ids)).order_by("pk")
    return list(found if desk.schools is None else found.filter(school__in=desk.schools))


def places_of(desk: Desk) -> list[int]:
    """Ids of the schools in which names are looked for."""
    schools = School.objects.filter(active=True, kind="school")
    return list((schools if desk.schools is None else schools.filter(pk__in=desk.schools)).order_by("pk").values_list("pk", flat=True))


def own_children(user: User) -> set[int]:
    """Students with whom the person has a link as a parent: nobody writes the school's record of their own family."""
    return set(Guardianship.objects.filter(user=user, ended_at=None).values_list("student_id", flat=True))


def grounds() -> list[Basis]:
    """Bases on which something may leave, by jurisdiction and law."""
    return list(Basis.objects.exclude(pk__in=rules.NOT_A_GROUND).order_by("jurisdiction", "citation", "pk"))


def is_required(basis: str) -> bool:
    """Does 34 CFR 99.32 ask for a line where data leaves on that basis? An unknown basis: yes."""
    found = Basis.objects.filter(pk=basis).first()
    return rules.required_by_law(found.facts if found else {})


def elements() -> list[Element]:
    """Everything that a record may hold, by category."""
    return list(Element.objects.order_by("category", "title"))
