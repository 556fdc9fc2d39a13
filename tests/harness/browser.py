"""Browser journeys: the portal behind a real HTTP server on the test's own database, seen through Debian's Chromium."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Chromium says this of every answer that is not 200; journeys look at such answers on purpose.
_STATUS_ONLY = "Failed to load resource: the server responded with a status of"


def chromium_path() -> str | None:
    """Where Debian's package (or another) keeps the browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Portal:
    """The portal as a browser reaches it."""

    url: str


@pytest.fixture
def live_portal(request: pytest.FixtureRequest, settings: Any) -> Iterator[Portal]:
    """A real HTTP server on the test's database: `district`'s if the test has one, else `database`'s."""
    if not {"database_module", "district", "district_module"} & set(request.fixturenames):
        request.getfixturevalue("database")
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    server = LiveServerThread("localhost", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    url = f"http://localhost:{server.port}"
    settings.BASE_URL = url
    settings.CSRF_TRUSTED_ORIGINS = [url]
    try:
        yield Portal(url)
    finally:
        server.terminate()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium instead of a browser that Playwright would download."""
    path = chromium_path()
    if path is None:
        pytest.skip("the package chromium is not installed, and could not be: apt-get install chromium")
    return {"executable_path": path, "args": FLAGS}


class Browsing:
    """Opens pages on the portal of the test: `browser_page("phone", as_="teacher")`."""

    def __init__(self, portal: Portal, browser: Any) -> None:
        self.portal = portal
        self.browser = browser
        self.complaints: list[str] = []
        self._contexts: list[Any] = []

    def __call__(
        self, size: str = "desk", *, as_: str | None = None, language: str = "en", javascript: bool = True, dark: bool = False
    ) -> Any:
        """A new page in a fresh browser profile.

        `as_` is the first part of a persona's e-mail address, whose session is made without the sign-in form; `language` what the
        browser asks for; `javascript=False` a browser without it; `dark=True` the dark theme.
        """
        width, height = SIZES[size]
        context = self.browser.new_context(
            base_url=self.portal.url,
            viewport={"width": width, "height": height},
            locale=language,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            is_mobile=size == "phone",
            has_touch=size == "phone",
            service_workers="block",
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        if as_:
            context.add_cookies([{"name": "sessionid", "value": session_of(as_), "url": self.portal.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._hear(page.url, said))
        return page

    def _hear(self, url: str, said: Any) -> None:
        if said.type == "error" and _STATUS_ONLY not in said.text:
            self.complaints.append(f"{url}: {said.text}")

    def check(self) -> None:
        """Fail with the script errors, and with what the content security policy kept from loading, since the last check."""
        complaints, self.complaints = self.complaints, []
        assert not complaints, "The browser complained:\n" + "\n".join(complaints)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def browser_page(live_portal: Portal, browser: Any) -> Iterator[Browsing]:
    """Opens pages; a script error or a blocked script, style or picture fails the test at its end."""
    browsing = Browsing(live_portal, browser)
    yield browsing
    browsing.close()
    browsing.check()


def session_of(persona: str) -> str:
    """The key of a fresh session of `persona`@riverbend.example, as if they had just signed in by password."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    user = get_user_model().objects.get(email=f"{persona}@riverbend.example")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return str(client.session.session_key)


def sign_in(page: Any, persona: str, password: str | None = None) -> None:
    """Sign in through the form, as a person does."""
    page.goto("/accounts/login/")
    page.locator("input[type=email], input[name=login]").first.fill(f"{persona}@riverbend.example")
    page.locator("input[type=password]").first.fill(password or os.environ["PORTAL_DEMO_PASSWORD"])
    page.locator("form:has(input[type=password]) button[type=submit]").first.click()
    page.wait_for_load_state()


def assert_accessible(page: Any, *, leave_out: tuple[str, ...] = ()) -> None:
    """Fail with what the accessibility checker (axe, WCAG 2.2 AA and good practice) finds on the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    told = [
        f"{finding['id']} ({finding['impact']}): {finding['help']}\n    "
        + "\n    ".join(node["html"][:160] for node in finding["nodes"][:3])
        for finding in found
        if finding["id"] not in leave_out
    ]
    assert not told, f"{page.url} at {page.viewport_size['width']} px:\n" + "\n".join(told)


def assert_fits(page: Any) -> None:
    """Fail when the page is wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than the window of {page.viewport_size['width']} px"
