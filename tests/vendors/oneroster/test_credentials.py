"""Credentials: made and ended by staff, replaced by both sides, shown once; and what a system is told that shows wrong ones."""

import base64
import datetime as dt
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from governance.people.models import User
from portal.base import clock
from tests.governance.situations import person
from tests.governance.situations import trail as entries_of
from tests.vendors import situations
from tests.vendors.oneroster.system import System, connected, fault
from tests.vendors.sharing.made import opened, seen
from vendors.oneroster import actions, limits, words
from vendors.oneroster.models import Client, Secret, Token

pytestmark = pytest.mark.usefixtures("district")


def browser_of(user: User) -> Browser:
    client = Browser()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def why(number: int = -1) -> str:
    return json.loads(entries_of("vendors.connection.refused")[number]["additional_data"])["why"]


def test_a_token_as_the_standards_have_it() -> None:
    system = connected()
    answer = system.sign_in()
    told = answer.json()
    assert (answer["Cache-Control"], told["token_type"], told["expires_in"]) == ("no-store", "Bearer", 900)
    assert told["scope"].split() == list(words.SCOPES)
    coded = base64.b64encode(f"{quote(system.client_id)}:{quote(system.secret)}".encode()).decode()
    narrow = Browser().post(
        "/oauth/token", {"grant_type": "client_credentials", "scope": words.DEMOGRAPHICS}, headers={"Authorization": f"Basic {coded}"}
    )
    assert narrow.json()["scope"] == words.DEMOGRAPHICS
    system.token = narrow.json()["access_token"]
    assert system.get("demographics") and fault(system.ask("students")) == (403, "forbidden")
    with connection.cursor() as cursor:  # nothing that opens stands in the database
        cursor.execute("SELECT string_agg(s::text, ' ') FROM oneroster_secret s")
        kept = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(t::text, ' ') FROM oneroster_token t")
        kept += cursor.fetchone()[0]
    assert system.secret not in kept and system.token not in kept


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://purl.imsglobal.org/spec/or/v1p2/scope/gradebook.readonly"}, 400, "invalid_scope"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "no id"}, 401, "invalid_client"),
        ({"client_id": "\x00", "client_secret": "\x00"}, 401, "invalid_client"),
    ],
    ids=["grant", "scope", "secret", "client", "nul"],
)
def test_what_is_wrong_is_said_in_the_words_of_the_standard(form: dict[str, str], status: int, error: str) -> None:
    answer = connected().sign_in(**form)
    assert (answer.status_code, answer.json()["error"], answer["Cache-Control"]) == (status, error, "no-store")
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_the_account_of_a_system_is_not_listed_among_people() -> None:
    system = connected()
    browser = browser_of(person("admin"))
    for query in ({}, {"term": "System of"}, {"term": system.client_id}):
        answer = browser.post("/people/", query) if query else browser.get("/people/")
        assert answer.status_code == 200 and "System of" not in answer.content.decode().replace('value="System of"', "")


def test_another_tools_credentials_open_nothing_here() -> None:
    mine, other = connected(), connected()
    answer = mine.sign_in(client_secret=other.secret)
    assert answer.json()["error"] == "invalid_client" and why() == "secret"
    mine.sign_in()
    own = mine.get("students")[0]["sourcedId"]
    assert fault(other.ask(f"students/{own}")) == (404, "unknownobject")
    assert not {each["sourcedId"] for each in mine.get("users")} & {each["sourcedId"] for each in other.get("users")}


def test_tries_that_failed_are_told_and_then_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    system = connected()
    monkeypatch.setattr(limits, "_span", lambda minutes: 1)
    before = len(entries_of("vendors.connection.refused"))
    answers = [system.sign_in(client_secret=f"guess {number}") for number in range(12)]
    assert [each.status_code for each in answers] == [401] * 10 + [429] * 2 and int(answers[-1]["Retry-After"]) > 0
    assert len(entries_of("vendors.connection.refused")) == before + 10
    assert system.sign_in().status_code == 429, "nor the right one, until then"


def test_a_replaced_secret_works_for_a_day_and_one_that_was_stopped_not_at_all() -> None:
    system = connected()
    tool = system.delivery.tool
    _client, fresh = actions.rotate(tool=tool, by=person("admin"), at=clock.now())
    assert system.sign_in().status_code == 200 and system.get("orgs")
    held, token = system.token, Token.objects.latest("pk")
    Secret.objects.filter(until__isnull=False).update(until=clock.now() - dt.timedelta(seconds=1))
    assert token.until > clock.now()
    assert fault(system.ask("orgs")) == (401, "unauthorisedrequest") and why() == "rotated"
    assert system.sign_in().json()["error"] == "invalid_client"
    system.secret = fresh
    assert system.sign_in().status_code == 200
    actions.rotate(tool=tool, by=person("admin"), at=clock.now(), at_once=True)
    assert system.ask("orgs").status_code == 401
    _client, system.secret = actions.rotate(tool=tool, by=person("admin"), at=clock.now())
    system.sign_in()
    actions.end(tool=tool, because="asked", by=person("admin"), at=clock.now())
    answer = system.ask("orgs")
    assert fault(answer) == (401, "unauthorisedrequest") and why() == "ended" and "Bearer" in answer["WWW-Authenticate"]
    system.token = held
    assert system.ask("orgs").status_code == 401
    assert fault(Browser().get("/ims/oneroster/rostering/v1p2/orgs")) == (401, "unauthorisedrequest")


def test_a_token_is_over_after_its_time() -> None:
    system = connected()
    Token.objects.update(until=clock.now())
    assert system.ask("orgs").status_code == 401


# -- Pages -------------------------------------------------------------------------------------------------------------------------


def secret_of(answer: Any) -> str:
    found = re.search(r"shown this once.*?<code>([\w-]{40,})</code>", answer.content.decode(), re.DOTALL)
    assert found is not None and "no-store" in answer["Cache-Control"]
    return found.group(1)


def test_staff_make_replace_and_end_and_the_providers_contact_replaces() -> None:
    delivery, staff = seen(), browser_of(person("admin"))
    page = reverse("oneroster:connection", args=[delivery.public_id])
    assert page in staff.get(reverse("sharing:delivery", args=[delivery.public_id])).content.decode()
    first = secret_of(staff.post(page, {"act": "make"}))
    client = Client.objects.get(tool=delivery.tool)
    system = System(delivery, str(client.public_id), first)
    assert system.sign_in().status_code == 200
    shown = staff.get(page).content.decode()
    assert str(client.public_id) in shown and first not in shown
    assert b"has credentials already" in staff.post(page, {"act": "make"}, follow=True).content
    contact = browser_of(situations.contact_of(delivery.tool.provider))
    own = reverse("oneroster-company:connection", args=[delivery.tool.public_id])
    listed = contact.get(reverse("oneroster-company:connections")).content.decode()
    assert own in listed and reverse("oneroster-company:connections") in contact.get(reverse("company:home")).content.decode()
    system.secret = secret_of(contact.post(own, {"act": "rotate_at_once"}))
    assert system.ask("orgs").status_code == 401 and system.sign_in().status_code == 200
    assert entries_of("vendors.connection.rotated", about=str(client.public_id))[-1]["hat"] == "provider_contact"
    assert browser_of(situations.contact_of(situations.provider())).post(own, {"act": "rotate"}).status_code == 404
    staff.post(page, {"act": "end"})
    assert system.ask("orgs").status_code == 401
    assert b"no credentials yet" in staff.get(page).content


def test_without_a_delivery_there_is_nothing_to_connect() -> None:
    delivery = opened()
    with pytest.raises(actions.CannotConnect):
        actions.make(tool=delivery.tool, by=person("teacher"), at=clock.now())
    with pytest.raises(actions.CannotConnect):
        actions.rotate(tool=delivery.tool, by=person("admin"), at=clock.now())
