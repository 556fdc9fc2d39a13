"""Reads of lists of those affected: ids, days and names of elements, never a name of a child."""

import datetime as dt
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet

from breaches.affected.models import AffectedList, Correction, Member
from breaches.incidents.models import Incident
from governance.people.models import User


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


def for_reader(user: User, public_id: UUID) -> AffectedList | None:
    """One list, unless its incident is about this person."""
    return AffectedList.objects.select_related("incident", "asked_by").exclude(incident__account=user).filter(public_id=public_id).first()


def correction_for(user: User, public_id: UUID) -> Correction | None:
    """One proposed change, unless its incident is about this person."""
    return Correction.objects.select_related("list__incident").exclude(list__incident__account=user).filter(public_id=public_id).first()


def by_school(affected: AffectedList) -> list[tuple[str, int]]:
    """How many children of the list as it stands belong to which school, the most first; "" for none any more. No value is read."""
    return _counted(
        "SELECT coalesce(s.name, ''), count(*) FROM affected_current c LEFT JOIN records_student r ON r.id = c.student_id"
        " LEFT JOIN people_school s ON s.id = r.school_id WHERE c.list_id = %s GROUP BY 1 ORDER BY 2 DESC, 1",
        affected,
    )


def by_element(affected: AffectedList) -> list[tuple[str, int]]:
    """How many children of the list as it stands had which element touched, the most first."""
    return _counted(
        "SELECT e, count(*) FROM affected_current c CROSS JOIN LATERAL unnest(c.elements) e WHERE c.list_id = %s AND NOT c.could"
        " GROUP BY 1 ORDER BY 2 DESC, 1",
        affected,
    )


def days_of(affected: AffectedList) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last day of what touched somebody, as the list was made."""
    found = Member.objects.filter(list=affected, could=False).aggregate(Min("first_on"), Max("last_on"))
    return found["first_on__min"], found["last_on__max"]


def to_decide(user: User) -> QuerySet[Correction]:
    """Proposed changes of lists that wait for this person as the second one, the oldest first."""
    waiting = Correction.objects.filter(decided_at=None, list__incident__closed_at=None)
    return (
        waiting.exclude(proposed_by=user)
        .exclude(list__incident__account=user)
        .select_related("list__incident")
        .order_by("proposed_at", "pk")
    )


def _counted(sql: str, affected: AffectedList) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [affected.pk])
        return list(cursor.fetchall())
