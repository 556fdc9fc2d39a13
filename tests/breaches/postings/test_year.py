"""The report of a year: what is counted, what is not told, and the PDF in both languages."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from breaches.postings import year
from governance.records.models import Student
from portal.base import clock
from tests.breaches.affected.test_lists import incident
from tests.breaches.notices.situations import listed, started
from tests.breaches.postings.situations import ended
from tests.breaches.remedies.situations import offered
from tests.breaches.situations import reviewed, said
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person
from tests.harness import pdf_ua

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def counted() -> dict[str, list[list[str]]]:
    """heading -> rows."""
    now = clock.now()
    return {section.heading: [list(row) for row in section.rows] for section in year.report(now.year, at=now).sections}


def test_what_is_counted() -> None:
    Incident.objects.all().update(drill=True)  # those of the demo
    ended()
    incident(drill=True)
    which = listed(*Student.objects.filter(left_on=None).order_by("pk")[:3], of=incident(discovered_at=clock.now() - dt.timedelta(days=4)))
    started(which)
    offered(which, "counseling")
    found = counted()
    assert found["How many, and of which kind"] == [
        ["Information went to the wrong person", "1"],
        ["Something happened at a company that works for us", "1"],
        ["Nothing reached anybody who should not have it", "1"],
        ["Still open", "1"],
    ]
    assert found["From finding it to telling families"][0] == ["Shortest", "4"]
    assert found["Remedies"] == [["Counseling", "fewer than 10", "0", "0", "0"]]
    assert year.report(clock.now().year, at=clock.now()).sections[-1].text == ["Information went to the wrong person: Look twice."]


def test_clocks_met_late_and_unanswered() -> None:
    Incident.objects.all().update(drill=True)
    long_ago = incident(kind="mis_sent", discovered_at=clock.now() - dt.timedelta(days=100))
    reviewed("wi-breach-people")
    incidents.decide_breach(incident=long_ago.public_id, is_breach=True, reason="It was.", by=person("security"), at=clock.now())
    said(long_ago)
    clocks = {row[0]: row[1:] for row in counted()["Clocks"]}
    assert clocks["Laws"][1] == "1"  # a duty whose time is over
    assert int(clocks["Laws"][4]) > 0  # what counsel has not answered is not asserted


def test_the_pages_and_how_many_questions_they_ask() -> None:
    lead = client_of("security")
    ended()
    lead.get("/incidents/year/")
    with CaptureQueriesContext(connection) as before:
        lead.get("/incidents/year/")
    for _ in range(3):
        started(listed(*Student.objects.order_by("pk")[:1]))
    with CaptureQueriesContext(connection) as after:
        page = lead.get("/incidents/year/")
    assert len(after) == len(before)
    assert "Incidents with student data in" in text_of(page)
    for language in ("en", "es"):
        answer = lead.get(f"/incidents/year/pdf/?language={language}")
        assert answer.content.startswith(b"%PDF")
        assert pdf_ua.faults(answer.content) == []
    assert lead.get("/incidents/year/?year=abc").status_code == 404
    assert lead.get("/incidents/year/pdf/?language=xx").status_code == 404
    assert client_of("teacher").get("/incidents/year/").status_code == 403
