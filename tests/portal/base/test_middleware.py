"""Request ids and headers around every page."""

import uuid

import pytest


def test_every_answer_has_an_id_of_its_own(client, database):
    ids = {client.get("/accounts/login/")["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(uuid.UUID(found) for found in ids)


def test_a_visitor_cannot_choose_it(client, database):
    assert client.get("/accounts/login/", headers={"X-Request-ID": "mine-mine-mine"})["X-Request-ID"] != "mine-mine-mine"


@pytest.mark.parametrize(("given", "taken"), [("c0ffee00-0000-4000-8000-000000000000", True), ("x\ninjected: y", False), ("short", False)])
def test_a_proxy_can(client, database, settings, given, taken):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert (client.get("/accounts/login/", headers={"X-Request-ID": given})["X-Request-ID"] == given) is taken


def test_a_page_that_does_not_say_how_it_may_be_kept_is_kept_nowhere(client, database):
    assert "no-store" in client.get("/nothing/here/")["Cache-Control"]


def test_pages_have_the_headers_that_django_leaves_out(client, database):
    page = client.get("/accounts/login/")
    assert page["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in page["Permissions-Policy"]


def test_a_page_for_all_does_not_look_who_is_signed_in(client, database):
    assert "Cookie" not in client.get("/healthz")["Vary"]


def test_a_page_for_accounts_asks_to_sign_in(client, database):
    assert client.get("/accounts/password/change/").status_code == 302
