"""Lists of those affected through their pages: asked for, frozen, opened by name with an entry, changed by two people."""

import datetime as dt
from typing import Any

import pytest

from breaches.affected.models import AffectedList, Correction
from governance.records.models import Student
from governance.trail.models import Entry
from portal.base import clock, outbox
from tests.breaches.affected.test_lists import incident, provider, sent
from tests.breaches.notices.situations import listed
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def here(which: AffectedList, more: str = "") -> str:
    return f"/incidents/affected/{which.public_id}/{more}"


def test_a_provider_breach_is_asked_for_made_and_counted() -> None:
    one, two = Student.objects.filter(left_on=None).order_by("pk")[:2]
    sent(one, two)
    found, ink, lead = incident(), provider(), client_of("security")
    year = clock.today() - dt.timedelta(days=365)
    answer = lead.post(
        f"/incidents/{found.public_id}/affected/",
        {"how": "provider", "provider-provider": ink.public_id, "provider-since": year, "provider-until": clock.today()},
    )
    which = found.affected_lists.get()
    assert answer["Location"] == here(which)
    waiting = lead.get(here(which))
    assert "The list is being made" in text_of(waiting)
    assert b'<noscript><meta http-equiv="refresh"' in waiting.content
    outbox.run()
    shown = text_of(lead.get(here(which)))
    which.refresh_from_db()
    for words in ("2 children whose data was touched", "Ink & Paper", which.sha256, one.school.name):
        assert words in shown
    assert "Who was affected" in text_of(lead.get(f"/incidents/{found.public_id}/"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            {
                "how": "account",
                "account-account": "nobody@riverbend.example",
                "account-since": "2026-11-01T08:00",
                "account-until": "2026-11-02T08:00",
            },
            "No account has this e-mail",
        ),
        (
            {
                "how": "account",
                "account-account": "teacher@riverbend.example",
                "account-since": "2026-11-02T08:00",
                "account-until": "2026-11-01T08:00",
            },
            "It cannot end before it began",
        ),
        ({"how": "file", "file-disclosure": "the letter of Monday"}, "There is no id in this"),
    ],
    ids=["unknown-account", "backwards", "no-id"],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_lost(given: dict[str, str], why: str) -> None:
    found = incident()
    answer = client_of("security").post(f"/incidents/{found.public_id}/affected/", given)
    assert answer.status_code == 422
    assert why in text_of(answer)
    assert all(typed in answer.content.decode() for key, typed in given.items() if key != "how")
    assert not found.affected_lists.exists()


def test_names_open_a_page_at_a_time_with_an_entry_that_names_exactly_these() -> None:
    students = list(Student.objects.filter(left_on=None).order_by("pk")[:31])
    which = listed(students[0])
    sent(*students)
    from breaches.affected import actions

    made = actions.ask_provider(
        incident=which.incident.public_id, provider=provider(), since=clock.today() - dt.timedelta(days=30), until=clock.today(), reach=False,
        by=person("security"), at=clock.now(),
    )  # fmt: skip
    outbox.run()
    lead = client_of("security")
    page = text_of(lead.get(here(made, "names/")))
    assert "1 to 30 of 31" in page
    last = text_of(lead.get(here(made, "names/?page=2")))
    assert "31 to 31 of 31" in last
    told = list(Entry.objects.using("owner").filter(kind="breaches.affected.named").order_by("pk"))
    assert [sorted(entry.record_ids) for entry in told] == [sorted(one.pk for one in students[:30]), [students[30].pk]]
    assert told[0].elements == ["grade", "name"]
    assert told[0].actor_id == person("security").pk


def test_a_count_by_grade_opens_that_element_alone() -> None:
    which = listed(*Student.objects.filter(left_on=None).order_by("pk")[:3])
    page = text_of(client_of("security").post(here(which, "grades/")))
    assert "Children by grade" in page
    told = Entry.objects.using("owner").get(kind="breaches.affected.named")
    assert told.elements == ["grade"]
    assert len(told.record_ids) == 3


def test_two_people_change_a_list_and_the_first_cannot_agree() -> None:
    one, two = Student.objects.filter(left_on=None).order_by("pk")[:2]
    which = listed(one)
    lead, second = client_of("security"), client_of("compliance")
    nothing = lead.post(here(which, "propose/"), {"kind": "add", "student": str(two.public_id), "reason": "In the file."})
    assert "Choose at least one" in text_of(nothing)
    lead.post(
        here(which, "propose/"),
        {"kind": "add", "student": f"http://portal/students/{two.public_id}/", "elements": ["name"], "reason": "In the file."},
    )
    waiting = Correction.objects.get(decided_at=None)
    lead.post(f"/incidents/affected/corrections/{waiting.public_id}/", {"act": "agree"})
    waiting.refresh_from_db()
    assert waiting.decided_at is None
    assert "You proposed this" in text_of(lead.get(here(which)))
    assert str(two.public_id) in text_of(second.get(here(which)))
    agreed = second.post(f"/incidents/affected/corrections/{waiting.public_id}/", {"act": "agree"}, follow=True)
    assert "2 children whose data was touched" in text_of(agreed)
    assert "Show the names" in text_of(agreed)
    named = second.post(here(which, "grades/"), {"show": "names"})
    assert str(two.public_id) not in text_of(named)


@pytest.mark.parametrize("persona", ["teacher", "principal", "parent", "counselor"])
def test_who_handles_no_incidents_finds_nothing(persona: str) -> None:
    which = listed(Student.objects.order_by("pk")[0])
    client = client_of(persona)
    assert {client.get(here(which, more)).status_code for more in ("", "names/")} == {404}
    assert client.post(here(which, "grades/")).status_code == 404


def test_a_closed_incident_shows_its_lists_and_changes_none() -> None:
    which = listed(Student.objects.order_by("pk")[0])
    found = which.incident
    found.outcome, found.found, found.closed_at, found.closed_by = "near_miss", "Nothing.", clock.now(), person("security")
    found.save()
    lead = client_of("security")
    page = text_of(lead.get(here(which)))
    assert "Propose a change" not in page
    answer = lead.post(
        here(which, "propose/"), {"kind": "remove", "student": str(Student.objects.order_by("pk")[0].public_id), "reason": "Why"}
    )
    assert answer.status_code == 409
    assert "This incident is closed" in text_of(answer)
