"""The home page says what waits on each role, and its cost does not grow with what waits."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.people.models import RoleAssignment
from governance.records.models import Guardianship
from governance.requests.models import DataRequest
from portal.base import clock
from portal.pages.personas import PERSONAS
from tests.governance.people.cast import person, signed_in

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def home(name: str) -> str:
    answer = signed_in(name).get("/home/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("persona", [persona.name for persona in PERSONAS])
def test_everybody_has_one(persona: str) -> None:
    page = home(persona)
    assert "<h1>" in page
    assert "no role here" not in page


@pytest.mark.parametrize(
    ("persona", "words"),
    [
        ("steward", "Writing workshop"),
        ("health.steward", "Follow-up after the fall screening"),
        ("counselor", "A question waits for your answer"),
        ("secretary", "A limit waits for its papers"),
        ("leader", "A second person confirms"),
    ],
)
def test_what_waits_is_named(persona: str, words: str) -> None:
    assert words in home(persona)


def test_a_request_waits_on_its_own_steward_alone() -> None:
    assert "Writing workshop" not in home("health.steward")
    assert "Writing workshop" not in home("principal")


def test_an_answered_request_is_news_to_who_asked() -> None:
    DataRequest.objects.filter(state="narrowed").update(decided_at=clock.now())
    assert "Extra help in science" in home("teacher")
    assert "Extra help in science" not in home("colleague")


def test_no_childs_name_stands_on_it() -> None:
    """A name is opened at the family's page, with an entry; the home page opens nothing."""
    page = home("parent")
    assert "Maya" not in page
    assert 'href="/family/"' in page


def test_an_account_without_a_role_is_told_so() -> None:
    RoleAssignment.objects.filter(user=person("provider")).update(ended_at=clock.now(), ended_by=person("admin"))
    assert "no role here today" in home("provider")


def test_it_asks_the_database_no_more_often_when_more_waits() -> None:
    client = signed_in("secretary")
    with CaptureQueriesContext(connection) as few:
        client.get("/home/")
    Guardianship.objects.filter(limit="").update(limit="no_contact", limit_set_at=clock.now(), limit_papers_due_on=clock.today())
    with CaptureQueriesContext(connection) as many:
        client.get("/home/")
    assert len(many) <= len(few)
