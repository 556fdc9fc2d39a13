"""Reports as far along as a test needs them."""

import secrets
from typing import Any

from breaches.reports import actions
from breaches.reports.models import Report, Topic
from portal.base import clock


def reported(**more: Any) -> tuple[Report, str]:
    """A report that came in just now, and its code."""
    given: dict[str, Any] = {
        "topic": Topic.LOOKED, "words": "Somebody opened my neighbor's record.", "when": "last week", "name": "", "reach": "", "account": None,
        "language": "en", "sending": secrets.token_bytes(32), "at": clock.now(),
    }  # fmt: skip
    given |= more
    given["topic"] = Topic(given["topic"])
    return actions.receive(**given)
