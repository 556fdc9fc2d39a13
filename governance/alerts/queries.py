"""Reads of alerts, of the numbers in force and of planted records."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from governance.alerts import limits
from governance.alerts.models import FALSE_ALARMS, Alert, AlertLook, Detector, Limits, Planting, Watch
from governance.people import queries as people
from governance.people.models import User
from governance.people.permissions import HOLDERS
from governance.vocabulary import Permission, Role

QUIET = dt.timedelta(minutes=2)
FALSE_ALARM_DAYS = 90
FEW_CLOSED = 5
LEAST_TOLD = 2
PAGE = 50


def handlers(*, on: dt.date) -> list[User]:
    """Active people whose work it is to look into alerts, by name; the superintendent may too, and is not told of each."""
    found: dict[int, User] = {}
    for role in sorted(HOLDERS[Permission.HANDLE_ALERTS] - {Role.LEADER}):
        found |= {user.pk: user for user in people.people_with(role, on=on)}
    return sorted(found.values(), key=lambda user: (user.name, user.pk))


def told_of(alert: Alert, *, on: dt.date) -> list[User]:
    """Who is told of an alert: those who handle alerts but the one concerned; where they are fewer than two, the superintendent too."""
    told = [user for user in handlers(on=on) if user.pk != alert.actor_id]
    if len(told) < LEAST_TOLD:
        told += [user for user in people.people_with(Role.LEADER, on=on) if user.pk != alert.actor_id and user not in told]
    return told


def _of_others(user: User) -> QuerySet[Alert]:
    return Alert.objects.filter(Q(actor=None) | ~Q(actor=user)).select_related("actor", "asked_by", "closed_by")


def open_for(user: User) -> list[Alert]:
    """Open alerts that this person may handle, the newest first; never about the person. One query."""
    return list(_of_others(user).filter(closed_at=None).order_by("-raised_at", "-pk")[:200])


def count_open_for(user: User) -> int:
    """How many alerts wait that are not about this person."""
    return _of_others(user).filter(closed_at=None).count()


def closed_for(user: User, *, before: int | None = None, at_most: int = PAGE) -> list[Alert]:
    """A page of closed alerts, the last one first, from below a number on. One query."""
    found = _of_others(user).filter(closed_at__isnull=False)
    if before is not None:
        found = found.filter(number__lt=before)
    return list(found.order_by("-number")[:at_most])


def alert_for(user: User, public_id: UUID) -> Alert | None:
    """The alert, unless it is about this person."""
    return _of_others(user).select_related("actor", "asked_by", "closed_by", "limits").filter(public_id=public_id).first()


def question_to(user: User, public_id: UUID) -> Alert | None:
    """The alert about which this person was asked."""
    return Alert.objects.select_related("asked_by").filter(public_id=public_id, actor=user, asked_at__isnull=False).first()


def questions_to(user: User) -> list[Alert]:
    """Questions about the person's own looks that wait for an answer, the oldest first."""
    return list(Alert.objects.filter(actor=user, asked_at__isnull=False, answered_at=None, closed_at=None).order_by("asked_at"))


def looks_of(alert: Alert, *, at_most: int = PAGE) -> list[AlertLook]:
    """The looks that an alert rests on, the newest first."""
    return list(alert.looks.order_by("-entry_at", "-entry_id")[:at_most])


def others_of(alert: Alert, *, at_most: int = 10) -> list[Alert]:
    """Other alerts about the same person, the newest first; none for alerts about an address."""
    if alert.actor_id is None:
        return []
    return list(Alert.objects.filter(actor=alert.actor_id).exclude(pk=alert.pk).order_by("-raised_at")[:at_most])


@dataclasses.dataclass(frozen=True)
class Share:
    """How a detector did in the last 90 days: how many alerts were closed, how many of those were false alarms."""

    detector: Detector
    raised: int
    closed: int
    false: int

    @property
    def percent(self) -> int | None:
        """False alarms of those closed; None where none was closed."""
        return round(100 * self.false / self.closed) if self.closed else None

    @property
    def cries_too_often(self) -> bool:
        """True where at least five were closed and more than half of them were false alarms."""
        return self.closed >= FEW_CLOSED and 2 * self.false > self.closed


def shares(*, at: dt.datetime) -> list[Share]:
    """The share of false alarms of each detector. One query."""
    since = at - dt.timedelta(days=FALSE_ALARM_DAYS)
    rows = Alert.objects.filter(raised_at__gte=since).order_by().values("detector")
    found = rows.annotate(
        raised=Count("pk"), closed=Count("pk", filter=Q(closed_at__isnull=False)), false=Count("pk", filter=Q(reason__in=FALSE_ALARMS))
    )
    counts = {row["detector"]: row for row in found}
    return [
        Share(detector, *(counts[detector][name] for name in ("raised", "closed", "false")))
        if detector in counts
        else Share(detector, 0, 0, 0)
        for detector in Detector
    ]


def in_force(*, using: str | None = None) -> Limits:
    """The numbers in force."""
    return Limits.objects.using(using).get(state=Limits.State.IN_FORCE)


def numbers_of(version: Limits) -> dict[str, dict[str, int]]:
    """A version's numbers; one that a later release brought stands at its default."""
    return {detector: defaults | version.numbers.get(detector, {}) for detector, defaults in limits.defaults().items()}


def proposed() -> Limits | None:
    """The change that waits for a second person."""
    return Limits.objects.filter(state=Limits.State.PROPOSED).select_related("proposed_by").first()


def versions(*, at_most: int = 20) -> Sequence[Limits]:
    """The latest versions that were decided, the newest first."""
    return list(Limits.objects.exclude(state=Limits.State.PROPOSED).select_related("proposed_by", "decided_by")[:at_most])


def watched_at() -> dt.datetime | None:
    """When the trail was last read for odd looks."""
    return Watch.objects.values_list("looked_at", flat=True).first()


def is_somebody() -> Q:
    """Of a query over students: those who are somebody. A planted record stands in no count."""
    return Q(pk__in=RawSQL("SELECT unnest(door.without_planted(ARRAY(SELECT s.id FROM public.records_student s)))", []))  # nosec B611: no input


def plantings() -> list[Planting]:
    """Planted records, the newest first; what they are called stands behind the door."""
    return list(Planting.objects.select_related("school", "proposed_by", "confirmed_by")[:100])
