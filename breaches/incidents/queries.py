"""Reads of incidents."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet

from breaches.clocks.rules import Start
from breaches.incidents.models import Incident, Moment, Note, Task
from governance.people import queries as people
from governance.people.models import RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.vocabulary import Permission

PAGE = 50


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


def handlers(*, on: dt.date) -> QuerySet[User]:
    """Active people who handle incidents on that day, by name."""
    held = RoleAssignment.objects.filter(people.in_force(on), role__in=HOLDERS[Permission.HANDLE_INCIDENTS])
    return User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("name", "pk")


def within_reach(user: User) -> QuerySet[Incident]:
    """The incidents that this person may read, of those whom the page lets in: all but the ones about themselves."""
    return Incident.objects.exclude(account=user).select_related(
        "lead", "opened_by", "closed_by", "provider", "tool", "account", "cause", "counsel"
    )


def for_reader(user: User, public_id: UUID) -> Incident | None:
    """One incident, unless it is about this person."""
    return within_reach(user).filter(public_id=public_id).first()


def notes_for(incident: Incident, user: User) -> QuerySet[Note]:
    """The notes that this person may read: privileged ones are for the lead and for counsel."""
    notes = Note.objects.filter(incident=incident).select_related("by")
    return notes if user.pk in {incident.lead_id, incident.counsel_id} else notes.filter(privileged=False)


def tasks_of(user: User) -> QuerySet[Task]:
    """What this person still has to do, the most urgent first."""
    return Task.objects.filter(owner=user, done_at=None).select_related("incident").order_by("due_at", "pk")
