"""What waits so that much still works on the day of a breach, for those who handle incidents."""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.readiness import present, queries
from governance.people import permissions
from governance.people.models import User
from governance.vocabulary import Permission, Role
from portal.base.components import Status


def waiting(
    user: User, may: frozenset[Permission], roles: frozenset[Role], on: dt.date, at: dt.datetime
) -> Iterator[tuple[str, str, Status]]:
    """(title, address, state) of each thing that waits: a person to confirm, one who cannot sign in, nobody named."""
    if Permission.HANDLE_INCIDENTS not in may:
        return
    address, named = reverse("readiness:day"), list(queries.holders())
    for one in named:
        if one.confirmed_at is None and user.pk not in (one.proposed_by_id, one.user_id):
            yield _("Breach day: a second person confirms who can sign in"), address, Status("warn", _("Waits on you"))
    if not roles & {Role.INCIDENT_LEAD, Role.DISTRICT_ADMIN}:
        return
    if sum(one.confirmed_at is not None for one in named) < queries.HOLDERS:
        yield _("Breach day: two people who can always sign in are not named yet"), address, Status("warn", _("Look at this"))
    for one in named:
        shown = present.holder(one, reader=user, at=at, on=on)
        if one.confirmed_at is not None and shown["state"].kind != "ok":
            yield _("Breach day: %(name)s") % {"name": shown["name"]}, address, shown["state"]


def reach(roles: frozenset[Role]) -> dict | None:
    """How many children mail would reach, for the first page of those who handle incidents; None for others."""
    return present.reach(queries.reach()) if permissions.holds(roles, Permission.HANDLE_INCIDENTS) else None
