"""What takes files away ahead of their days, and what makes the next ones. Everything may run twice."""

import datetime as dt

from portal.base import clock
from vendors import followers
from vendors.drops import actions, queries


@followers.follow(followers.CONSENT_WITHDRAWN)
def take_back_after_a_no(body: dict) -> None:
    """A family said no: a file that may hold its child does not lie there any longer. The next one is made without it."""
    for drop in queries.of_tool(body["tool"]):
        actions.take_back(drop=drop, because="withdrawn", at=clock.now())


def look_round(*, at: dt.datetime) -> int:
    """Mend what was interrupted, take away what is over, make what is due. Answers how many files were made or tried."""
    actions.mend(at=at)
    count = 0
    for drop in queries.running():
        actions.tidy(drop=drop, at=at)
        if drop.delivery.stopped_at is None:
            count += actions.deliver(drop=drop, at=at) is not None
    return count
