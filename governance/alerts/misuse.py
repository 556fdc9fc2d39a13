"""The way from an alert closed as misuse to an incident. The room of incidents stands above this one, so it registers itself here."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from uuid import UUID

from governance.people.models import User


@dataclasses.dataclass(frozen=True)
class Misuse:
    """What an incident begins with: the alert, what made the look odd, whose it was, from when to when, and when it was found. Students stand in the looks."""

    alert: UUID
    number: str
    detector: str
    actor: User | None
    first_at: dt.datetime
    last_at: dt.datetime
    raised_at: dt.datetime
    looks: tuple[tuple[dt.datetime, int], ...]


@dataclasses.dataclass(frozen=True)
class Way:
    """`open_incident(misuse, by=, at=)` makes an incident in the caller's transaction and answers its opaque id, to be shown at the route
    `page`; it may raise to keep the alert open.
    """

    open_incident: Callable[..., UUID]
    page: str


_ways: list[Way] = []


def register(open_incident: Callable[..., UUID], *, page: str) -> None:
    """Called once, when the app of incidents starts. The last one that registered is asked."""
    _ways[:] = [Way(open_incident, page)]


def way() -> Way | None:
    """How misuse becomes an incident; None where nobody registered."""
    return _ways[0] if _ways else None
