"""Reads: who is named and ready, which way mail goes, the numbers on the card, and how many families mail would reach."""

import dataclasses
import datetime as dt
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from breaches.readiness.models import Holder, MailSwitch, Number, Use
from governance.alerts.queries import is_somebody
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import School, User
from governance.records.models import Guardianship, OwnRecord, Student
from governance.vocabulary import Permission
from portal.base import clock, mail

HOLDERS = 2
# A way in that nobody has tried for this long is no way in.
TESTED_WITHIN = dt.timedelta(days=365)
REACH_SECONDS = 600
_REACH = "readiness:reach"


# -- Named people --------------------------------------------------------------------------------------------------------------


def holders() -> QuerySet[Holder]:
    """Named and proposed people, those named first."""
    found = Holder.objects.filter(ended_at=None).select_related("user", "proposed_by", "confirmed_by")
    return found.order_by("confirmed_at", "proposed_at", "pk")


def is_named(user: User) -> bool:
    """True for somebody whom two people named."""
    return Holder.objects.filter(user=user, ended_at=None, confirmed_at__isnull=False).exists()


def what_is_missing(user: User, *, on: dt.date) -> list[str]:
    """What keeps this person from signing in with nothing but the portal itself, as codes; empty where nothing does."""
    missing = []
    if not user.is_active:
        missing.append("suspended")
    if not user.has_usable_password():
        missing.append("password")
    second_step = Authenticator.objects.filter(user=user, type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN))
    if not (settings.DEMO and not settings.PORTAL_DEMO_TOTP) and not second_step.exists():  # as governance.people.middleware asks it
        missing.append("second_step")
    if not permissions.holds(people.roles_of(user, on=on), Permission.HANDLE_INCIDENTS):
        missing.append("role")
    return missing


def last_tested(holder: Holder) -> dt.datetime | None:
    """When this person last signed in this way with a second step."""
    return Use.objects.filter(holder=holder, second_step=True).values_list("at", flat=True).first()


def uses(*, most: int = 20) -> QuerySet[Use]:
    """The newest sign-ins of named people."""
    return Use.objects.select_related("holder__user")[:most]


def tried_between(since: dt.datetime, until: dt.datetime) -> list[User]:
    """Which named people signed in this way, with a second step, in a time: what a drill asks."""
    found = Use.objects.filter(second_step=True, at__gte=since, at__lte=until).values("holder__user")
    return list(User.objects.filter(pk__in=found).order_by("name", "pk"))


# -- Mail ----------------------------------------------------------------------------------------------------------------------


def last_switch() -> MailSwitch | None:
    """Who switched last; None where nobody ever did."""
    return MailSwitch.objects.select_related("by").first()


def mail_path() -> str:
    """The way that mail takes now: what `portal.base.mail` asks for each connection."""
    return MailSwitch.objects.values_list("path", flat=True).first() or mail.FIRST


def second_path_since() -> MailSwitch | None:
    """The switch that stands, where mail goes by the second server; without a second server no query."""
    if not mail.has_second():
        return None
    newest = last_switch()
    return newest if newest is not None and newest.path == mail.SECOND else None


# -- The card ------------------------------------------------------------------------------------------------------------------


def numbers() -> QuerySet[Number]:
    """The numbers on the card, in the order in which they came."""
    return Number.objects.filter(removed_at=None)


# -- Whom mail would reach -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class SchoolReach:
    """One school: how many children it has, and how many of them have a confirmed address."""

    public_id: UUID | None
    name: str
    reached: int
    children: int


@dataclasses.dataclass(frozen=True)
class Reach:
    """The same for the district, with the moment for which it was worked out."""

    at: dt.datetime
    schools: tuple[SchoolReach, ...]

    @property
    def reached(self) -> int:
        """How many children of the district have at least one confirmed address."""
        return sum(school.reached for school in self.schools)

    @property
    def children(self) -> int:
        """How many children there are."""
        return sum(school.children for school in self.schools)


def reach() -> Reach:
    """How many children have at least one confirmed address, by school. Kept for ten minutes; counts alone, no address is read."""
    kept = cache.get(_REACH)
    if kept is not None:
        at, schools = kept
        return Reach(dt.datetime.fromisoformat(at), tuple(SchoolReach(UUID(key) if key else None, *rest) for key, *rest in schools))
    found = count_reach(at=clock.now())
    rows = [(str(one.public_id) if one.public_id else "", one.name, one.reached, one.children) for one in found.schools]
    cache.set(_REACH, (found.at.isoformat(), rows), REACH_SECONDS)
    return found


def count_reach(*, at: dt.datetime) -> Reach:
    """The same, counted now. Two queries, however many children.

    Confirmed is the address of an account that a guardian without a limit, or the student, has signed in with.
    """
    children = _children(people.day_of(at))
    everywhere = {row["school"]: row["number"] for row in children.values("school").annotate(number=Count("pk")).order_by()}
    reached = {
        row["school"]: row["number"] for row in children.filter(_has_address()).values("school").annotate(number=Count("pk")).order_by()
    }
    schools = {school.pk: school for school in School.objects.all()}
    rows = [
        SchoolReach(schools[pk].public_id if pk in schools else None, schools[pk].name if pk in schools else "", reached.get(pk, 0), number)
        for pk, number in everywhere.items()
    ]
    return Reach(at, tuple(sorted(rows, key=lambda row: row.name)))


def without_address(school: School, *, on: dt.date) -> QuerySet[Student]:
    """The children of a school whom mail would not reach, by opaque order."""
    return _children(on).filter(school=school).exclude(_has_address()).order_by("pk")


def _children(on: dt.date) -> QuerySet[Student]:
    return Student.objects.filter(is_somebody(), Q(left_on=None) | Q(left_on__gt=on))


def _has_address() -> Q:
    confirmed = EmailAddress.objects.filter(user=OuterRef("user"), verified=True, user__is_active=True)
    guardian = Guardianship.objects.filter(student=OuterRef("pk"), ended_at=None, limit="", may_be_contacted=True).filter(Exists(confirmed))
    own = OwnRecord.objects.filter(student=OuterRef("pk")).filter(Exists(confirmed))
    return Q(Exists(guardian)) | Q(Exists(own))
