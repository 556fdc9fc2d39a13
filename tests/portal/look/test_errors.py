"""Pages that say what happened and what to do."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import translation

from governance.people.policies import public
from portal import urls as addresses
from portal.pages import errors


@public(reason="test")
def refused(request: HttpRequest):
    raise PermissionDenied("Maya's record")


@public(reason="test")
def broken(request: HttpRequest):
    raise RuntimeError("Maya's record")


@public(reason="test")
def suspicious(request: HttpRequest):
    raise SuspiciousOperation("Maya's record")


urlpatterns = [path("refused/", refused), path("broken/", broken), path("suspicious/", suspicious), *addresses.urlpatterns]
handler400, handler403, handler404 = addresses.handler400, addresses.handler403, addresses.handler404
handler429, handler500 = addresses.handler429, addresses.handler500


@pytest.fixture
def strange(settings):
    """A client to which errors are shown, of a portal with three broken pages."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/suspicious/", 400, "could not read what was sent"),
        ("/refused/", 403, "not for your role"),
        ("/nothing/", 404, "show you this page"),
        ("/broken/", 500, "went wrong on our side"),
    ],
)
def test_it_says_what_happened_and_nothing_else(strange, database, address, status, words):
    answer = strange.get(address)
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert "Maya" not in page
    assert "Traceback" not in page
    assert "no-store" in answer["Cache-Control"]


def test_a_lost_page_can_be_read_in_the_other_languages(client, database):
    page = client.get("/es/nothing/?a=1").content.decode()
    assert '<html lang="es">' in page
    assert 'href="/nothing/?a=1"' in page
    assert 'href="/hmn/nothing/?a=1"' in page


def test_a_fault_page_asks_nothing_of_request_session_or_database():
    with translation.override("en"):
        answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert b"Start page" in answer.content


def test_a_form_that_is_too_old_says_how_to_go_on(database):
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x@riverbend.example", "password": "x"})
    assert answer.status_code == 403
    assert "Please send the form again" in answer.content.decode()


def test_too_many_tries_says_that_the_account_is_not_locked(client, database):
    answers = [client.post("/accounts/password/reset/", {"email": "x@riverbend.example"}) for _ in range(25)]
    assert answers[-1].status_code == 429
    assert "Your account is not locked." in answers[-1].content.decode()


def test_who_is_signed_in_keeps_the_menu_on_a_lost_page(client, database):
    from django.contrib.auth import get_user_model

    client.force_login(
        get_user_model().objects.create_user("alex@riverbend.example", name="Alex Thao"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    page = client.get("/nothing/").content.decode()
    assert "Alex Thao" in page
    assert "Sign out" in page
