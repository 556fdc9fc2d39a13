"""Reads of lists of those affected: ids, days and names of elements, never a name of a child."""

from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from breaches.affected.models import AffectedList, Correction
from breaches.incidents.models import Incident


def by_id(public_id: UUID) -> AffectedList:
    """One list with its incident. Raises AffectedList.DoesNotExist."""
    return AffectedList.objects.select_related("incident", "asked_by").get(public_id=public_id)


def of_incident(incident: Incident) -> QuerySet[AffectedList]:
    """The lists of an incident, the newest first, each with how many corrections wait."""
    waiting = Count("corrections", filter=Q(corrections__decided_at=None))
    return AffectedList.objects.filter(incident=incident).select_related("asked_by").annotate(waiting=waiting)


def changes_to(affected: AffectedList) -> QuerySet[Correction]:
    """What was proposed to add or take off, the oldest first."""
    return Correction.objects.filter(list=affected).select_related("proposed_by", "decided_by", "student")


def counts_of(affected: AffectedList) -> tuple[int, int]:
    """How many children the list has now, with agreed corrections: those touched, and those who could have been. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE NOT could), count(*) FILTER (WHERE could) FROM affected_current WHERE list_id = %s",
            [affected.pk],
        )
        touched, could = cursor.fetchone()
    return touched, could


def is_on(affected: AffectedList, student: int) -> bool:
    """True where the list has the child now, with agreed corrections."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM affected_current WHERE list_id = %s AND student_id = %s)", [affected.pk, student])
        found: bool = cursor.fetchone()[0]
    return found
