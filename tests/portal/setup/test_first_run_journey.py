"""A real district's first hour in a browser: the link of `manage.py setup`, the second step, the tiles."""

import io
import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.management import call_command

from governance.people.models import District
from tests.harness.browser import Browsing, Portal, assert_accessible


def link_from_setup() -> str:
    out = io.StringIO()
    call_command(
        "setup", district="Oak Hollow School District", admin_email="pat@oakhollow.example", admin_name="Pat Doe", no_input=True, stdout=out
    )
    found = re.search(r"http\S+/invitation/\S+", out.getvalue())
    assert found
    return found[0]


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_from_the_printed_link_to_the_tiles(database: Any, live_portal: Portal, browser_page: Browsing, size: str) -> None:
    page = browser_page(size)
    page.goto(link_from_setup())
    assert_accessible(page)
    page.get_by_label("Password", exact=True).fill("Quiet-meadow-2026")
    page.get_by_label("The same password again").fill("Quiet-meadow-2026")
    page.get_by_role("button", name="Set the password and go on").click()
    page.wait_for_url("**/2fa/totp/activate/")
    assert_accessible(page)
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.content())
    assert secret
    page.locator("input[name=code]").fill(code_for(secret[0]))
    page.locator("form:has(input[name=code]) button[type=submit]").first.click()
    page.wait_for_url("**/2fa/recovery-codes/**")
    page.goto("/setup/")
    assert_accessible(page)
    assert page.get_by_role("heading", name="The first month").is_visible()
    assert page.get_by_text("A district admin signs in with a second step.").is_visible()
    page.get_by_role("link", name=re.compile("Privacy contact")).click()
    assert_accessible(page)
    page.get_by_label("privacy contact").fill("Jo Doe")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/setup/")
    assert District.objects.get().contact_name == "Jo Doe"
    browser_page.check()
