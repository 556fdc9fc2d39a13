"""Who decides about which data at which schools today: stewards, their deputies, and the district admin where nobody is designated."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from governance.authority.models import Element, Stewardship
from governance.people import queries as people
from governance.people.models import RoleAssignment, School, User
from governance.people.permissions import HOLDERS
from governance.vocabulary import Permission, Role


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody who may decide, as pages name them."""

    id: int
    name: str
    title: str


@dataclasses.dataclass(frozen=True)
class Desk:
    """One designation as it stands on a day. `schools` is None for the whole district; a person who cannot decide that day is None."""

    stewardship: Stewardship
    categories: frozenset[str]
    schools: frozenset[int] | None
    steward: Person | None
    deputy: Person | None
    away: bool

    def covers(self, category: str, schools: Collection[int]) -> bool:
        """True if it holds for this category at all these schools."""
        return category in self.categories and (self.schools is None or self.schools >= set(schools))

    def decides(self, *, asker: int | None = None) -> Person | None:
        """Who decides on that day: the steward; the deputy while the steward is away or asks; None where neither can."""
        if self.steward is not None and not self.away and self.steward.id != asker:
            return self.steward
        return self.deputy if self.deputy is not None and self.deputy.id != asker else None


@dataclasses.dataclass(frozen=True)
class Waiting:
    """On whom a request waits. `desk` is None, or decides nothing, where the district admins step in: a gap."""

    desk: Desk | None
    people: tuple[Person, ...]
    gap: bool

    def includes(self, user_id: int) -> bool:
        """True if the person may decide now."""
        return any(person.id == user_id for person in self.people)


@dataclasses.dataclass(frozen=True)
class Desks:
    """All designations of a day, and the district admins who stand in."""

    open: tuple[Desk, ...]
    admins: tuple[Person, ...]

    def desk_for(self, category: str, schools: Collection[int]) -> Desk | None:
        """The designation that holds for a category at these schools: one for just these schools goes before one for the district."""
        covering = [desk for desk in self.open if desk.covers(category, schools)]
        return min(covering, key=lambda desk: (desk.schools is None, desk.stewardship.pk), default=None)

    def waits_on(self, desk: Desk | None, *, asker: int) -> Waiting:
        """Who decides a request of `asker` at this desk. Nobody decides on a request of their own."""
        person = desk.decides(asker=asker) if desk else None
        if person is not None:
            return Waiting(desk, (person,), gap=False)
        return Waiting(desk, tuple(admin for admin in self.admins if admin.id != asker), gap=True)

    def split(self, categories: Iterable[str], schools: Collection[int]) -> dict[str, Desk | None]:
        """The desk for each category."""
        return {category: self.desk_for(category, schools) for category in sorted(set(categories))}

    def second_keys(self, *, asker: int, first: int) -> tuple[Person, ...]:
        """Who may agree as the second of two people: any other steward, deputy or district admin."""
        everybody = {person.id: person for desk in self.open for person in (desk.steward, desk.deputy) if person is not None}
        everybody |= {person.id: person for person in self.admins}
        return tuple(person for key, person in sorted(everybody.items()) if key not in {asker, first})


def in_term(on: dt.date) -> QuerySet[Stewardship]:
    """Designations that hold on that day."""
    return Stewardship.objects.filter(ended_at=None, starts_on__lte=on).filter(Q(ends_on=None) | Q(ends_on__gte=on))


def desks(on: dt.date) -> Desks:
    """Who may decide what on that day. Five queries, whatever the number of designations."""
    able = set(
        RoleAssignment.objects.filter(people.in_force(on), role__in=HOLDERS[Permission.DECIDE_REQUESTS], user__is_active=True).values_list(
            "user_id", flat=True
        )
    )
    found = []
    for stewardship in in_term(on).select_related("steward", "deputy").prefetch_related("schools", "absences").order_by("pk"):
        schools = frozenset(school.pk for school in stewardship.schools.all())
        found.append(
            Desk(
                stewardship=stewardship,
                categories=frozenset(stewardship.categories),
                schools=schools or None,
                steward=_able(stewardship.steward, able),
                deputy=_able(stewardship.deputy, able),
                away=any(absence.starts_on <= on <= absence.ends_on for absence in stewardship.absences.all()),
            )
        )
    admins = tuple(as_person(user) for user in people.people_with(Role.DISTRICT_ADMIN, on=on))
    return Desks(tuple(found), admins)


def as_person(user: User) -> Person:
    """A user as pages name them."""
    return Person(user.pk, user.name or user.email, user.title)


def _able(user: User | None, able: set[int]) -> Person | None:
    return as_person(user) if user is not None and user.pk in able else None


@dataclasses.dataclass(frozen=True)
class Coverage:
    """Who decides about one category at one school today; `person` None is a gap that the district admins fill."""

    category: str
    school: School
    desk: Desk | None
    person: Person | None


def held_categories() -> list[str]:
    """Categories of which the portal keeps at least one kind of data, by name."""
    return list(Element.objects.exclude(held_in="").order_by("category").values_list("category", flat=True).distinct())


def schools() -> QuerySet[School]:
    """Active schools, without the district's own organizations."""
    return School.objects.filter(active=True).exclude(kind__in=["district", "department", "local", "state", "national"])


def coming(on: dt.date) -> QuerySet[Stewardship]:
    """Designations whose term has not begun."""
    return (
        Stewardship.objects.filter(ended_at=None, starts_on__gt=on)
        .select_related("steward", "deputy")
        .prefetch_related("schools")
        .order_by("starts_on")
    )


def coverage(on: dt.date, *, today: Desks | None = None) -> list[Coverage]:
    """Every held category at every active school with who decides today."""
    today = today or desks(on)
    places = list(schools())
    rows = []
    for category in held_categories():
        for school in places:
            desk = today.desk_for(category, [school.pk])
            rows.append(Coverage(category, school, desk, desk.decides() if desk else None))
    return rows


def gaps(on: dt.date) -> list[Coverage]:
    """Where nobody is designated, or nobody can decide today."""
    return [each for each in coverage(on) if each.person is None]
