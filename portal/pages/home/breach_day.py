"""What waits so that much still works on the day of a breach, for those who handle incidents."""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.drills import present as drill_words
from breaches.drills import queries as drills
from breaches.readiness import present, queries
from governance.people import permissions
from governance.people.models import User
from governance.vocabulary import Permission, Role
from portal.base.components import Status, due


def waiting(
    user: User, may: frozenset[Permission], roles: frozenset[Role], on: dt.date, at: dt.datetime
) -> Iterator[tuple[str, str, Status]]:
    """(title, address, state) of each thing that waits: what a drill gave this person to do, a person to confirm, one who cannot sign in,
    nobody named, no drill within a year.
    """
    for task in drills.improvements_of(user):
        yield _("From a drill: %(task)s") % {"task": task.title}, drill_words.address(task.drill), due(task.due_on, on)
    if Permission.HANDLE_INCIDENTS not in may:
        return
    address, named = reverse("readiness:day"), list(queries.holders())
    for one in named:
        if one.confirmed_at is None and user.pk not in (one.proposed_by_id, one.user_id):
            yield _("Breach day: a second person confirms who can sign in"), address, Status("warn", _("Waits on you"))
    if not roles & {Role.INCIDENT_LEAD, Role.DISTRICT_ADMIN}:
        return
    last = drills.last()
    if Role.INCIDENT_LEAD in roles and (last is None or last.ended_at is None or at - last.ended_at > drills.WITHIN):
        words = _("No breach drill within a year") if last else _("No breach drill has been played yet")
        yield words, reverse("drills:drills"), Status("warn", _("Look at this"))
    if sum(one.confirmed_at is not None for one in named) < queries.HOLDERS:
        yield _("Breach day: two people who can always sign in are not named yet"), address, Status("warn", _("Look at this"))
    for one in named:
        shown = present.holder(one, reader=user, at=at, on=on)
        if one.confirmed_at is not None and shown["state"].kind != "ok":
            yield _("Breach day: %(name)s") % {"name": shown["name"]}, address, shown["state"]


def reach(roles: frozenset[Role]) -> dict | None:
    """How many children mail would reach, for the first page of those who handle incidents; None for others, and before there are children."""
    if not permissions.holds(roles, Permission.HANDLE_INCIDENTS):
        return None
    found = queries.reach()
    return present.reach(found) if found.children else None
