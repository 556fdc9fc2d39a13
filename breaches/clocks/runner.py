"""The escalation: what beat starts, and `manage.py clocks run`. Safe to run twice at the same time."""

import datetime as dt

from django.db import transaction

from breaches.clocks import points, registry
from breaches.clocks.models import Reached
from breaches.clocks.registry import Running, Source
from governance.people.queries import day_of
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import outbox

POINT = "clocks.point"


def run(*, at: dt.datetime) -> int:
    """Tell of every point that was reached since the last run. Of several points of one clock at once, the most urgent is told.

    Answers how many clocks were told of.
    """
    count = 0
    for source in registry.sources():
        if source.told is None:
            continue
        running = [clock for clock in source.running(at) if clock.due_at is not None]
        known = set(
            Reached.objects.filter(source=source.name, key__in=[clock.key for clock in running]).values_list("key", "point", "due_at")
        )
        for clock in running:
            assert clock.due_at is not None
            new = [point for point in points.reached(clock.started_at, clock.due_at, at) if (clock.key, point, clock.due_at) not in known]
            count += bool(new) and _tell(source, clock, clock.due_at, new, at=at)
    return count


@transaction.atomic
def _tell(source: Source, clock: Running, due_at: dt.datetime, new: list[str], *, at: dt.datetime) -> bool:
    """True where this run was the first to tell of the most urgent of these points."""
    assert source.told is not None
    told = list(source.told(clock, new[-1] == Reached.Point.OVERDUE, day_of(at)))
    first = False
    for point in new:
        made, is_new = Reached.objects.get_or_create(
            source=source.name, key=clock.key, point=point, due_at=due_at, defaults={"reached_at": at, "told": len(told)}
        )
        if not is_new:
            continue
        first = point == new[-1]
        entries.append(
            Event.CLOCK_POINT_REACHED, action=Action.UPDATE, by=None,
            data={"source": source.name, "clock": clock.key, "point": point, "due": due_at.isoformat(), "told": [str(user.public_id) for user in told]},
        )  # fmt: skip
        if first:
            outbox.put(POINT, at=at, reached=made.pk, people=[str(user.public_id) for user in told])
    return first
