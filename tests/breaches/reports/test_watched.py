"""What the portal's own watch finds arrives among the reports, ends with its alert, and is never shown to the person concerned."""

from typing import Any

import pytest
from django.core import mail

from breaches.incidents.models import Incident
from breaches.reports import actions
from breaches.reports.models import Report
from governance.alerts import actions as alerts
from governance.alerts import runner
from governance.alerts.models import Alert, Detector, Reason
from governance.vocabulary import Event
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.governance.alerts.cast import alert_about, forget_the_demos, look, plant, watch
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def filed(alert: Alert) -> Report:
    runner.tell()
    return Report.objects.get(alert=alert)


def untold(who: str = "teacher", *, detector: str = Detector.NO_CLASS) -> Alert:
    forget_the_demos()
    return alert_about(who, detector=detector, told_at=None)


def test_an_odd_look_is_a_report_once_by_the_run_that_finds_it(planted: int) -> None:
    look("teacher", [planted])
    assert "planted" in {detector for detector, _ in watch()}
    runner.run()
    found = Report.objects.get(alert__detector="planted")
    assert (found.channel, found.apart, found.named) == ("alert", False, False)
    assert "a record that belongs to nobody" in found.words
    told = trail("breaches.report.received", about=str(found.public_id))
    assert [entry["actor_id"] for entry in told] == [None]


@pytest.mark.parametrize(("detector", "readers"), [("volume", {"security@riverbend.example"}), ("night", set())], ids=["loud", "ordinary"])
def test_the_incident_lead_hears_of_loud_ones_at_once_and_nobody_twice(detector: str, readers: set[str]) -> None:
    filed(untold(detector=detector))
    mail.outbox.clear()
    outbox.run()
    everybody = [address for one in mail.outbox for address in one.to]
    assert len(everybody) == len(set(everybody))
    assert {address for one in mail.outbox for address in one.to if "report" in one.subject.lower()} == readers


def test_the_page_says_what_was_found_and_leads_to_the_alert() -> None:
    alert = untold()
    page = f"/incidents/reports/{filed(alert).public_id}/"
    assert str(Report.objects.get(alert=alert)) in text_of(client_of("security").get("/incidents/reports/"))
    lead, officer = client_of("security").get(page), client_of("compliance").get(page)
    for seen in (lead, officer):
        assert "The portal’s own watch" in text_of(seen)
        assert str(alert) in text_of(seen)
        assert "Who reported" not in text_of(seen) or "Nobody." in text_of(seen)
    assert f"/alerts/{alert.public_id}/" in officer.content.decode()
    assert f"/alerts/{alert.public_id}/" not in lead.content.decode()  # who handles incidents alone closes no alert


def test_nobody_reads_or_decides_the_report_about_themselves() -> None:
    report = filed(untold("security"))
    page = f"/incidents/reports/{report.public_id}/"
    client = client_of("security")
    assert str(report) not in text_of(client.get("/incidents/reports/"))
    for address in (page, f"{page}close/", f"{page}move/", f"{page}reporter/", f"/incidents/from-report/{report.public_id}/"):
        assert (client.get(address) if address == page else client.post(address)).status_code == 404
    with pytest.raises(CannotDo):
        actions.view(report=report.public_id, by=person("security"), at=clock.now())
    assert Report.objects.get(pk=report.pk).taken_up_at is None


@pytest.mark.parametrize(
    ("reason", "outcome"), [("work", "no_problem"), ("training", "answered"), ("misuse", "incident")], ids=["work", "training", "misuse"]
)
def test_it_ends_with_its_alert(reason: str, outcome: str) -> None:
    alert = untold()
    report = filed(alert)
    alerts.close(alert_id=alert.pk, reason=Reason(reason), words="Looked into.", by=person("compliance"), at=clock.now())
    alert.refresh_from_db()
    report.refresh_from_db()
    assert (report.outcome, report.reason, report.closed_by, report.incident) == (
        outcome,
        "Looked into.",
        person("compliance"),
        alert.incident,
    )
    assert len(trail("breaches.report.closed", about=str(report.public_id))) == 1


def test_an_incident_from_the_report_ends_the_alert_as_misuse() -> None:
    """The incident lead closes no alert, and yet makes what was found an incident: report and alert end in the same step."""
    alert = untold()
    report = filed(alert)
    page = client_of("security").post(
        f"/incidents/from-report/{report.public_id}/",
        {"title": "Odd looks", "kind": "misuse", "severity": "2", "reason": "No work leads there."},
    )
    assert page.status_code == 302
    alert.refresh_from_db()
    incident = Incident.objects.get(public_id=alert.incident)
    assert (alert.reason, alert.words, alert.closed_by) == ("misuse", "No work leads there.", person("security"))
    assert (incident.account, incident.happened_from) == (person("teacher"), alert.first_at)
    assert [entry["actor_id"] for entry in trail(Event.ALERT_CLOSED, about=str(alert.public_id))] == [person("security").pk]


@pytest.mark.parametrize("act", ["close", "move"])
def test_the_report_alone_neither_ends_nor_moves(act: str) -> None:
    report = filed(untold())
    page = client_of("security").post(
        f"/incidents/reports/{report.public_id}/{act}/", {"close-outcome": "no_problem", "close-reason": "Nothing to it."}, follow=True
    )
    report.refresh_from_db()
    assert (report.closed_at, report.apart) == (None, False)
    assert "own watch found this" in text_of(page)


@pytest.fixture
def planted() -> int:
    """The anchor of a planted record that is watched."""
    forget_the_demos()
    runner.run()
    return plant()
