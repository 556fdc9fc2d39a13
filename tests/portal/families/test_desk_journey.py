"""From the desk to the phone: the office prints a code, a parent uses it."""

import re
from typing import Any

import pytest

from governance.records.models import Guardianship
from tests.governance.people.cast import person
from tests.harness.browser import Browsing, Portal, assert_accessible


def test_a_parent_comes_in_with_a_code(district: Any, live_portal: Portal, browser_page: Browsing, settings: Any) -> None:
    settings.DEMO = True
    desk = browser_page("desk", as_="secretary")
    desk.goto("/people/families/")
    desk.get_by_label("First letters").fill("Ba")
    desk.get_by_role("button", name="Find").click()
    assert_accessible(desk)
    desk.get_by_role("link", name="Owen Baker").click()
    assert_accessible(desk)
    desk.get_by_label("This person stands here and showed a photo ID").check()
    desk.get_by_role("button", name="Print a sign-in code").click()
    assert_accessible(desk)
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", desk.content())
    assert code

    phone = browser_page("phone", javascript=False)
    phone.goto("/join/")
    phone.get_by_label("Code from the school office").fill(code[0])
    phone.get_by_label("Your name").fill("Jenna Mitchell")
    phone.get_by_label("Your e-mail").fill("jenna@families.example")
    phone.get_by_label("Password").fill("Quiet-meadow-2026")
    phone.get_by_role("button", name="Go on").click()
    phone.wait_for_url("**/home/")
    assert set(Guardianship.objects.filter(user__email="jenna@families.example").values_list("limit", flat=True)) == {""}
    browser_page.check()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_office_limits_access_on_a_friday_afternoon(
    district: Any, live_portal: Portal, browser_page: Browsing, settings: Any, size: str
) -> None:
    settings.DEMO = True
    link = Guardianship.objects.get(user=person("other.parent"))
    page = browser_page(size, as_="secretary")
    page.goto(f"/people/families/{link.student.public_id}/")
    page.get_by_role("link", name=re.compile("Limit access now")).first.click()
    assert_accessible(page)
    page.get_by_label(re.compile("It denies this parent physical placement")).check()
    page.get_by_label(re.compile("limit now, papers follow")).check()
    page.get_by_role("button", name="Limit access now").click()
    page.get_by_text("Papers to follow").wait_for()
    assert_accessible(page)
    page.goto("/home/")
    assert page.get_by_text(re.compile("for (its|their) papers")).is_visible()
