"""The story in a real browser: a teacher asks, the steward decides, on a desk and on a phone."""

import pytest

from governance.requests.models import DataRequest
from tests.harness.browser import assert_accessible, assert_fits


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    """The demo asks for no second factor."""
    settings.DEMO = True


def looks_right(page) -> None:
    assert_accessible(page)
    assert_fits(page)


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_a_teacher_asks_and_the_steward_leaves_one_out(district, browser_page, size, javascript) -> None:
    teacher = browser_page(size, as_="teacher", javascript=javascript)
    teacher.goto("/requests/")
    teacher.get_by_role("link", name="Ask for data").first.click()
    teacher.get_by_label("Plan interventions and supports").check()
    if javascript:
        looks_right(teacher)
    teacher.get_by_role("button", name="Continue").click()
    assert not teacher.get_by_label("Reason for").first.is_visible()
    teacher.get_by_label("In a few words, what will you do with it?").fill("Reading groups")
    teacher.get_by_role("checkbox", name="period").first.check()
    for number, element in enumerate(("Date of birth", "English learner status")):
        teacher.get_by_role("checkbox", name=element).check()
        teacher.locator(".asked-why:visible input").nth(number).fill("to form groups")
    if javascript:
        looks_right(teacher)
    teacher.get_by_role("button", name="Save and check").click()
    assert teacher.get_by_role("heading", name="Beyond the classroom, a data steward decides").is_visible()
    if javascript:
        looks_right(teacher)
    teacher.get_by_role("button", name="Send request").click()
    number = str(DataRequest.objects.get(what_for="Reading groups"))
    assert teacher.get_by_text(f"Sent: {number}.").is_visible()

    steward = browser_page(size, as_="steward", javascript=javascript)
    steward.goto("/inbox/")
    if javascript:
        looks_right(steward)
    steward.get_by_role("link", name="Reading groups").click()
    steward.get_by_role("checkbox", name="Date of birth").uncheck()
    steward.locator(".asked-why:visible input").fill("The grade tells enough.")
    steward.get_by_label("Reason (families can read this)").fill("Needed to form reading groups.")
    if javascript:
        looks_right(steward)
    steward.get_by_role("button", name="Approve what is ticked").click()
    assert steward.get_by_text("Approved with fewer items").first.is_visible()

    teacher.reload()
    assert teacher.get_by_text("You can use 1 of 2.").is_visible()
    assert teacher.get_by_text("Left out: Date of birth, because: The grade tells enough.").is_visible()
    if javascript:
        looks_right(teacher)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_of_the_authority_are_accessible_and_fit(district, browser_page, size) -> None:
    page = browser_page(size, as_="admin")
    for address in (
        "/authority/rules/",
        "/authority/rules/purpose-cap/",
        "/authority/rules/purpose-cap/draft/",
        "/authority/rules/try/?role=teacher&relation=own_section&purpose=intervention-support&elements=name&elements=el-status&elements=iep&days=30",
        "/authority/stewards/",
        "/authority/stewards/designate/",
        "/authority/purposes/",
        "/authority/purposes/intervention-support/",
        "/authority/elements/",
        "/authority/elements/el-status/",
    ):
        page.goto(address)
        looks_right(page)
