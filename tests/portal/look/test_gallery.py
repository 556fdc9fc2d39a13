"""Every component in every state, in a real browser."""

import pytest

from tests.harness.browser import assert_accessible, assert_fits


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_it_is_accessible_and_fits(browser_page, size, dark):
    page = browser_page(size, dark=dark)
    page.goto("/gallery/")
    assert_fits(page)
    assert_accessible(page)


def test_dark_is_dark(browser_page):
    backgrounds = []
    for dark in (False, True):
        page = browser_page("phone", dark=dark)
        page.goto("/gallery/")
        backgrounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert backgrounds == ["rgb(255, 255, 255)", "rgb(17, 22, 29)"]


def test_what_is_pressed_is_large_enough(browser_page):
    page = browser_page("phone")
    page.goto("/gallery/")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a.btn, summary, select, .form-control, .choice label, .languages a")]
            .filter(element => element.offsetParent && element.getBoundingClientRect().height < 43.5)
            .map(element => element.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_it_works_without_javascript(browser_page):
    page = browser_page("phone", javascript=False)
    page.goto("/gallery/")
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Students").click()
    assert page.url.endswith("#students")


def test_the_menu_closes_with_escape_and_gives_the_focus_back(browser_page):
    page = browser_page("phone")
    page.goto("/gallery/")
    page.locator("summary", has_text="Menu").click()
    assert page.get_by_role("link", name="Students").is_visible()
    page.keyboard.press("Escape")
    assert page.get_by_role("link", name="Students").count() == 0
    assert page.evaluate("document.activeElement.textContent").strip() == "Menu"


def test_the_first_tab_offers_the_way_past_the_menu(browser_page):
    page = browser_page("desk")
    page.goto("/accounts/login/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_error_summary_has_the_focus(browser_page):
    page = browser_page("desk")
    page.goto("/gallery/")
    assert "error-summary" in page.evaluate("document.activeElement.className")
    page.get_by_role("link", name="Until when? Enter a valid date.").click()
    assert page.evaluate("document.activeElement.id") == "id_wrong-until"


def test_a_table_stacks_on_a_phone_and_names_each_value(browser_page):
    page = browser_page("phone")
    page.goto("/gallery/")
    cell = page.locator("#results td[data-label='Purpose']").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Purpose"'
    row = page.locator("#results tbody tr").first
    assert row.evaluate("row => getComputedStyle(row).display") == "block"


def test_on_paper_marks_stay_and_menus_go(browser_page):
    page = browser_page("desk")
    page.goto("/gallery/")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 27, 27)"
    assert not page.locator(".menu-account").is_visible()
    assert not page.locator(".filters").is_visible()
    assert page.locator(".status").first.evaluate("mark => getComputedStyle(mark).printColorAdjust") == "exact"
    assert page.locator(".chart table").is_visible(), "a chart on paper brings its numbers"


def test_the_filter_fetches_only_its_part(browser_page):
    page = browser_page("desk")
    page.goto("/gallery/")
    page.evaluate("document.querySelector('h1').dataset.kept = 'yes'")
    page.get_by_label("Person").fill("Lee")
    with page.expect_response(lambda answer: "filter-who=Lee" in answer.url) as waited:
        page.get_by_role("button", name="Filter").click()
    assert waited.value.status == 200
    page.wait_for_url("**filter-who=Lee**")
    assert page.locator("h1").get_attribute("data-kept") == "yes"
    assert page.locator("#results").count() == 1


def test_it_is_not_there_outside_the_demo(client, settings, database):
    settings.TESTING = False
    settings.DEMO = False
    assert client.get("/gallery/").status_code == 404
