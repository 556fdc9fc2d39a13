"""The facts beside the text of a posting, as the portal knows them: computed when a version is written, and approved with it."""

import datetime as dt
from typing import Any

from django.db import connection

from breaches.affected.models import AffectedList
from breaches.assessment.models import FactSheet
from breaches.clocks.rules import Start
from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from breaches.notices.models import Notice
from breaches.postings import rules
from governance.authority.models import Element
from governance.people.queries import day_of


def of_incident(incident: Incident) -> dict[str, Any]:
    """{"kind", "found_on", "told_on", "about", "elements"}: days as ISO text or None, `about` as rules.rounded gives it, keys of elements."""
    lists, sheet = _lists(incident), FactSheet.objects.filter(incident=incident).order_by("number").last()
    number, named = on(lists) if lists else (sheet.students if sheet else None, set())
    named = named or set(sheet.elements if sheet else ())
    found, told = found_at(incident), told_at(incident)
    return {
        "kind": incident.kind,
        "found_on": day_of(found).isoformat() if found else None,
        "told_on": day_of(told).isoformat() if told else None,
        "about": rules.rounded(number),
        "elements": sorted(Element.objects.filter(key__in=named).values_list("key", flat=True)),
    }


def found_at(incident: Incident) -> dt.datetime | None:
    """When the district learned of it."""
    return incidents.starts_of(incident).get(Start.DISCOVERY)


def told_at(incident: Incident) -> dt.datetime | None:
    """When the first notice to families went out, or when somebody said that people were told, whichever came first; None where nobody was."""
    went = Notice.objects.filter(incident=incident, audience="family", drill=False, started_at__isnull=False).order_by("started_at").first()
    said = incidents.starts_of(incident).get(Start.PEOPLE_TOLD)
    return min((at for at in (went.started_at if went else None, said) if at), default=None)


def on(lists: list[AffectedList]) -> tuple[int, set[str]]:
    """(how many different children whose data were touched stand on these lists now, the elements that they name). Two queries."""
    ids = [one.pk for one in lists]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT student_id) FROM affected_current WHERE list_id = ANY(%s) AND NOT could", [ids])
        number: int = cursor.fetchone()[0]
        cursor.execute(
            "SELECT DISTINCT unnest(d.elements) FROM (SELECT DISTINCT elements FROM affected_current WHERE list_id = ANY(%s) AND NOT could) d",
            [ids],
        )
        return number, {row[0] for row in cursor.fetchall()}


def _lists(incident: Incident) -> list[AffectedList]:
    """The lists of notices that went out; where none did, the newest list."""
    made = AffectedList.objects.filter(incident=incident, made_at__isnull=False)
    told = list(made.filter(notices__started_at__isnull=False).distinct())
    return told or list(made.order_by("-made_at")[:1])
