"""Notices when a named person signs in with the portal's own password or passkey. It says nothing to the person, and stops nothing."""

import datetime as dt
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from breaches.readiness.models import Holder, Use
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import clock

OWN_WAYS = frozenset({"password", "mfa"})


@receiver(user_logged_in, dispatch_uid="breaches.readiness.uses")
def signed_in(*, request: HttpRequest, user: User, **_more: Any) -> None:
    """Write down the use, where somebody named came in by the portal's own ways alone."""
    ways = {str(record["method"]) for record in get_authentication_records(request, user)}
    if ways and ways <= OWN_WAYS:
        record(user=user, ways=ways, at=clock.now())


@transaction.atomic
def record(*, user: User, ways: set[str], at: dt.datetime) -> Use | None:
    """A named person signed in with these ways, with the entry that says so. None for anybody else."""
    holder = Holder.objects.filter(user=user, ended_at=None, confirmed_at__isnull=False).first()
    if holder is None:
        return None
    made = Use.objects.create(holder=holder, at=at, ways=sorted(ways), second_step="mfa" in ways)
    entries.append(
        Event.READINESS_SIGNED_IN, action=Action.ACCESS, by=user, about=holder, data={"by": made.ways, "second_step": made.second_step}
    )
    return made
