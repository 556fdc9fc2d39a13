"""The sign-in library's pages as we show them."""

import re

import pytest
from django.contrib.auth import get_user_model

from governance.people.models import District
from portal.pages.demo import cast
from portal.pages.personas import PERSONAS
from tests.harness.browser import assert_accessible, assert_fits, sign_in

PASSWORD = "a-long-password-for-one"
SIGNED_OUT = [
    "/accounts/login/",
    "/es/accounts/login/",
    "/hmn/accounts/login/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
]
SIGNED_IN = [
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/logout/",
    "/accounts/3rdparty/",
]


@pytest.fixture
def alex(database):
    """Somebody with an account and no role."""
    District.objects.create(
        name="Riverbend School District",
        short_name="Riverbend Schools",
        contact_name="Jordan Ruiz",
        contact_phone="(715) 555-0100",
        contact_email="privacy@riverbend.example",
    )
    return get_user_model().objects.create_user("alex@riverbend.example", PASSWORD, name="Alex Thao")


def sign_in_and_confirm(page):
    """Signed in, and the password asked again, as before every change to how one signs in."""
    sign_in(page, "alex", PASSWORD)
    page.goto("/accounts/reauthenticate/?next=/accounts/2fa/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Sign-in and security").wait_for()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_pages_before_signing_in_are_accessible(browser_page, alex, size):
    page = browser_page(size)
    for address in SIGNED_OUT:
        assert page.goto(address).status == 200, address
        assert_fits(page)
        assert_accessible(page)


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_pages_of_the_account_are_accessible(browser_page, alex, size):
    page = browser_page(size)
    sign_in_and_confirm(page)
    for address in SIGNED_IN:
        assert page.goto(address).status == 200, address
        assert page.get_by_text("Alex Thao").count() >= 1, address
        assert_fits(page)
        assert_accessible(page)


def test_a_wrong_password_is_told_in_words_that_have_the_focus(browser_page, alex):
    page = browser_page("phone")
    sign_in(page, "alex", "wrong")
    assert "not correct" in page.get_by_role("alert").first.inner_text()
    assert "error-summary" in page.evaluate("document.activeElement.className")
    assert_accessible(page)


def test_signing_in_and_out_works_without_javascript(browser_page, alex):
    page = browser_page("phone", javascript=False)
    sign_in(page, "alex", PASSWORD)
    page.goto("/accounts/2fa/")
    page.locator(".menu-account > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/2fa/")
    assert page.get_by_role("heading", name="Sign in").is_visible()


def test_a_passkey_is_offered_only_where_it_can_work(browser_page, alex):
    page = browser_page("desk")
    page.goto("/accounts/login/")
    assert page.get_by_role("button", name="Sign in with a passkey").is_visible()
    page = browser_page("desk", javascript=False)
    page.goto("/accounts/login/")
    assert page.get_by_role("button", name="Sign in with a passkey").count() == 0


def test_a_passkey_can_be_added_and_opens_the_account(browser_page, alex):
    page = browser_page("desk")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in_and_confirm(page)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("Work laptop")
    page.locator("#id_passwordless").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Work laptop").or_(page.get_by_role("heading", name="Recovery codes")).first.wait_for()
    page.goto("/accounts/2fa/webauthn/")
    assert page.get_by_role("rowheader", name="Work laptop").is_visible()
    assert_accessible(page)
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/home/"))
    page.goto("/accounts/2fa/")
    assert page.get_by_text("1 key in use").is_visible()
    assert_accessible(page)


def test_the_authenticator_app_is_set_up_with_a_picture_and_a_key(browser_page, alex):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    page = browser_page("desk")
    sign_in_and_confirm(page)
    page.goto("/accounts/2fa/totp/activate/")
    assert page.get_by_role("img", name=re.compile("QR code")).evaluate("picture => picture.naturalWidth") > 50
    secret = page.get_by_label("Can't scan?").input_value()
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    page.locator("#id_code").fill(code)
    page.get_by_role("button", name="Start using it").click()
    page.get_by_text("In use").or_(page.get_by_role("heading", name="Recovery codes")).first.wait_for()
    for address in (
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/totp/deactivate/",
    ):
        assert page.goto(address).status == 200
        assert_accessible(page)
    page.context.clear_cookies()
    sign_in(page, "alex", PASSWORD)
    assert page.get_by_role("heading", name="Second step").is_visible()
    assert page.get_by_role("button", name="Use a passkey or security key").is_visible()
    assert_accessible(page)


def test_nobody_makes_an_account_or_changes_an_address_by_themselves(client, alex):
    assert "Nobody makes an account here" in client.get("/accounts/signup/").content.decode()
    client.force_login(alex, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/accounts/email/").status_code == 404
    assert client.post("/accounts/email/", {"action_add": "", "email": "new@riverbend.example"}).status_code == 404


def test_the_demo_introduces_its_people_and_never_their_password(client, database, settings, monkeypatch):
    monkeypatch.setenv("PORTAL_DEMO_PASSWORD", "not-for-the-page")
    settings.DEMO = True
    page = client.get("/accounts/login/").content.decode()
    assert all(persona.email in page for persona in PERSONAS)
    assert "not-for-the-page" not in page
    settings.DEMO = False
    assert "riverbend.example" not in client.get("/accounts/login/").content.decode()


def test_the_people_introduced_are_those_the_demo_makes():
    assert {persona.name for persona in PERSONAS} == set(cast.PERSONAS)


def test_a_family_that_cannot_come_in_yet_is_told_what_it_can_do(client, alex):
    from django.template.loader import render_to_string

    page = render_to_string("account/family_sign_in_closed.html", {"district": District.objects.get()})
    assert "Your rights do not wait for this." in page
    assert "(715) 555-0100" in page


def test_a_reset_mail_is_in_our_words_and_its_link_sets_the_password(client, alex, settings, tmp_path):
    from django.core import mail

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    client.post("/accounts/password/reset/", {"email": alex.email})
    (message,) = mail.outbox
    assert message.subject.endswith("Set a new password")
    assert "Riverbend Schools student data" in message.body
    assert "Jordan Ruiz, (715) 555-0100" in message.body
    assert "&" not in message.body.split("http")[0]
    link = re.search(r"https?://[^/\s]+(/\S+)", message.body)[1]
    form = client.get(link, follow=True)
    assert "Set a new password" in form.content.decode()
    answer = client.post(
        form.request["PATH_INFO"], {"password1": "another-long-password", "password2": "another-long-password"}, follow=True
    )
    assert "Your password is changed" in answer.content.decode()
    alex.refresh_from_db()
    assert alex.check_password("another-long-password")
    assert "This link no longer works" in client.get(link, follow=True).content.decode()


def test_who_asks_for_an_unknown_address_is_told_the_same_page(client, alex, settings):
    from django.core import mail

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    known = client.post("/accounts/password/reset/", {"email": alex.email}, follow=True).content
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@riverbend.example"}, follow=True).content
    assert known == unknown
    assert "it has no account here" in mail.outbox[-1].body


def test_signing_in_greets_nobody_by_a_number(client, alex):
    page = client.post("/accounts/login/", {"login": alex.email, "password": PASSWORD})
    assert page.status_code == 302
    assert str(alex.public_id) not in client.get("/accounts/2fa/").content.decode()
