"""A link sets a password once, within a week, and leads on to the second step."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from governance.people import accounts, invitations, roles
from governance.people.models import Invitation, User
from governance.vocabulary import Event, Role
from portal.base import clock, outbox
from portal.base.models import Message
from tests.governance.people.cast import by_password, entries, person
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")
CHOSEN = {"password": "Quiet-meadow-2026", "again": "Quiet-meadow-2026"}


def invited(role: Role | None = None) -> tuple[User, str]:
    """A new person and the path of their link."""
    user = accounts.make(email="new.person@riverbend.example", name="New Person", by=person("admin"), at=clock.now())
    if role:
        roles.give(user=user, role=role, school=None, starts_on=clock.today(), ends_on=None, by=person("admin"), at=clock.now())
    return user, path_of(invitations.make(user=user, by=person("admin"), at=clock.now()))


def path_of(link: str) -> str:
    return re.sub(r"^https?://[^/]+", "", link)


def open_link(path: str) -> Client:
    client = Client()
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/invitation/"), "the secret leaves the address"
    return client


def test_the_link_sets_a_password_and_signs_in(district: Clone) -> None:
    user, path = invited(Role.TEACHER)
    client = open_link(path)
    assert "new.person@riverbend.example" in client.get("/invitation/").content.decode()
    answer = client.post("/invitation/", CHOSEN)
    assert answer["Location"] == "/home/"
    assert client.get("/home/").status_code == 200
    assert entries(district, Event.INVITATION_ACCEPTED)[-1]["actor_id"] == user.pk
    assert entries(district, Event.SIGNED_IN)[-1]["actor_id"] == user.pk


def test_a_powerful_role_goes_on_to_the_second_step() -> None:
    _, path = invited(Role.DATA_STEWARD)
    client = open_link(path)
    client.post("/invitation/", CHOSEN)
    assert client.get("/home/")["Location"] == "/accounts/2fa/totp/activate/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200, "the password was just typed"


def test_it_works_once() -> None:
    _, path = invited()
    open_link(path).post("/invitation/", CHOSEN)
    assert open_link(path).get("/invitation/").status_code == 410


def test_it_ends_after_a_week() -> None:
    user, _ = invited()
    old = path_of(invitations.make(user=user, by=person("admin"), at=clock.now() - dt.timedelta(days=8)))
    assert open_link(old).get("/invitation/").status_code == 410


def test_a_newer_link_ends_the_older() -> None:
    user, first = invited()
    second = path_of(invitations.make(user=user, by=person("admin"), at=clock.now()))
    assert open_link(first).get("/invitation/").status_code == 410
    assert open_link(second).get("/invitation/").status_code == 200


def test_a_suspended_person_cannot_use_it() -> None:
    user, path = invited()
    accounts.suspend(user_id=user.pk, by=person("admin"), at=clock.now())
    assert open_link(path).get("/invitation/").status_code == 410


@pytest.mark.parametrize("weak", ["short", "password1234", "new.person@riverbend"])
def test_a_weak_password_is_not_taken(weak: str) -> None:
    _, path = invited()
    client = open_link(path)
    answer = client.post("/invitation/", {"password": weak, "again": weak})
    assert answer.status_code == 200
    assert client.get("/home/").status_code == 302


def test_only_the_hash_is_kept(district: Clone) -> None:
    _, path = invited()
    token = path.rstrip("/").rsplit("/", 1)[-1]
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT string_agg(i::text, '') FROM people_invitation i")
        assert token not in cursor.fetchone()[0]
    owner.close()


def test_by_mail_the_link_is_made_when_it_goes_out(mailoutbox: list) -> None:
    user, _ = invited()
    invitations.mail(user=user, by=person("admin"), at=clock.now())
    waiting = Message.objects.latest("pk")
    assert set(waiting.body) == {"invitation"}
    outbox.run()
    mail = mailoutbox[-1]
    assert "New Person" not in mail.subject
    link = re.search(r"http\S+/invitation/\S+/", mail.body)
    assert link
    assert open_link(path_of(link[0])).get("/invitation/").status_code == 200


def test_the_admin_sees_the_link_once(settings: Any) -> None:
    settings.DEMO = True
    user, _ = invited()
    client = by_password("admin")
    shown = client.post(f"/people/{user.public_id}/invite/", {"way": "show"}).content.decode()
    assert "/invitation/" in shown
    assert "/invitation/" not in client.get(f"/people/{user.public_id}/").content.decode()
    assert Invitation.objects.filter(user=user, used_at=None, expires_at__gt=clock.now()).count() == 1
