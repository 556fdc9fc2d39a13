"""The staff's pages about witnesses, restores and keys: forms, the password asked again, what each role sees."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from governance.checkpoints.models import Declaration, Witness
from tests.governance.people.cast import by_password, person, signed_in
from tests.harness.databases import Clone

GIVEN = {"name": "R. Ortiz", "office": "Parents' council", "email": "council@parents.example", "language": "es", "key": "", "starts_on": "2026-11-24", "ends_on": ""}  # fmt: skip


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def test_a_witness_is_proposed_by_one_and_confirmed_by_another(district: Clone) -> None:
    admin, leader = by_password("admin"), by_password("leader")
    assert admin.post("/trail/witnesses/new/", GIVEN).status_code == 302
    made = Witness.objects.get(email="council@parents.example", language="es", name="R. Ortiz")
    assert 'value="confirm"' not in admin.get("/trail/witnesses/").content.decode().split("R. Ortiz")[1].split("</form>")[0]
    admin.post(f"/trail/witnesses/{made.public_id}/", {"answer": "confirm"})
    made.refresh_from_db()
    assert made.state == Witness.State.WAITING
    leader.post(f"/trail/witnesses/{made.public_id}/", {"answer": "confirm"})
    made.refresh_from_db()
    assert (made.state, made.decided_by) == (Witness.State.NAMED, person("leader"))
    assert "R. Ortiz" in Client().get("/trail/").content.decode()
    admin.post(f"/trail/witnesses/{made.public_id}/", {"answer": "end"})
    assert "R. Ortiz" not in Client().get("/trail/").content.decode()


def test_without_the_password_nothing_happens(district: Clone) -> None:
    admin = signed_in("admin")
    before = Witness.objects.count()
    for path, given in (
        ("/trail/witnesses/new/", GIVEN),
        ("/trail/restores/new/", {"reason": "disk", "backup_at": "2026-11-20T02:00"}),
        ("/trail/restores/key/", {"reason": "rotation"}),
    ):
        answer = admin.post(path, given)
        assert answer.status_code == 302
        assert "/reauthenticate/" in answer["Location"]
    assert Witness.objects.count() == before
    assert not Declaration.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "nobody"}, "valid email"),
        ({"ends_on": "2026-01-01"}, "lies before the first"),
        ({"key": "rubbish"}, "no witness&#x27;s public key"),
        ({"name": "x" * 121}, "at most 120"),
        ({"language": "hmn"}, "Select a valid choice"),
        ({"starts_on": "tomorrow"}, "valid date"),
    ],
    ids=["e-mail", "term", "key", "name", "language", "day"],
)
def test_what_does_not_fit_is_said_and_nothing_is_lost(district: Clone, change: dict, words: str) -> None:
    page = by_password("admin").post("/trail/witnesses/new/", GIVEN | change)
    assert page.status_code == 200
    assert words in page.content.decode().replace("'", "&#x27;").replace("e-mail", "email")
    assert "council@parents.example" in page.content.decode() or "nobody" in page.content.decode()
    assert not Witness.objects.filter(name=GIVEN["name"]).exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": "disk", "backup_at": "2026-11-20T02:00"}, "Nothing is lost"),
        ({"reason": "disk", "backup_at": "2026-11-20T02:00", "kept": "rubbish"}, "no checkpoint"),
        ({"reason": "disk", "backup_at": "9999-11-20T02:00"}, "day and time of the backup"),
        ({"reason": "disk", "backup_at": "2030-11-20T02:00"}, "cannot be from the future"),
        ({"reason": "lost", "backup_at": "2026-11-20T02:00"}, "valid choice"),
        ({"reason": "", "backup_at": ""}, "required"),
    ],
    ids=["no loss", "rubbish", "year", "future", "reason", "empty"],
)
def test_a_restore_that_was_none_is_not_proposed(district: Clone, given: dict, words: str) -> None:
    page = by_password("admin").post("/trail/restores/new/", given)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Declaration.objects.exists()


def test_a_key_is_proposed_and_taken_back(district: Clone) -> None:
    admin = by_password("admin")
    admin.post("/trail/restores/key/", {"reason": "rotation"})
    waiting = Declaration.objects.get()
    assert "Take it back" in admin.get("/trail/restores/").content.decode()
    assert admin.post(f"/trail/restores/{waiting.public_id}/", {"answer": "no such thing"}).status_code == 404
    admin.post(f"/trail/restores/{waiting.public_id}/", {"answer": "refuse"})
    waiting.refresh_from_db()
    assert waiting.state == Declaration.State.REFUSED
    by_password("leader").post(f"/trail/restores/{waiting.public_id}/", {"answer": "confirm"})
    waiting.refresh_from_db()
    assert waiting.state == Declaration.State.REFUSED, "decided is decided"


@pytest.mark.parametrize("who", ["teacher", "parent", "compliance", "steward"])
def test_nobody_else_sees_or_does_it(district: Clone, who: str) -> None:
    client = signed_in(who)
    for path in ("/trail/witnesses/", "/trail/restores/"):
        assert client.get(path).status_code == 403
    assert client.post("/trail/witnesses/new/", GIVEN).status_code == 403


def test_the_superintendent_sees_what_waits_and_has_no_form(district: Clone) -> None:
    leader = signed_in("leader")
    page = leader.get("/trail/witnesses/").content.decode()
    assert "Education cooperative" in page, "the demo's third witness waits"
    assert "Confirm" in page
    assert "Propose the witness" not in page
    assert "Propose the restore" not in leader.get("/trail/restores/").content.decode()


def test_lists_ask_the_same_number_of_times(district: Clone) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    admin = by_password("admin")
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as caught:
            admin.get("/trail/witnesses/")
        counts.append(len(caught))
        for each in range(3):
            Witness.objects.create(
                name=f"W{number}{each}", office="Clerk", email=f"w{number}{each}@x.example", starts_on=dt.date(2026, 1, 1),
                proposed_by=person("admin"), proposed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            )  # fmt: skip
    assert counts[0] == counts[1]
