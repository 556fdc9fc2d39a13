"""The pages of an assessment and of clocks: who sees what, and that nothing is asserted that counsel has not reviewed."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from breaches.assessment.models import FactSheet, Met, Override
from breaches.clocks.rules import Start
from breaches.incidents import actions as incidents
from breaches.incidents import queries
from governance.people.models import User
from portal.base import clock
from tests.breaches.situations import opened, reviewed, said
from tests.governance.situations import person

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def test_facts_are_written_down_after_a_look_at_what_they_change() -> None:
    made, client = opened(), client_of(person("security"))
    address = reverse("assessment:facts", args=[made.public_id])
    typed = {
        "seen": "0", "elements": ["name", "social-security-number"], "students": "1200", "residents": "WI 1,150\nIL: 50", "protection": "none",
        "harm": "likely", "harm_reason": "Numbers with names.", "found": "staff", "at_provider": "no",
    }  # fmt: skip
    shown = client.post(address, typed | {"act": "preview"}).content.decode()
    assert "Nothing is saved yet." in shown
    assert "134.98" in shown
    assert not FactSheet.objects.filter(incident=made).exists()
    client.post(address, typed | {"act": "save"})
    assert FactSheet.objects.get(incident=made).residents == {"US-WI": 1150, "US-IL": 50}


@pytest.mark.parametrize("line", ["Wisconsin many", "XX 5", "WI 5\nWI 6", "WI -5"])
def test_a_state_that_is_none_is_said_and_nothing_is_lost(line: str) -> None:
    made, client = opened(), client_of(person("security"))
    answer = client.post(
        reverse("assessment:facts", args=[made.public_id]),
        {
            "seen": "0",
            "residents": line,
            "protection": "none",
            "harm": "likely",
            "harm_reason": "Kept words.",
            "found": "staff",
            "at_provider": "no",
        },
    )
    assert "Line " in answer.content.decode()
    assert "Kept words." in answer.content.decode()
    assert not FactSheet.objects.filter(incident=made).exists()


def test_law_and_policy_stand_apart_and_a_row_not_reviewed_says_so() -> None:
    made, client = opened(), client_of(person("security"))
    said(made)
    address = reverse("assessment:assessment", args=[made.public_id])
    page = text(client, address)
    assert "The law says" in page
    assert "District policy says" in page
    assert "has not reviewed this row" in page
    assert "Ask counsel" in page
    assert 'badge-warn">Duty' not in page
    reviewed("wi-breach-people")
    assert "Reviewed by A. Counsel" in text(client, address)


def test_counsel_answers_by_name() -> None:
    made, client = opened(), client_of(person("security"))
    said(made)
    address = reverse("assessment:law", args=[made.public_id, "wi-breach-people"])
    assert "The portal worked out" in text(client, address)
    client.post(address, {"says": "none", "counsel": "A. Counsel", "reason": "Called back unread."})
    assert Override.objects.get(incident=made).counsel == "A. Counsel"
    assert "Called back unread." in text(client, reverse("assessment:assessment", args=[made.public_id]))


def test_a_second_factor_is_asked_again_outside_the_demo(settings: Any) -> None:
    made = opened()
    said(made)
    client = client_of(person("security"))
    settings.DEMO = False
    answer = client.post(
        reverse("assessment:law", args=[made.public_id, "wi-breach-people"]), {"says": "none", "counsel": "A. Counsel", "reason": "So."}
    )
    assert answer.status_code == 302
    assert not Override.objects.filter(incident=made).exists()


def test_a_clock_is_stopped_and_runs_again() -> None:
    made, client = opened(), client_of(person("security"))
    said(made)
    address = reverse("assessment:meet", args=[made.public_id, "target:board"])
    client.post(address, {"met_at": (clock.now() - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"), "words": "Called the chair."})
    assert Met.objects.get(incident=made, taken_back_at=None).words == "Called the chair."
    assert "Called the chair." in text(client, reverse("assessment:clocks", args=[made.public_id]))
    client.post(address, {"act": "back"})
    assert not Met.objects.filter(incident=made, taken_back_at=None).exists()


def test_a_later_start_waits_on_the_page_for_somebody_else() -> None:
    made = opened(discovered_at=clock.now() - dt.timedelta(days=2))
    address = reverse("assessment:clocks", args=[made.public_id])
    before = queries.starts_of(made)[Start.DISCOVERY]
    first, second = client_of(person("security")), client_of(person("compliance"))
    later = {
        "act": "moment",
        "start": "discovery",
        "moment": (clock.now() - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "reason": "Misread.",
    }
    first.post(address, later | {"reason": ""})
    assert not queries.waiting_moments(made).exists()
    first.post(address, later)
    waiting = queries.waiting_moments(made).get()
    assert "Somebody else has to agree." in text(first, address)
    decide = reverse("assessment:moment-decide", args=[made.public_id, waiting.pk])
    first.post(decide, {"act": "agree"})
    assert queries.starts_of(made)[Start.DISCOVERY] == before
    second.post(decide, {"act": "agree"})
    assert queries.starts_of(made)[Start.DISCOVERY] == waiting.at


def test_a_moment_of_another_incident_is_not_decided_here() -> None:
    made, other = opened(discovered_at=clock.now() - dt.timedelta(days=2)), opened()
    waiting = incidents.say_when(
        incident=made.public_id,
        start=Start.DISCOVERY,
        moment=clock.now() - dt.timedelta(days=1),
        reason="Misread.",
        by=person("security"),
        at=clock.now(),
    )
    answer = client_of(person("compliance")).post(reverse("assessment:moment-decide", args=[other.public_id, waiting.pk]), {"act": "agree"})
    assert answer.status_code == 404


@pytest.mark.parametrize("page", ["assessment", "facts", "clocks"])
def test_whom_it_is_about_and_others_find_nothing(page: str) -> None:
    made = opened(account=person("compliance"), kind="misuse")
    address = reverse(f"assessment:{page}", args=[made.public_id])
    assert client_of(person("security")).get(address).status_code == 200
    for persona in ("compliance", "teacher", "steward", "provider", "parent"):
        assert client_of(person(persona)).get(address).status_code == 404, persona


def test_what_is_overdue_is_public_inside() -> None:
    made = opened(title="Kept among few", discovered_at=clock.now() - dt.timedelta(days=4))
    for persona in ("security", "admin", "compliance", "leader", "steward"):
        client = client_of(person(persona))
        assert str(made) in text(client, "/home/"), persona
        page = text(client, reverse("clocks:clocks"))
        assert str(made) in page
        assert "Overdue" in page
        assert "Kept among few" not in page
    assert str(made) not in client_of(person("teacher")).get("/home/").content.decode()
    assert client_of(person("teacher")).get(reverse("clocks:clocks")).status_code == 403


def test_every_row_of_the_law_can_be_reviewed() -> None:
    client = client_of(person("security"))
    assert "0 of 161" in text(client, reverse("assessment:laws"))
    address = reverse("assessment:law-review", args=["wi-breach-people"])
    content = client.get(address).context["form"].initial["content"]
    client.post(
        address,
        {"content": content, "reach": "yes", "counsel": "A. Counsel", "reviewed_on": clock.today().isoformat(), "words": "As of today."},
    )
    assert "1 of 161" in text(client, reverse("assessment:laws"))


def test_days_are_closed_and_taken_back_on_the_page() -> None:
    client, address = client_of(person("admin")), reverse("clocks:calendar")
    day = clock.today() + dt.timedelta(days=(7 - clock.today().weekday()))
    client.post(address, {"act": "close", "day": day.isoformat(), "title": "Snow day"})
    assert "Snow day" in text(client, address)
    client.post(address, {"act": "open", "day": day.isoformat()})
    assert "Snow day" not in text(client, address)
