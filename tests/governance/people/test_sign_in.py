"""Signing in, being kept out, and what the trail says of it."""

import re
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client

from governance.people import accounts
from governance.people.models import District, User
from governance.vocabulary import Event
from portal.base import clock
from tests.governance.people.cast import PASSWORD, by_password, entries, person, signed_in
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def attempt(email: str, password: str) -> Any:
    return Client().post("/accounts/login/", {"login": email, "password": password})


def text(answer: Any) -> str:
    return re.sub(r'value="[^"]*"', "", answer.content.decode())


def test_a_sign_in_leads_home_and_is_in_the_trail(district: Clone) -> None:
    answer = attempt("teacher@riverbend.example", PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    written = entries(district, Event.SIGNED_IN)[-1]
    assert written["actor_id"] == person("teacher").pk
    assert written["additional_data"] == {"by": ["password"]}


def test_the_e_mail_may_be_written_in_any_case() -> None:
    assert attempt("Teacher@Riverbend.Example", PASSWORD).status_code == 302


def test_wrong_password_and_unknown_person_answer_alike(district: Clone) -> None:
    before = len(entries(district, Event.SIGN_IN_FAILED))
    known, unknown = attempt("teacher@riverbend.example", "wrong-password-1"), attempt("nobody@riverbend.example", "wrong-password-1")
    assert known.status_code == unknown.status_code == 200
    assert text(known) == text(unknown)
    written = entries(district, Event.SIGN_IN_FAILED)[before:]
    assert len(written) == 2
    keys = set(written[0]) - {"id", "timestamp", "xid", "nonce", "cid"}
    assert {key: written[0][key] for key in keys} == {key: written[1][key] for key in keys}
    assert "riverbend.example" not in str(written)


def test_a_family_reads_home_in_its_language() -> None:
    answer = attempt("parent@riverbend.example", PASSWORD)
    assert answer["Location"] == "/es/home/"


def test_families_wait_until_limits_are_attested() -> None:
    District.objects.update(limits_checked_at=None, limits_checked_by=None)
    for persona in ("parent", "student"):
        answer = attempt(f"{persona}@riverbend.example", PASSWORD)
        assert answer.status_code == 403
        assert "not open yet" in answer.content.decode()
    assert attempt("teacher@riverbend.example", PASSWORD).status_code == 302


def test_family_pages_are_closed_too_until_then() -> None:
    """For somebody who came in before, or who is staff as well."""
    client = signed_in("parent")
    District.objects.update(limits_checked_at=None, limits_checked_by=None)
    assert client.get("/family/").status_code == 403
    assert client.get("/home/").status_code == 200


def test_a_suspended_account_is_out_at_once(district: Clone) -> None:
    client = signed_in("teacher")
    assert client.get("/home/").status_code == 200
    accounts.suspend(user_id=person("teacher").pk, by=person("admin"), at=clock.now())
    assert client.get("/home/").status_code == 302
    assert attempt("teacher@riverbend.example", PASSWORD)["Location"] == "/accounts/inactive/"
    assert entries(district, Event.ACCOUNT_SUSPENDED)[-1]["actor_id"] == person("admin").pk
    accounts.restore(user_id=person("teacher").pk, by=person("admin"), at=clock.now())
    assert client.get("/home/").status_code == 302, "the old session stays ended"
    assert attempt("teacher@riverbend.example", PASSWORD)["Location"] == "/home/"


def test_signing_out_everywhere_ends_every_session() -> None:
    here, there = by_password("teacher"), by_password("teacher")
    assert here.post("/account/sign-out-everywhere/").status_code == 302
    assert here.get("/home/").status_code == there.get("/home/").status_code == 302
    assert by_password("teacher").get("/home/").status_code == 200


def test_the_account_page_says_when_one_was_here_before() -> None:
    first = by_password("colleague")
    first.get("/account/")
    page = by_password("colleague").get("/account/").content.decode()
    assert "Before today&#x27;s visit" in page or "Before today's visit" in page


def test_nobody_signs_up() -> None:
    answer = Client().post(
        "/accounts/signup/", {"email": "x@y.example", "password1": "A-long-password-1", "password2": "A-long-password-1"}
    )
    assert not User.objects.filter(email="x@y.example").exists()
    assert answer.status_code in (200, 403)


def test_nobody_changes_their_own_e_mail() -> None:
    client = by_password("teacher")
    client.post("/accounts/email/", {"action_add": "", "email": "other@elsewhere.example"})
    assert client.get("/accounts/email/").status_code == 404
    assert not person("teacher").emailaddress_set.filter(email="other@elsewhere.example").exists()


def test_a_reset_mail_names_nobody_and_leads_to_the_portals_address(settings: Any, mailoutbox: list) -> None:
    settings.BASE_URL = "https://data.riverbend.example"
    known = Client().post("/accounts/password/reset/", {"email": "teacher@riverbend.example"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@riverbend.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    mail = mailoutbox[0]
    assert mail.to == ["teacher@riverbend.example"]
    assert "Ortiz" not in mail.subject
    assert "https://data.riverbend.example/accounts/password/reset/key/" in mail.body


def test_too_many_tries_are_stopped() -> None:
    answers = [attempt("teacher@riverbend.example", f"wrong-{number}") for number in range(8)]
    assert "Too many" in answers[-1].content.decode() or answers[-1].status_code == 429


def test_the_limits_hold_without_redis(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "portal.base.cache.Forgiving", "LOCATION": "redis://localhost:1/0"},
        "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limits"},
    }
    assert attempt("colleague@riverbend.example", PASSWORD).status_code == 302
    test_too_many_tries_are_stopped()


# -- The second factor -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", ["admin", "steward", "compliance", "security", "leader", "principal", "secretary"])
def test_outside_the_demo_powerful_roles_set_up_a_second_step_first(persona: str, settings: Any) -> None:
    settings.DEMO = False
    answer = signed_in(persona).get("/home/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/totp/activate/")


@pytest.mark.parametrize("persona", ["teacher", "parent", "student", "counselor"])
def test_others_need_none(persona: str, settings: Any) -> None:
    settings.DEMO = False
    assert signed_in(persona).get("/home/").status_code == 200


def test_with_a_second_factor_the_password_alone_is_not_enough(settings: Any) -> None:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    settings.DEMO = False
    secret = "JBSWY3DPEHPK3PXP"
    Authenticator.objects.create(user=person("admin"), type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret)})
    client = Client()
    answer = client.post("/accounts/login/", {"login": "admin@riverbend.example", "password": PASSWORD})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/home/")["Location"].startswith("/accounts/login/")
    counter = next(iter(yield_hotp_counters_from_time()))
    answer = client.post("/accounts/2fa/authenticate/", {"code": format_hotp_value(hotp_value(secret, counter))})
    assert answer["Location"] == "/home/"
    assert client.get("/home/").status_code == 200


@pytest.mark.parametrize("code", ["000000", "wrong", "1111-1111"], ids=["code of an app", "no code", "recovery code"])
def test_a_second_step_that_fails_is_in_the_trail(district: Clone, settings: Any, code: str) -> None:
    settings.DEMO = False
    Authenticator.objects.create(
        user=person("admin"), type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt("JBSWY3DPEHPK3PXP")}
    )
    RecoveryCodes.activate(person("admin"))
    client = Client()
    client.post("/accounts/login/", {"login": "admin@riverbend.example", "password": PASSWORD})
    before = len(entries(district, "people.sign_in.failed"))
    client.post("/accounts/2fa/authenticate/", {"code": code})
    found = entries(district, "people.sign_in.failed")
    assert len(found) == before + 1
    assert found[-1]["object_pk"] == str(person("admin").public_id)
    assert found[-1]["additional_data"] == {"second_step": "totp", "again": False}
