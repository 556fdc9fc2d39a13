"""Reads of incidents."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet

from breaches.clocks.rules import Start
from breaches.incidents.models import Incident, Moment


def by_id(public_id: UUID) -> Incident:
    """One incident with the people and parties its page names. Raises Incident.DoesNotExist."""
    return Incident.objects.select_related("lead", "opened_by", "closed_by", "provider", "tool", "account", "cause").get(
        public_id=public_id
    )


def open_ones() -> QuerySet[Incident]:
    """Those that have not ended, drills among them, the newest first."""
    return Incident.objects.filter(closed_at=None).select_related("lead", "provider", "tool")


def starts_of(incident: Incident) -> Mapping[Start, dt.datetime]:
    """The moments that count: of each kind the newest that waits for nobody and was not refused."""
    said = Moment.objects.filter(incident=incident, waits=False, refused=False).order_by("said_at", "pk")
    return {Start(moment.start): moment.at for moment in said}


def waiting_moments(incident: Incident) -> QuerySet[Moment]:
    """Later starts that wait for a second person."""
    return Moment.objects.filter(incident=incident, waits=True).select_related("said_by")
