"""The ground of the browser journeys."""

import pytest

from tests.harness.browser import assert_accessible, assert_fits, sign_in


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_persona_is_signed_in(district, browser_page, size):
    page = browser_page(size, as_="teacher")
    page.goto("/home/")
    assert "/accounts/login" not in page.url


def test_the_sign_in_form_works(district, browser_page):
    page = browser_page()
    sign_in(page, "parent")
    assert "/accounts/login" not in page.url
    assert_fits(page)


def test_the_accessibility_check_can_fail(district, browser_page):
    page = browser_page()
    page.goto("/accounts/login/")
    assert_accessible(page)
    page.evaluate("document.documentElement.removeAttribute('lang')")
    with pytest.raises(AssertionError, match="html-has-lang"):
        assert_accessible(page)


def test_a_script_error_fails_the_test(district, browser_page):
    page = browser_page()
    page.goto("/accounts/login/")
    page.evaluate("setTimeout(() => { throw new Error('planted') })")
    page.wait_for_timeout(100)
    with pytest.raises(AssertionError, match="planted"):
        browser_page.check()
