"""Incidents in the states that tests begin with."""

import datetime as dt

from breaches.assessment import actions, laws
from breaches.assessment.actions import Answers
from breaches.assessment.models import FactSheet, LawReview
from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from governance.authority.models import Clock
from portal.base import clock
from tests.governance.situations import person


def opened(**more: object) -> Incident:
    """An open incident that security@ leads, found three hours ago."""
    now = clock.now()
    given: dict = {
        "title": "Mail to the wrong list", "kind": "mis_sent", "severity": 2, "discovered_at": now - dt.timedelta(hours=3),
        "by": person("security"), "at": now,
    }  # fmt: skip
    return incidents.open_incident(**given | more)


def answers(**more: object) -> Answers:
    """Names and Social Security numbers of 1,200 people in Wisconsin, unprotected; harm likely."""
    given: dict = {
        "elements": ["name", "social-security-number"], "protection": "none", "protected_by": "", "harm": "likely",
        "harm_reason": "Numbers with names.", "residents": {"US-WI": 1200}, "students": 1200, "found": "staff", "at_provider": False,
    }  # fmt: skip
    return Answers(**given | more)


def said(incident: Incident, *, seen: int = 0, **more: object) -> FactSheet:
    """A version of the facts."""
    return actions.say_facts(incident=incident.public_id, answers=answers(**more), seen=seen, by=person("security"), at=clock.now())


def reviewed(law: str, *, reach: str = "yes") -> LawReview:
    """Counsel's review of a row as it stands."""
    now = clock.now()
    return actions.review_law(
        law=law, content=laws.content_of(Clock.objects.get(pk=law)), reach=reach, counsel="A. Counsel", words="", reviewed_on=clock.today(),
        by=person("security"), at=now,
    )  # fmt: skip
