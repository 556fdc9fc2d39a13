"""A family without mail: the letter is printed at the office, its code is typed on a phone, the page speaks Spanish, and the question arrives."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from breaches.letters import making
from breaches.notices.models import Recipient
from portal.base import clock, outbox
from tests.breaches.letters.situations import child_of, code_of, letter_to
from tests.breaches.letters.test_paper_and_calls import put
from tests.breaches.notices.situations import listed, started
from tests.journeys.reader import Reader


@pytest.fixture
def at_size() -> str:
    """The office sits at a desk, the family holds a phone: the story is told once."""
    return "desk"


def test_from_the_printer_to_the_question(i_am: Callable[..., Reader], browser_page: Callable[..., Any]) -> None:
    child = child_of("parent")
    notice = started(listed(child))
    Recipient.objects.filter(notice=notice).update(state="paper", because="no_address")
    put(child, "address", "12 Elm Street, Riverbend, WI 54000")

    office = i_am("security")
    office.goes_home()
    office.opens_from_menu("Incidents")
    office.follows(re.compile(re.escape(notice.incident.title)))
    office.follows("Letters and answers")
    office.finds_the_page_in_order()
    office.follows("Notice of a data breach")
    office.presses(re.compile(r"Make \d+ letter"))
    office.sees("The letters are being made.", "Waiting to be made")
    outbox.run()
    making.make_waiting(door_alias="keeper")
    office.goes_to(f"/incidents/letters/{notice.public_id}/")
    office.sees("Ready")
    office.finds_the_page_in_order()
    with office.page.expect_download() as download:
        office.page.get_by_role("button", name=re.compile("Download")).click()
    assert re.fullmatch(r"letters-P\d+\.zip", download.value.suggested_filename)
    office.presses("Write down")
    office.sees(re.compile("Posted on [A-Z][a-z]+ "))

    family = Reader(browser_page("phone", as_=None))
    assert family.goes_to("/letter/") == 200
    family.finds_the_page_in_order()
    family.follows("Español", within="body")
    family.page.locator("input[name=code]").fill(code_of(letter_to("parent", notice)).lower())
    family.page.locator("main form button[type=submit]").first.click()
    family.page.wait_for_load_state()
    family.sees("Palabras sobre what_happened.")
    assert family.text().index("Palabras sobre what_happened.") < family.text().index("Words about what_happened.")
    assert code_of(letter_to("parent", notice)) not in family.page.url
    family.finds_the_page_in_order()
    family.page.locator("input[value=question]").check()
    family.page.get_by_role("textbox").last.fill("¿Qué pasó con sus notas?")
    family.page.locator("main form").last.get_by_role("button").click()
    family.page.wait_for_load_state()
    family.finds_the_page_in_order()

    outbox.run()
    office.goes_to(f"/incidents/letters/{notice.public_id}/")
    office.sees("¿Qué pasó con sus notas?", "Waits for the school district")
    office.presses("Put on the list of calls")
    office.sees("Looked after")
    office.follows("Whom to call")
    office.presses("Take up to 20 in hand")
    office.sees("Not opened")
    office.presses("Show names and numbers")
    office.does_not_see("Not opened")
    office.finds_the_page_in_order()
    office.page.locator("select").first.select_option("reached")
    office.presses("Write down what came of it")
    assert Recipient.objects.get(pk=letter_to("parent", notice).pk, handled_at__lte=clock.now()).state in {"call", "reached"}
