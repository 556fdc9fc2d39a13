"""The pages of audits and retention in a browser: they fit, they are accessible, and they work without JavaScript."""

from typing import Any

import pytest

from governance.records.models import Guardianship
from tests.governance.people.cast import person
from tests.harness.browser import assert_accessible, assert_fits
from tests.harness.databases import Clone

PAGES = [
    ("auditor", "/auditing/"),
    ("auditor", "/auditing/samples/new/"),
    ("auditor", "/auditing/papers/new/"),
    ("auditor", "/retention/"),
    ("compliance", "/audit/auditors/"),
    ("compliance", "/audit/auditors/new/"),
    ("compliance", "/retention/"),
    ("leader", "/retention/"),
]


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_they_fit_and_are_accessible(size: str, district_module: Clone, browser_page: Any) -> None:
    child = Guardianship.objects.filter(user=person("parent")).select_related("student").order_by("pk")[0].student.public_id
    for persona, address in [*PAGES, ("parent", f"/family/{child}/kept/"), ("parent", f"/es/family/{child}/kept/")]:
        page = browser_page(size, as_=persona)
        assert page.goto(address).status == 200, address
        assert_fits(page)
        assert_accessible(page)


def test_an_auditor_draws_and_tests_without_javascript(district_module: Clone, browser_page: Any) -> None:
    page = browser_page("phone", as_="auditor", javascript=False)
    page.goto("/auditing/")
    page.get_by_role("link", name="2. Openings from outside the district's network").click()
    page.get_by_role("button", name="Draw the sample").click()
    assert page.get_by_text("0 of 25 tested").is_visible()
    page.locator("#entry-1 summary").click()
    page.locator("#entry-1").get_by_label("Note").fill("Opened at home")
    page.locator("#entry-1").get_by_role("button", name="Save the test").click()
    assert page.get_by_text("1 of 25 tested").is_visible()
