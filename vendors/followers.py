"""What follows from a change in a lower room: the upper rooms say so when they start, and the lower one knows none of them.

One message of the outbox goes to every follower of its topic. All of them run in the relay's transaction, again if one fails: each must be
idempotent.
"""

import datetime as dt
from collections.abc import Callable

from portal.base import outbox

AGREEMENT_ENDED = "vendors.agreement_ended"
AGREEMENT_SIGNED = "vendors.agreement_signed"
REVIEW_CLOSED = "vendors.review_closed"
CONSENT_WITHDRAWN = "vendors.consent_withdrawn"
TOPICS = (AGREEMENT_ENDED, AGREEMENT_SIGNED, REVIEW_CLOSED, CONSENT_WITHDRAWN)

Follower = Callable[[dict], None]
_followers: dict[str, list[Follower]] = {topic: [] for topic in TOPICS}


def follow(topic: str) -> Callable[[Follower], Follower]:
    """Register the function below as a follower of `topic`; it gets the message's body. Raises KeyError for an unknown topic."""

    def register(function: Follower) -> Follower:
        if function not in _followers[topic]:
            _followers[topic].append(function)
        return function

    return register


def tell(topic: str, *, at: dt.datetime, **body: str) -> None:
    """Tell the followers of `topic`, in the open transaction. `body` holds opaque ids alone."""
    outbox.put(topic, at=at, delay=dt.timedelta(), **body)


def _handler(topic: str) -> Callable[[dict], None]:
    def handle(body: dict) -> None:
        for follower in _followers[topic]:
            follower(body)

    return handle


for _topic in TOPICS:
    outbox.handles(_topic)(_handler(_topic))
