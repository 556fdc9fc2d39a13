"""The frame around pages: menu, languages, footer."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.test import RequestFactory
from django.urls import path
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from governance.people.models import District, RoleAssignment
from governance.people.policies import allow, public, signed_in
from governance.vocabulary import Permission, Role
from portal.pages import context, navigation


def _page(request: HttpRequest, **_: object) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("home/", signed_in(lambda request: _page(request))),
    path("inbox/", allow(Permission.DECIDE_REQUESTS)(lambda request: _page(request))),
    path("students/", allow(Permission.SEE_STUDENTS)(lambda request: _page(request))),
    path("family/", allow(Permission.SEE_OWN_FAMILY)(lambda request: _page(request))),
    path("tools/", lambda request: _page(request)),
    path("rights/", public(reason="test")(lambda request: _page(request))),
]


@pytest.fixture
def few_pages(settings):
    """A portal with some of the pages of the menu."""
    settings.ROOT_URLCONF = __name__
    navigation._find.cache_clear()
    yield
    navigation._find.cache_clear()


def _menu(role: Role, address: str = "/home/") -> list[tuple[str, bool]]:
    return [(str(entry.label), entry.active) for entry in navigation.menu_of(RequestFactory().get(address), frozenset({role}))]


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.TEACHER, ["Home", "Students"]),
        (Role.DATA_STEWARD, ["Home", "Inbox"]),
        (Role.GUARDIAN, ["Home", "My children"]),
        (Role.STUDENT, ["Home", "My record"]),
        (Role.PROVIDER_CONTACT, ["Home"]),
    ],
)
def test_the_menu_shows_what_exists_and_may_be_opened(few_pages, role, labels):
    assert [label for label, _ in _menu(role)] == labels


def test_the_menu_marks_where_one_is(few_pages):
    assert _menu(Role.TEACHER, "/students/0000/") == [("Home", False), ("Students", True)]
    assert not any(active for _, active in _menu(Role.TEACHER, "/elsewhere/"))


def test_the_menu_counts_what_waits_and_only_when_asked(few_pages, monkeypatch):
    asked = []
    monkeypatch.setattr(navigation.requests, "requests_waiting_on", lambda user, on: asked.append(user) or ["one", "two"])
    request = RequestFactory().get("/home/")
    request.user = get_user_model()(email="steward@riverbend.example")
    home, inbox = navigation.menu_of(request, frozenset({Role.DATA_STEWARD}))
    assert asked == []
    assert (home.count, inbox.count, inbox.count) == (0, 2, 2)
    assert asked == [request.user]


def test_what_belongs_together_is_folded_where_there_is_much_of_it():
    def entries(*groups):
        return [
            navigation.Entry(f"{group} {number}", "/", group=group, active=number == 2, counter=lambda: 2)
            for number, group in enumerate(groups)
        ]

    few = entries("", "trail", "trail", "tools")
    assert navigation.folded(few) == few
    home, fold, tools = navigation.folded(entries("", "trail", "trail", "trail", "tools"))
    assert (home.label, tools.label) == (" 0", "tools 4")
    assert (fold.label, len(fold.entries), fold.active, fold.count) == ("trail", 3, True, 6)


def test_a_page_without_a_policy_is_not_in_the_menu(few_pages):
    assert "Tools" not in [label for label, _ in _menu(Role.TEACHER)]


def test_every_place_of_the_menu_is_an_address_of_the_contract():
    assert all(place.path.startswith("/") and place.path.endswith("/") for place in navigation.MENU + navigation.PUBLIC)


def test_the_footer_names_only_pages_that_exist(few_pages):
    assert [entry.url for entry in navigation.public_pages()] == ["/rights/"]


@pytest.mark.parametrize(
    ("address", "code", "expected"),
    [
        (
            "/accounts/login/?next=/home/",
            "en",
            ["/accounts/login/?next=/home/", "/es/accounts/login/?next=/home/", "/hmn/accounts/login/?next=/home/"],
        ),
        ("/es/accounts/login/", "es", ["/accounts/login/", "/es/accounts/login/", "/hmn/accounts/login/"]),
        ("/hmn/nothing/", "hmn", ["/nothing/", "/es/nothing/", "/hmn/nothing/"]),
    ],
)
def test_a_language_keeps_the_page(address, code, expected):
    with translation.override(code):
        found = context.languages(RequestFactory().get(address))
    assert [language.url for language in found] == expected
    assert [language.code for language in found if language.current] == [code]
    assert [language.name for language in found] == ["English", "Español", "Hmoob"]


def test_a_page_of_one_language_offers_no_other(few_pages):
    assert [language.code for language in context.languages(RequestFactory().get("/rights/"))] == ["en"]


class Untouchable:
    """Stands for a session that nobody may look at."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"a public page looked at {name}")


def test_the_public_layout_touches_neither_session_nor_user(database):
    request = RequestFactory().get("/rights/")
    request.session = Untouchable()
    request.user = SimpleLazyObject(lambda: pytest.fail("a public page asked who is there"))
    page = get_template("base_public.html").render({}, request)
    assert "Skip to main content" in page
    assert "csrf" not in page
    assert "CSRF_COOKIE" not in request.META


def test_the_header_says_who_is_signed_in_and_as_what(client, database):
    District.objects.create(
        name="Riverbend School District",
        short_name="Riverbend Schools",
        contact_name="Jordan Ruiz",
        contact_email="privacy@riverbend.example",
    )
    user = get_user_model().objects.create_user("alex@riverbend.example", name="Alex Thao")
    RoleAssignment.objects.create(
        user=user, role=Role.PRINCIPAL, starts_on=dt.date(2020, 1, 1), given_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    )
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/accounts/2fa/").content.decode()
    assert "<strong>Alex Thao</strong><span>Principal</span>" in page
    assert page.count("Your account") == 1
    assert "Riverbend Schools" in page
    assert "mailto:privacy@riverbend.example" in page
    assert "Sign-in and security · Riverbend Schools student data" in page


def test_a_portal_before_setup_has_a_name_too(client, database):
    page = client.get("/accounts/login/").content.decode()
    assert "Sign in · Student data portal" in page
