"""Public pages come from memory, the same for everybody, with every header a page of the ordinary way has."""

import gzip

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from governance.people.models import District, User
from portal.base import shelf
from portal.pages.public import prerendered

PATHS = sorted(prerendered.paths())


@pytest.fixture
def kept(riverbend, settings):
    """A client of a process that looks for changes as seldom as in production."""
    settings.PUBLIC_PAGES_RECHECK_SECONDS = 30
    return Client()


def test_every_public_page_is_there_in_each_language():
    assert {"/", "/rights/", "/limits/", "/es/", "/es/rights/", "/es/limits/", "/hmn/", "/hmn/rights/", "/hmn/limits/"} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_the_second_reader_costs_no_query(kept, path, django_assert_num_queries):
    first = kept.get(path)
    with django_assert_num_queries(0):
        second = kept.get(path)
    assert second.content == first.content
    assert "X-Request-ID" not in second  # it came from memory


def test_nothing_in_it_depends_on_a_cookie(kept):
    User.objects.create_user("someone@riverbend.example", "a long enough password")
    anonymous = kept.get("/rights/")
    kept.force_login(User.objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend")
    signed_in = kept.get("/rights/")
    assert signed_in.content == anonymous.content
    assert not signed_in.cookies
    assert "Cookie" not in signed_in["Vary"]
    assert signed_in["Cache-Control"].startswith("public")


def test_it_is_rendered_for_nobody_even_when_somebody_signed_in_comes_first(kept):
    """The first reader's session, language cookie and messages leave no trace in what the others get."""
    user = User.objects.create_user("someone@riverbend.example", "a long enough password", name="Someone Special")
    kept.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    kept.cookies["language"] = "es"
    page = kept.get("/rights/").content.decode()
    assert "Someone Special" not in page
    assert '<html lang="en">' in page


def test_it_carries_every_header_of_an_ordinary_page(kept):
    """Compared with the sign-in page, which takes the ordinary way."""
    ordinary = kept.get("/accounts/login/")
    kept.get("/rights/")
    public = kept.get("/rights/")
    own = {"Vary", "Cache-Control", "X-Request-ID", "Content-Length", "Expires", "Content-Language"}
    for name in set(ordinary.headers) - own:
        assert public.headers.get(name) == ordinary.headers[name], name
    assert "default-src 'none'" in public["Content-Security-Policy"]
    assert public["X-Frame-Options"] == "DENY"


def test_over_https_it_tells_browsers_to_stay_there(kept, settings):
    settings.SECURE_HSTS_SECONDS = 3600
    client = Client()
    assert "Strict-Transport-Security" not in client.get("/rights/")
    for _ in range(2):
        assert client.get("/rights/", secure=True)["Strict-Transport-Security"] == "max-age=3600; includeSubDomains"


def test_where_https_is_demanded_plain_http_is_sent_there(riverbend, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/rights/").status_code == 301


def test_an_answer_from_memory_is_a_whole_answer():
    """Whatever Django's own answer to the same page has, this one has too."""
    page = shelf.Page.of(HttpResponse("words", headers={"X-One": "1"}))
    answer, whole = page.answer(RequestFactory().get("/")), HttpResponse("words", headers={"X-One": "1"})
    assert set(vars(whole)) <= set(vars(answer))
    assert (answer.status_code, answer.reason_phrase, answer.charset, answer.content) == (200, "OK", "utf-8", b"words")
    assert answer["Content-Type"] == whole["Content-Type"]
    assert answer["X-One"] == "1"
    assert not answer.cookies
    answer["X-One"] = "changed"
    assert page.answer(RequestFactory().get("/"))["X-One"] == "1"
    answer.close()
    assert answer.closed


def test_a_reader_who_has_it_gets_304(kept):
    first = kept.get("/rights/")
    again = kept.get("/rights/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert "Content-Security-Policy" in again
    assert kept.get("/rights/", headers={"If-None-Match": '"another"'}).status_code == 200


def test_it_is_compressed_for_those_who_take_it(kept):
    plain = kept.get("/rights/")
    zipped = kept.get("/rights/", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(zipped.content) == plain.content
    assert zipped["Content-Length"] == str(len(zipped.content))
    assert zipped["ETag"] != plain["ETag"]
    assert "Content-Encoding" not in kept.get("/rights/", headers={"Accept-Encoding": "gzip;q=0, br"})


def test_head_gets_the_headers_and_post_is_refused(kept):
    page, head = kept.get("/rights/"), kept.head("/rights/")
    assert (head.content, head["Content-Length"], head["ETag"]) == (b"", page["Content-Length"], page["ETag"])
    assert kept.post("/rights/").status_code in (403, 405)


def test_a_host_that_is_not_ours_is_refused(kept):
    kept.get("/rights/")
    assert kept.get("/rights/", headers={"Host": "evil.example"}).status_code == 400


def test_a_changed_fact_shows(riverbend):
    client = Client()  # in tests, each answer looks whether something changed
    assert "Pa Nhia Vang" in client.get("/rights/").content.decode()
    District.objects.update(contact_name="Maria Gómez")
    page = client.get("/rights/").content.decode()
    assert "Maria Gómez" in page
    assert "Pa Nhia Vang" not in page


def test_without_looking_it_goes_on_showing_what_it_has(kept):
    kept.get("/rights/")
    District.objects.update(contact_name="Maria Gómez")
    assert "Pa Nhia Vang" in kept.get("/rights/").content.decode()


def test_with_the_database_away_readers_still_get_the_page(riverbend):
    client = Client()
    before = client.get("/rights/").content
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        answer = client.get("/rights/")
    finally:
        connection.settings_dict["HOST"] = host
    assert (answer.status_code, answer.content) == (200, before)


@pytest.mark.parametrize(
    "make", [lambda r: r.set_cookie("a", "b"), lambda r: r.headers.setdefault("Vary", "Cookie"), lambda r: setattr(r, "status_code", 404)]
)
def test_an_answer_for_one_reader_is_not_kept(make):
    response = HttpResponse("for you alone")
    make(response)
    assert shelf.Page.of(response) is None


@pytest.mark.parametrize(
    ("asks", "path", "offer"),
    [
        ("es-MX,es;q=0.9,en;q=0.5", "/rights/", "/es/rights/"),
        ("mww", "/rights/", "/hmn/rights/"),
        ("hnj,en;q=0.3", "/limits/", "/hmn/limits/"),
        ("hmn", "/", "/hmn/"),
        ("en-US", "/es/rights/", "/rights/"),
        ("en-US", "/rights/", None),
        ("fr,de;q=0.8", "/rights/", None),
        ("", "/rights/", None),
        ("es", "/es/rights/", None),
    ],
)
def test_the_browser_s_language_is_offered_not_forced(kept, asks, path, offer):
    page = kept.get(path, headers={"Accept-Language": asks}).content.decode()
    assert ('class="hint' in page) == (offer is not None)
    if offer:
        assert f'<a href="{offer}" lang=' in page.split('class="hint')[1][:200]


def test_a_flood_of_headers_fills_no_memory(riverbend):
    made = shelf.Shelf(lambda request: HttpResponse("x"), shelf.source_in_settings(), 30)
    for number in range(50):
        made.answer(RequestFactory(headers={"Accept-Language": f"x{number}"}).get("/rights/"))
    assert len(made._pages) == 1
