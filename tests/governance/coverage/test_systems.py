"""What other systems record: admins describe it, families and everybody read it, and a report is sealed as it was received."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from governance.coverage import actions, queries
from governance.coverage.models import System
from governance.records.models import Guardianship
from governance.trail.seals import verify
from portal.base import clock
from tests.governance.situations import person
from tests.harness.databases import Clone

GIVEN = {"name": "Campus records", "covers": "Each time staff open a student's page", "not_logged": "Exports", "complete": "parts", "since": "2026-09-01", "last_received_on": "2026-11-20", "gaps": "October 3, the feed was down"}  # fmt: skip


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def system(district: Clone) -> System:
    given = GIVEN | {"since": dt.date(2026, 9, 1), "last_received_on": dt.date(2026, 11, 20)}
    return actions.describe(system_id=None, by=person("admin"), at=clock.now(), **given)


def entries_of(owner: Any, kind: str) -> list[tuple]:
    with owner.cursor() as cursor:
        cursor.execute("SELECT record_ids, key_hash, additional_data FROM trail.entry WHERE kind = %s ORDER BY id", [kind])
        return cursor.fetchall()


def owner_of(district: Clone) -> Any:
    connection = district.connect("owner")
    connection.autocommit = True
    return connection


def test_an_admin_describes_a_system_and_everybody_reads_it(district: Clone) -> None:
    assert client_of("admin").post("/audit/systems/", GIVEN).status_code == 302
    page = Client().get("/limits/").content.decode()
    for words in ("Campus records", "Parts of it are reported here", "Exports", "October 3, the feed was down"):
        assert words in page
    child = Guardianship.objects.filter(user=person("parent"), ended_at=None, limit="").order_by("pk")[0].student
    looks = client_of("parent").get(f"/family/{child.public_id}/looks/").content.decode()
    assert "What other systems record" in looks
    assert "Campus records" in looks


def test_changing_and_ending_are_told_in_the_trail(system: System, district: Clone) -> None:
    client = client_of("admin")
    assert client.post(f"/audit/systems/{system.public_id}/", GIVEN | {"gaps": "None"}).status_code == 302
    assert client.post(f"/audit/systems/{system.public_id}/end/").status_code == 302
    owner = owner_of(district)
    assert entries_of(owner, "coverage.system.described")[-1][2] == {"fields": ["gaps"]}
    assert len(entries_of(owner, "coverage.system.ended")) == 1
    owner.close()
    assert "Campus records" not in {line.name for line in queries.systems()}
    assert client.get(f"/audit/systems/{system.public_id}/").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"since": ""}, "Say since when"),
        ({"complete": "nothing"}, "nothing is reported here"),
        ({"last_received_on": "2026-08-01"}, "lies before the first"),
        ({"name": ""}, "required"),
        ({"covers": "x" * 301}, "at most 300"),
    ],
    ids=["no begin", "dates of nothing", "before the begin", "no name", "too long"],
)
def test_a_description_that_does_not_fit_is_refused_with_words(district: Clone, change: dict, words: str) -> None:
    page = client_of("admin").post("/audit/systems/", GIVEN | change)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not System.objects.filter(covers__startswith="Each time staff open", gaps__startswith="October").exists()


@pytest.mark.parametrize("who", ["teacher", "parent", "compliance", "leader"])
def test_nobody_else_describes(district: Clone, who: str) -> None:
    assert client_of(who).post("/audit/systems/", GIVEN).status_code == 403
    assert not System.objects.filter(covers__startswith="Each time staff open", gaps__startswith="October").exists()


def test_a_report_is_sealed_as_received_and_is_none_of_the_doors_lines(system: System, district: Clone, sealing: Callable) -> None:
    rows: list[dict] = [{"event_id": "7", "at": "2026-11-20T08:00:00-06:00", "actor": "44", "subjects": ["s1"], "action": "view"}]
    day = dt.date(2026, 11, 21)
    actions.receive(system_id=system.public_id, rows=rows, period_from=day, period_to=day, complete=True, at=clock.now())
    owner = owner_of(district)
    ((students, opens, said),) = entries_of(owner, "reported.delivery.received")
    owner.close()
    assert (students, opens) == (None, None), "it names no student and opens nothing"
    line = json.dumps(rows[0], sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert said["sha256"] == hashlib.sha256(line).hexdigest()
    assert said["form"] == "reported/1"
    assert (said["rows"], said["from"], said["complete"]) == (1, "2026-11-21", True)
    assert System.objects.get(pk=system.pk).last_received_on == day
    sealing()
    assert verify.verify().unsealed == 0


def test_a_system_that_reports_nothing_delivers_nothing(district: Clone) -> None:
    made = actions.describe(system_id=None, by=person("admin"), at=clock.now(), name="Mail", covers="Nothing", complete="nothing")
    day = dt.date(2026, 11, 21)
    with pytest.raises(ValueError, match="reports nothing"):
        actions.receive(system_id=made.public_id, rows=[], period_from=day, period_to=day, complete=True, at=clock.now())
