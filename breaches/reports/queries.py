"""Reads of reports."""

import datetime as dt
from uuid import UUID

from django.db.models import Q, QuerySet

from breaches.reports import codes
from breaches.reports.models import Report, SafetyContact
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Permission

PAGE = 50


def within_reach(user: User, *, on: dt.date) -> QuerySet[Report]:
    """The reports that this person may read: about privacy for those who handle incidents, about safety for those of that contact.

    What the portal's own watch found about this person is for somebody else.
    """
    roles = people.roles_of(user, on=on)
    readable = Q(pk__in=[])
    if permissions.holds(roles, Permission.HANDLE_INCIDENTS):
        readable |= Q(apart=False)
    if permissions.holds(roles, Permission.HANDLE_SAFETY_REPORTS):
        readable |= Q(apart=True)
    found = Report.objects.filter(readable).exclude(alert__actor=user)
    return found.select_related("provider", "taken_up_by", "closed_by", "alert__actor", "alert__limits")


def for_reader(user: User, public_id: UUID, *, on: dt.date) -> Report | None:
    """One report, if this person may read it."""
    return within_reach(user, on=on).filter(public_id=public_id).first()


def waiting(user: User, *, on: dt.date, apart: bool) -> QuerySet[Report]:
    """Open reports of one queue, the oldest first."""
    return within_reach(user, on=on).filter(apart=apart, closed_at=None).order_by("received_at", "pk")


def closed(user: User, *, on: dt.date, apart: bool) -> QuerySet[Report]:
    """The newest that are closed."""
    return within_reach(user, on=on).filter(apart=apart, closed_at__isnull=False).order_by("-closed_at", "-pk")[:PAGE]


def by_code(code: str) -> Report | None:
    """The report that a code follows up."""
    return Report.objects.filter(code_hash=codes.hash_of(code)).first() if code.strip() else None


def safety_contact() -> SafetyContact | None:
    """Whom worries about safety go to; None until the district names somebody."""
    return SafetyContact.objects.filter(pk=1).first()


def of_incident(incident: UUID) -> QuerySet[Report]:
    """The reports that became this incident or belong to it."""
    return Report.objects.filter(incident=incident).order_by("received_at", "pk")
