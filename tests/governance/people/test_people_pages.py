"""The pages on which admins make accounts and give roles."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.people import queries
from governance.people.models import RoleProposal, School, User
from governance.vocabulary import Role
from portal.base import clock
from tests.governance.people.cast import by_password, person, signed_in

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def test_an_admin_makes_an_account_and_gives_it_a_role() -> None:
    client = by_password("admin")
    answer = client.post("/people/new/", {"name": "Jo Doe", "email": "jo.doe@riverbend.example", "title": "Librarian", "language": "en"})
    user = User.objects.get(email="jo.doe@riverbend.example")
    assert answer["Location"] == f"/people/{user.public_id}/"
    school = School.objects.get(sourced_id="high")
    role = {"role": "principal", "school": str(school.public_id), "starts_on": clock.today().isoformat(), "ends_on": ""}
    assert client.post(f"/people/{user.public_id}/roles/", role).status_code == 302
    assert queries.schools_of(user, Role.PRINCIPAL, on=clock.today()) == {school.pk}
    assert "Principal" in client.get(f"/people/{user.public_id}/").content.decode()


def test_a_powerful_role_becomes_a_proposal() -> None:
    client, user = by_password("admin"), person("counselor")
    role = {"role": "compliance_officer", "school": "", "starts_on": clock.today().isoformat(), "ends_on": "", "reason": "Second officer"}
    client.post(f"/people/{user.public_id}/roles/", role)
    proposal = RoleProposal.objects.get(user=user)
    assert proposal.state == RoleProposal.State.WAITING
    page = by_password("leader")
    assert "Second officer" in page.get("/people/proposals/").content.decode()
    page.post(f"/people/proposals/{proposal.public_id}/", {"answer": "confirm"})
    assert Role.COMPLIANCE_OFFICER in queries.roles_of(person("counselor"), on=clock.today())


def test_giving_a_role_asks_for_the_password_again() -> None:
    """An open browser on a desk gives no role."""
    client, user = signed_in("admin"), person("counselor")
    answer = client.post(f"/people/{user.public_id}/roles/", {"role": "nurse", "starts_on": clock.today().isoformat()})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert Role.NURSE not in queries.roles_of(person("counselor"), on=clock.today())


def test_a_name_is_searched_by_post_and_stands_in_no_address() -> None:
    client = signed_in("admin")
    page = client.post("/people/", {"term": "ortiz", "role": ""}).content.decode()
    assert "Ana Ortiz" in page
    assert "Ben Dahl" not in page


def test_a_students_address_is_not_shown_nor_found() -> None:
    client = signed_in("admin")
    for page in (client.post("/people/", {"term": "", "role": "student"}), client.post("/people/", {"term": "eligible@", "role": ""})):
        assert "eligible@riverbend.example" not in page.content.decode()
    assert "Nobody found" in client.post("/people/", {"term": "student@", "role": ""}).content.decode()


def test_the_list_asks_the_database_the_same_number_of_times() -> None:
    client = signed_in("admin")
    client.get("/people/")
    with CaptureQueriesContext(connection) as few:
        client.post("/people/", {"term": "Ana", "role": ""})
    with CaptureQueriesContext(connection) as many:
        client.post("/people/", {"term": "a", "role": ""})
    assert len(few) == len(many)


def test_a_mistake_keeps_what_was_typed() -> None:
    client = signed_in("admin")
    page = client.post("/people/new/", {"name": "Jo Doe", "email": "teacher@riverbend.example", "language": "en"}).content.decode()
    assert "There is an account with this e-mail already." in page
    assert 'value="Jo Doe"' in page
