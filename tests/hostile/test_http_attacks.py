"""Attacks on the wire, against granian as it is started for a district: HTTPS behind a proxy, no demo."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.governance.people.cast import PASSWORD
from tests.harness.served import HOST, Answer, Served, read, serving


@pytest.fixture(scope="module")
def portal(district_module: Any) -> Iterator[Served]:
    with serving(district_module) as served:
        yield served


def cookies_of(answer: Answer) -> dict[str, str]:
    """Name -> the whole Set-Cookie line."""
    return {line.split("=", 1)[0]: line for line in answer["Set-Cookie"].splitlines()}


# -- Headers and cookies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("GET", "/", HOST, 200),
        ("GET", "/accounts/login/", HOST, 200),
        ("GET", "/home/", HOST, 302),
        ("GET", "/nothing/", HOST, 404),
        ("POST", "/accounts/login/", HOST, 403),
        ("PUT", "/rights/", HOST, 403),
        ("GET", "/static/css/portal.css", HOST, 200),
        ("GET", "/register.json", HOST, 200),
        ("GET", "/ims/oneroster/rostering/v1p2/students", HOST, 401),
        ("GET", "/rights/", "evil.example", 400),
        ("TRACE", "/", HOST, 405),
    ],
)
def test_every_answer_says_how_a_browser_may_treat_it(portal: Served, method: str, path: str, host: str, status: int) -> None:
    answer = portal.ask(method, path, host=host, Origin="https://evil.example")
    assert answer.status == status
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    open_to_all = {"access-control-allow-origin": "*"} if path == "/register.json" else {}  # what everybody may read anyway
    assert {name: value for name, value in answer.headers if name.startswith("access-control-")} == open_to_all
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    if answer.body and answer["Content-Type"].startswith("text/"):
        assert re.search('charset="?utf-8', answer["Content-Type"].lower())
    assert "django" not in str(answer.headers).lower() and "python" not in answer["Server"].lower()


def test_cookies_are_of_this_host_over_https_and_out_of_reach_of_scripts(portal: Served) -> None:
    page = portal.ask("GET", "/accounts/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
    made = cookies_of(page)
    assert token and set(made) == {"__Host-csrftoken"}
    secret = made["__Host-csrftoken"].split(";")[0]
    form = f"csrfmiddlewaretoken={token[1].decode()}&login=teacher%40riverbend.example&password={PASSWORD}".encode()
    sent = {"Cookie": secret, "Referer": f"https://{HOST}/accounts/login/", "Content_Type": "application/x-www-form-urlencoded"}
    signed_in = portal.ask("POST", "/accounts/login/", form, **sent)
    assert (signed_in.status, signed_in["Location"]) == (302, "/home/")
    chosen = portal.ask("POST", "/i18n/setlang/", f"csrfmiddlewaretoken={token[1].decode()}&language=es&next=/".encode(), **sent)
    given = made | cookies_of(signed_in) | cookies_of(chosen)
    assert set(given) == {"__Host-csrftoken", "__Host-sessionid", "__Host-language"}
    for line in given.values():
        parts = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts and not any(part.startswith("domain") for part in parts), line
    for elsewhere in ("https://evil.example/x", "http://privacy.district.example/"):
        assert portal.ask("POST", "/accounts/login/", form, **sent | {"Referer": elsewhere}).status == 403
    assert portal.ask("POST", "/accounts/login/", form, **sent, Origin="https://evil.example").status == 403


def test_people_are_led_to_https_and_programs_are_refused(portal: Served) -> None:
    assert portal.ask("GET", "/accounts/login/", secure=False)["Location"] == f"https://{HOST}/accounts/login/"
    for method, path in (("POST", "/oauth/token"), ("GET", "/ims/oneroster/rostering/v1p2/students"), ("POST", "/accounts/login/")):
        answer = portal.ask(method, path, b"grant_type=client_credentials", secure=False, Authorization="Basic eDp5")
        assert (answer.status, answer["Location"]) == (403, "")


def test_a_broken_page_tells_nothing_whatever_the_environment_says(portal: Served) -> None:
    """The server was started with DEBUG=1 in its environment: there is no such switch."""
    page = portal.ask("GET", "/nothing/%00/").body + portal.ask("GET", "/students/x/").body
    assert b"Traceback" not in page and b"DEBUG" not in page and b"urlpatterns" not in page and b"portal/settings" not in page


# -- Files and folders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/.git/HEAD", "/static/.git/HEAD", "/static/", "/static/css/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static/..%2fmanage.py",
        "/static/css/%252e%252e/%252e%252e/manage.py", "//etc/passwd", "/static//etc/passwd", "/var/secrets/PORTAL_SECRET_KEY", "/media/", "/admin/", "/metrics",
        "/static/css/..\\..\\..\\manage.py", "/__debug__/", "/server-status",
    ],
)  # fmt: skip
def test_no_folder_is_listed_and_nothing_beside_the_pages_is_served(portal: Served, path: str) -> None:
    answer = portal.ask("GET", path)
    assert answer.status in (302, 400, 404)
    assert b"DJANGO_SETTINGS_MODULE" not in answer.body and b"root:" not in answer.body and b"ref: refs" not in answer.body
    if answer.status == 302:
        assert answer["Location"].startswith("/accounts/login/")


# -- Where a request begins and ends ---------------------------------------------------------------------------------------

BASE = f"Host: {HOST}\r\nX-Forwarded-Proto: https\r\n"
SMUGGLED = f"GET /nothing/smuggled/ HTTP/1.1\r\n{BASE}\r\n"


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X: y\r\n folded\r\n",
        "X y\r\n",
        "X\x00: y\r\n",
    ],
)
def test_a_request_without_a_clear_end_is_refused_and_nothing_behind_it_is_read(portal: Served, head: str) -> None:
    got = portal.raw(f"POST /rights/ HTTP/1.1\r\n{BASE}{head}\r\n0\r\n\r\n{SMUGGLED}".encode("latin-1"))
    assert b"smuggled" not in got and got.count(b"HTTP/1.1 ") <= 1
    assert read(got).status in (0, 400, 501)


def test_with_transfer_encoding_the_length_is_not_believed(portal: Served) -> None:
    """The chunks say where the body ends; a length that says more does not swallow the next request, nor does a shorter one make one of the body."""
    body = "5\r\nhello\r\n0\r\n\r\n"
    for length in (3, 400):
        got = portal.raw(f"POST /rights/ HTTP/1.1\r\n{BASE}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n{body}".encode())
        assert got.count(b"HTTP/1.1 ") <= 1 and read(got).status in (0, 400, 403, 405)
    inside = f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n"
    got = portal.raw(f"POST /rights/ HTTP/1.1\r\n{BASE}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{inside}".encode())
    assert got.count(b"HTTP/1.1 ") <= 1, "the body is no request"


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG"])
def test_methods_that_tell_or_tunnel_are_refused(portal: Served, method: str) -> None:
    answer = portal.ask(method, "/accounts/login/", X_Secret="told-to-nobody")
    assert answer.status in (400, 405, 501) and b"told-to-nobody" not in answer.body


# -- Too much --------------------------------------------------------------------------------------------------------------


def test_ten_megabytes_in_any_place_are_refused_and_the_next_reader_is_served(portal: Served) -> None:
    ten = "x" * 10_000_000
    form = {"Content_Type": "application/x-www-form-urlencoded", "Referer": f"https://{HOST}/"}
    answers = [
        portal.ask("GET", f"/rights/?q={ten}"),
        portal.ask("GET", "/rights/", X_Long=ten),
        portal.ask("GET", "/rights/", Cookie=f"__Host-sessionid={ten}"),
        portal.ask("POST", "/accounts/login/", f"login={ten}".encode(), **form),
        portal.ask("POST", "/oauth/token", f"client_id={ten}".encode(), **form),
        portal.ask("POST", "/oauth/token", b"&".join(b"a=1" for _ in range(5000)), **form),
    ]
    assert {answer.status for answer in answers} <= {0, 400, 403, 413, 414, 431}, [answer.status for answer in answers]
    assert portal.ask("GET", "/rights/").status == 200


def test_a_line_break_in_an_address_makes_no_header(portal: Served) -> None:
    for path in ("/home/%0d%0aSet-Cookie:%20a=b/", "/accounts/login/?next=/%0d%0aSet-Cookie:a=b", "/es/rights/%0aX:y"):
        answer = portal.ask("GET", path)
        assert "a=b" not in answer["Set-Cookie"] and "x" not in dict(answer.headers)


@pytest.mark.parametrize("host", ["evil.example", f"{HOST}.evil.example", f"evil.example:443@{HOST}", f"{HOST}:bad", "", f"{HOST}\t"])
def test_a_host_that_is_not_ours_is_answered_with_nothing(portal: Served, host: str) -> None:
    answer = portal.ask("GET", "/accounts/password/reset/", host=host)
    assert (answer.status in (0, 400) and b"evil" not in answer.body) or (answer.status == 200 and host.strip() == HOST)
