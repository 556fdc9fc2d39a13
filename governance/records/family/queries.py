"""Whose record a family account may open, how far, and why not."""

import dataclasses
import datetime as dt
import enum
from uuid import UUID

from django.db.models import Prefetch

from governance.people import queries as people
from governance.people.models import User
from governance.records import scope
from governance.records.family.rules import PLACES, Discretion, discretion_for
from governance.records.models import Guardianship, OwnRecord, Student
from governance.records.scope import Reach
from governance.vocabulary import Relation, Role

_GUARDIAN = Reach(hat=Role.GUARDIAN, relation=Relation.OWN_CHILD)
_SELF = Reach(hat=Role.STUDENT, relation=Relation.SELF)


class Way(enum.Enum):
    """How a known family member stands to a record."""

    OPEN = "open"
    ORDER = "order"  # an order takes the right to see it away
    PASSED = "passed"  # the student is 18 and holds the rights (34 CFR 99.5)


@dataclasses.dataclass(frozen=True)
class Access:
    """One family member and one student: the way in, what an order keeps back, and what lines may not tell."""

    student: Student
    way: Way
    reach: Reach
    kept_back: frozenset[str] = frozenset()
    discretion: Discretion = dataclasses.field(default_factory=Discretion)

    @property
    def is_self(self) -> bool:
        """True for a student's own record."""
        return self.reach.hat == Role.STUDENT


def own_record(user: User) -> OwnRecord | None:
    """The student's own record, for the account of a student."""
    return OwnRecord.objects.select_related("student__school").filter(user=user).first()


def all_of(user: User, *, on: dt.date) -> list[Access]:
    """Every record that this account has to do with: the own one, then the children's. Three queries."""
    own = own_record(user)
    found = [_self(own.student)] if own is not None else []
    passed = Prefetch("student__own_account", OwnRecord.objects.filter(eligible_since__lte=on, parents_may_view=False))
    links = (
        Guardianship.objects.filter(user=user, ended_at=None)
        .select_related("student__school")
        .prefetch_related(passed)
        .order_by("student__pk")
    )
    return found + [_child(link, passed=_has_passed(link.student), on=on) for link in links]


def access_to(user: User, public_id: UUID, *, on: dt.date) -> Access | None:
    """How this account stands to that student; None for a stranger and for a student who does not exist."""
    return next((access for access in all_of(user, on=on) if access.student.public_id == public_id), None)


def kept_back_of(guardianship: Guardianship, *, on: dt.date) -> frozenset[str]:
    """Elements that an order or a safety flag keeps from this guardian today."""
    if not scope.limit_holds(guardianship, on=on):
        return frozenset()
    named = frozenset(guardianship.limit_elements)
    return named | PLACES if guardianship.limit == Guardianship.Limit.NO_CONTACT else named


def family_hat(user: User, *, on: dt.date) -> Role:
    """The role in which an account comes to the family pages, for a refusal that no reach has given one."""
    return Role.GUARDIAN if Role.GUARDIAN in people.roles_of(user, on=on) else Role.STUDENT


def _self(student: Student) -> Access:
    return Access(student, Way.OPEN, _SELF)


def _child(link: Guardianship, *, passed: bool, on: dt.date) -> Access:
    if passed:
        return Access(link.student, Way.PASSED, _GUARDIAN)
    denied = scope.limit_holds(link, on=on) and link.limit == Guardianship.Limit.PLACEMENT_DENIED
    if denied or not link.may_inspect:
        return Access(link.student, Way.ORDER, _GUARDIAN)
    kept_back = kept_back_of(link, on=on)
    return Access(link.student, Way.OPEN, _GUARDIAN, kept_back, discretion_for(kept_back))


def _has_passed(student: Student) -> bool:
    return hasattr(student, "own_account")
