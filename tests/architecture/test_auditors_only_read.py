"""Every address of the portal, tried by an outside auditor with every method that could change something."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from governance.auditors import policies as auditors
from governance.people import policies
from governance.vocabulary import Event
from tests.architecture.test_urls import Route, client_of, routes
from tests.governance.people.cast import entries
from tests.harness.databases import Clone

METHODS = ("post", "put", "patch", "delete")
# Views behind which nothing is signed in: whoever is signed out can open them too.
REFUSED = {302, 403, 404, 405}


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def auditor(district_module: Clone) -> Client:
    client = client_of("auditor")
    client.raise_request_exception = True
    return client


def refused_routes() -> Iterator[Route]:
    return (route for route in routes() if auditors.reason_of(route.view, route.name) is None)


def address_of(route: Route) -> str:
    """An address with examples; of a pattern without a name or that is an expression, by hand."""
    if "(?P" in route.path or not route.name.rpartition(":")[2]:
        return "/" + re.sub(r"\(\?P<\w+>[^)]*\)", "a", route.path).replace("^", "").replace("$", "")
    return route.address()


def rows(clone: Clone) -> dict[str, tuple[int, int]]:
    """How many rows each ordinary table has, but for the session's and the trail's own."""
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('django_session')")
        found: dict[str, tuple[int, int]] = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM public."{name}" t')
            found[name] = cursor.fetchone()
    owner.close()
    return found


def test_nothing_that_an_auditor_sends_changes_anything(auditor: Client, district_module: Clone) -> None:
    """All but what is named with a reason: nothing is answered with success, and no row of any table differs."""
    before = rows(district_module)
    wrong = []
    for route in refused_routes():
        for method in METHODS:
            status = getattr(auditor, method)(address_of(route), {}).status_code
            if status not in REFUSED:
                wrong.append(f"{method} {route.path}: {status}")
    assert wrong == []
    assert {name for name, found in rows(district_module).items() if found != before[name]} == set()


def test_what_is_tried_is_told(auditor: Client, district_module: Clone) -> None:
    before = len(entries(district_module, Event.AUDITOR_WRITE_REFUSED))
    assert auditor.post("/home/", {}).status_code == 403
    assert len(entries(district_module, Event.AUDITOR_WRITE_REFUSED)) == before + 1


def test_a_page_with_rights_of_its_own_is_refused_ahead_of_its_view(auditor: Client) -> None:
    """Pages that every account may open come to the second guard; the others answer as to any stranger."""
    open_to_all = [
        route
        for route in refused_routes()
        if (policy := policies.policy_of(route.view)) is not None and policy.signed_in and not policy.permissions
    ]
    assert open_to_all
    assert {auditor.post(address_of(route), {}).status_code for route in open_to_all} <= {403}


def test_what_an_auditor_may_send_says_why() -> None:
    """The whole list, so that a new one is looked at: searches, own work, the own account."""
    named = {route.name for route in routes() if getattr(route.view, "open_to_auditors", None)}
    assert {name.split(":")[0] for name in named} <= {"auditors", "audit", "exports", "packs"}
    assert all(len(getattr(route.view, "open_to_auditors", "long enough")) > 8 for route in routes())


def test_the_names_of_the_sign_in_library_are_right() -> None:
    known = {name for name in get_resolver().reverse_dict if isinstance(name, str)} | {route.name for route in routes()}
    assert set(auditors.OWN_ACCOUNT) <= known


@pytest.mark.parametrize(
    "address", ["/students/", "/requests/", "/people/", "/inbox/", "/roster/", "/setup/", "/authority/rules/", "/status/"]
)
def test_rooms_of_the_district_do_not_open(address: str, auditor: Client) -> None:
    assert auditor.get(address).status_code in {403, 404}
