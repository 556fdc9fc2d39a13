"""`manage.py setup`: a district without demo data."""

import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from governance.people import queries
from governance.people.models import District, User
from governance.vocabulary import Event, Role
from portal.base import clock
from tests.governance.people.cast import entries
from tests.harness.databases import Clone

GIVEN = {
    "district": "Oak Hollow School District",
    "admin_email": "pat@oakhollow.example",
    "admin_name": "Pat Doe",
    "second_email": "sue@oakhollow.example",
    "second_name": "Sue Roe",
    "no_input": True,
}


def run(**given: Any) -> str:
    out = io.StringIO()
    call_command("setup", stdout=out, **given)
    return out.getvalue()


def links(text: str) -> list[str]:
    return re.findall(r"/invitation/\S+/", text)


def roles_of(email: str) -> frozenset[Role]:
    return queries.roles_of(User.objects.get(email=email), on=clock.today())


def test_it_makes_the_district_and_two_key_holders(database: Clone) -> None:
    told = run(**GIVEN)
    assert District.objects.get().name == "Oak Hollow School District"
    assert not District.objects.get().demo
    assert not District.objects.get().family_sign_in_open
    assert roles_of("pat@oakhollow.example") == {Role.DISTRICT_ADMIN}
    assert roles_of("sue@oakhollow.example") == {Role.LEADER}
    assert len(links(told)) == 2
    assert [entry["actor_id"] for entry in entries(database, Event.ROLE_GIVEN)] == [None, None]


def test_the_admin_opens_the_link_and_must_add_a_second_step(database: Clone, settings: Any) -> None:
    settings.DEMO = False
    client = Client()
    client.get(links(run(**GIVEN))[0])
    client.post("/invitation/", {"password": "Quiet-meadow-2026", "again": "Quiet-meadow-2026"})
    assert client.get("/setup/")["Location"] == "/accounts/2fa/totp/activate/"


def test_run_again_it_changes_nothing_but_unused_links(database: Clone) -> None:
    first = links(run(**GIVEN))
    again = links(run(no_input=True))
    assert len(again) == 2
    assert not set(first) & set(again)
    assert User.objects.count() == 2
    user = User.objects.get(email="pat@oakhollow.example")
    user.set_password("Quiet-meadow-2026")
    user.save()
    assert len(links(run(no_input=True))) == 1


def test_the_second_key_holder_may_come_later(database: Clone) -> None:
    told = run(**{name: value for name, value in GIVEN.items() if not name.startswith("second")})
    assert len(links(told)) == 1
    run(second_email="sue@oakhollow.example", second_name="Sue Roe", no_input=True)
    assert roles_of("sue@oakhollow.example") == {Role.LEADER}


def test_it_gives_nobody_a_role_that_somebody_has(database: Clone) -> None:
    """Else whoever can run it once in a while makes admins past the two keys."""
    run(**GIVEN)
    with pytest.raises(CommandError, match="in this role already"):
        run(admin_email="mallory@oakhollow.example", admin_name="Mallory", no_input=True)
    assert not User.objects.filter(email="mallory@oakhollow.example").exists()


@pytest.mark.parametrize(
    ("missing", "flag"), [("district", "--district"), ("admin_email", "--admin-email"), ("admin_name", "--admin-name")]
)
def test_what_is_missing_is_named_and_nothing_is_kept(database: Clone, missing: str, flag: str) -> None:
    with pytest.raises(CommandError, match=flag):
        run(**{name: value for name, value in GIVEN.items() if name != missing})
    assert not District.objects.exists()
    assert not User.objects.exists()


def test_one_person_is_not_two(database: Clone) -> None:
    with pytest.raises(CommandError, match="another person"):
        run(**GIVEN | {"second_email": "PAT@oakhollow.example"})
    assert not User.objects.exists()


def test_it_leaves_the_demo_alone(district: Clone) -> None:
    with pytest.raises(CommandError, match="demo district"):
        run(**GIVEN)
