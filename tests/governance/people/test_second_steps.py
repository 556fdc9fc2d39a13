"""Taking away a lost second step: two people, the person told, every step in the trail."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import IntegrityError, transaction

from governance.people import second_factor
from governance.people.models import SecondStepReset, User
from portal.base import clock, outbox
from tests.governance.people.cast import by_password, entries, person
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def steward() -> User:
    user = person("steward")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x", "used_mask": 0})
    return user


def asked(user: User, by: str = "admin") -> SecondStepReset:
    return second_factor.propose_reset(user=user, checked="in_person", by=person(by), at=clock.now())


def test_two_people_take_it_away_and_the_person_is_told(steward: User, district: Clone) -> None:
    client = by_password("admin")
    assert "Lost the second step?" in client.get(f"/people/{steward.public_id}/").content.decode()
    client.post(f"/people/{steward.public_id}/second-step/", {"checked": "called_back"})
    reset = SecondStepReset.objects.get(user=steward)
    assert Authenticator.objects.filter(user=steward).count() == 2
    second = by_password("leader")
    assert "lost second step" in second.get("/home/").content.decode()
    assert "I called back" in second.get("/people/proposals/").content.decode()
    second.post(f"/people/second-steps/{reset.public_id}/", {"answer": "confirm"})
    assert not Authenticator.objects.filter(user=steward).exists()
    assert person("steward").session_era == steward.session_era + 1
    outbox.run()
    [sent] = [message for message in mail.outbox if message.to == [steward.email]]
    assert "second step" in sent.subject
    assert steward.name not in sent.subject
    [entry] = entries(district, "people.second_step.reset")
    assert entry["actor_id"] == person("leader").pk


def test_a_refused_one_changes_nothing(steward: User) -> None:
    reset = asked(steward)
    second_factor.refuse_reset(reset_id=reset.pk, by=person("leader"), at=clock.now())
    assert Authenticator.objects.filter(user=steward).count() == 2
    with pytest.raises(second_factor.CannotReset, match="already"):
        second_factor.confirm_reset(reset_id=reset.pk, by=person("leader"), at=clock.now())


@pytest.mark.parametrize(("who", "words"), [("admin", "Another key holder"), ("steward", "your own"), ("teacher", "Only a district admin")])
def test_nobody_else_confirms(steward: User, who: str, words: str) -> None:
    reset = asked(steward)
    with pytest.raises(second_factor.CannotReset, match=words):
        second_factor.confirm_reset(reset_id=reset.pk, by=person(who), at=clock.now())
    assert Authenticator.objects.filter(user=steward).count() == 2


def test_the_table_holds_the_second_person_too(steward: User) -> None:
    reset = asked(steward)
    with pytest.raises(IntegrityError, match="reset_done_by_another"), transaction.atomic():
        SecondStepReset.objects.filter(pk=reset.pk).update(state="done", decided_by=person("admin"), decided_at=clock.now())


def test_what_cannot_be_asked(steward: User) -> None:
    asked(steward)
    with pytest.raises(second_factor.CannotReset, match="already"):
        asked(steward)
    with pytest.raises(second_factor.CannotReset, match="nothing to take away"):
        asked(person("teacher"))
    with pytest.raises(second_factor.CannotReset, match="for yourself"):
        asked(steward, by="steward")


def test_without_saying_how_it_was_checked_nothing_is_asked(steward: User) -> None:
    by_password("admin").post(f"/people/{steward.public_id}/second-step/", {"checked": ""})
    assert not SecondStepReset.objects.exists()
