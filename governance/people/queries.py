"""Who is what today."""

import datetime as dt

from django.db.models import Q, QuerySet

from governance.people.models import District, RoleAssignment, User
from governance.vocabulary import Role


def in_force(day: dt.date) -> Q:
    """Condition on RoleAssignment: given, not ended, `day` within its dates (both included)."""
    return Q(ended_at=None, starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))


def assignments_of(user: User, *, on: dt.date) -> list[RoleAssignment]:
    """The person's roles on that day, read once per user object and day."""
    cache = user.__dict__.setdefault("_assignments", {})
    if on not in cache:
        cache[on] = list(RoleAssignment.objects.filter(in_force(on), user=user).select_related("school").order_by("id")) if user.is_active else []
    return cache[on]


def roles_of(user: User, *, on: dt.date) -> frozenset[Role]:
    """The names of the person's roles on that day."""
    return frozenset(Role(assignment.role) for assignment in assignments_of(user, on=on))


def schools_of(user: User, role: Role, *, on: dt.date) -> frozenset[int] | None:
    """Ids of the schools where the person has the role; None for the whole district; empty for nowhere."""
    found = [assignment.school_id for assignment in assignments_of(user, on=on) if assignment.role == role]
    return None if None in found else frozenset(found)


def people_with(role: Role, *, on: dt.date) -> QuerySet[User]:
    """Active people who have the role on that day, by name."""
    return User.objects.filter(is_active=True, pk__in=RoleAssignment.objects.filter(in_force(on), role=role).values("user")).order_by("name", "pk")


def district() -> District | None:
    """The district's facts; None before set-up."""
    return District.objects.filter(pk=1).first()
