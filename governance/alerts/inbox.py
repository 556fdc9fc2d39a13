"""Alerts arrive as reports too. The room of reports stands above this one, so it registers itself here."""

import dataclasses
import datetime as dt
from collections.abc import Callable

from governance.alerts.models import Alert


@dataclasses.dataclass(frozen=True)
class Inbox:
    """`take(alert, loud=, at=)` files an alert once, in the caller's transaction; `end(alert, at=)` ends what was filed of one that is closed."""

    take: Callable[..., None]
    end: Callable[..., None]


_inboxes: list[Inbox] = []


def register(take: Callable[..., None], *, end: Callable[..., None]) -> None:
    """Called once, when the app of reports starts. The last one that registered is asked."""
    _inboxes[:] = [Inbox(take, end)]


def arrived(alert: Alert, *, loud: bool, at: dt.datetime) -> None:
    """Hand on an alert that is new. `loud`: those who read reports are told at once."""
    for one in _inboxes:
        one.take(alert, loud=loud, at=at)


def ended(alert: Alert, *, at: dt.datetime) -> None:
    """Hand on that an alert was closed."""
    for one in _inboxes:
        one.end(alert, at=at)
