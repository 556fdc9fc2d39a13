"""Who is what today."""

import datetime as dt

from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from governance.people.models import District, RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.vocabulary import Permission, Role

SYSTEMS = "connection.invalid"  # the domain of accounts that tools' systems have, and no person


def in_force(day: dt.date) -> Q:
    """Condition on RoleAssignment: given, not ended, `day` within its dates (both included)."""
    return Q(ended_at=None, starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))


def assignments_of(user: User, *, on: dt.date) -> list[RoleAssignment]:
    """The person's roles on that day, read once per user object and day."""
    cache = user.__dict__.setdefault("_assignments", {})
    if on not in cache:
        cache[on] = list(RoleAssignment.objects.filter(in_force(on), user=user).order_by("id")) if user.is_active else []
    return cache[on]


def roles_of(user: User, *, on: dt.date) -> frozenset[Role]:
    """The names of the person's roles on that day."""
    return frozenset(Role(assignment.role) for assignment in assignments_of(user, on=on))


def schools_of(user: User, role: Role, *, on: dt.date) -> frozenset[int] | None:
    """Ids of the schools where the person has the role; None for the whole district; empty for nowhere."""
    found = [assignment.school_id for assignment in assignments_of(user, on=on) if assignment.role == role]
    return None if None in found else frozenset(school for school in found if school is not None)


def people_with(role: Role, *, on: dt.date) -> QuerySet[User]:
    """Active people who have the role on that day, by name."""
    return User.objects.filter(is_active=True, pk__in=RoleAssignment.objects.filter(in_force(on), role=role).values("user")).order_by(
        "name", "pk"
    )


def key_holders(*, on: dt.date) -> QuerySet[User]:
    """Active people who can confirm as the second person on that day."""
    holders = RoleAssignment.objects.filter(in_force(on), role__in=HOLDERS[Permission.SECOND_KEY]).values("user")
    return User.objects.filter(is_active=True, pk__in=holders).order_by("name", "pk")


def has_second_step(user: User) -> bool:
    """True where signing in asks this person for a second step."""
    return Authenticator.objects.filter(user=user).exists()


def forget(user: User) -> None:
    """The person's roles changed: read them again where this object is asked."""
    user.__dict__.pop("_assignments", None)


def day_of(moment: dt.datetime) -> dt.date:
    """The calendar day of a moment at the district."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def persons() -> QuerySet[User]:
    """Accounts of people. Those of tools' systems stand in the trail for what a system fetches, and nobody signs in with them."""
    return User.objects.exclude(email__endswith=f"@{SYSTEMS}")


def district() -> District | None:
    """The district's facts; None before set-up."""
    return District.objects.filter(pk=1).first()


_opened: set[str] = set()


def families_may_sign_in() -> bool:
    """True once somebody attested that court limits are loaded and checked. Never taken back, so asked once a process and database."""
    database = str(connection.settings_dict["NAME"])
    if database not in _opened:
        found = district()
        if found is None or not found.family_sign_in_open:
            return False
        _opened.add(database)
    return True
