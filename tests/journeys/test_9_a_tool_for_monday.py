"""A teacher wants a tool on Monday: nobody has asked yet, it is asked for in two minutes, approved with limits, and used as the page says."""

from collections.abc import Callable

from portal.base import clock, outbox
from tests.governance.situations import person
from tests.journeys.reader import Reader
from tests.vendors.situations import checked, day, provider, tool
from vendors.reviews.models import Review
from vendors.tool_requests import actions
from vendors.tool_requests.models import ToolRequest

LINK = "https://www.debate-lab.example/start?class=7"


def test_from_a_pasted_link_to_the_first_lesson(i_am: Callable[..., Reader]) -> None:
    teacher = i_am("teacher")
    teacher.goes_home()
    teacher.opens_from_menu("Tools")
    teacher.writes("Name of the tool, or its link", LINK)
    teacher.presses("Search")
    teacher.page.get_by_text("That is neither yes nor no").wait_for()
    teacher.sees("Nobody has asked yet", "That is neither yes nor no")
    teacher.finds_the_page_in_order()
    teacher.follows("Ask for it (2 minutes)")
    teacher.writes("What is the tool called?", "Debate Lab")
    teacher.writes("What will students do in it?", "Argue for and against in writing")
    teacher.ticks("No, I show it on my screen", role="radio")
    teacher.writes("By when do you need it?", day(6).isoformat())
    teacher.finds_the_page_in_order()
    teacher.presses("Send")
    teacher.sees("Debate Lab", "Looked for in the catalog", "Nine in ten requests were answered within", "Show it on your own screen")
    teacher.finds_the_page_in_order()
    wish = ToolRequest.objects.get(name="Debate Lab")
    assert wish.link == LINK

    # the office lists it, and its checklist is answered
    made = tool(provider("Rhetoric Works"), "Debate Lab", link=LINK, elements=(), collects_nothing=True, accounts="none")
    actions.join(tool_request=wish.public_id, tool=made, by=person("admin"), at=clock.now())
    review = checked(Review.objects.get(tool=made))

    # whoever decides sets limits, and writes what teachers read
    steward = i_am("steward")
    steward.goes_to(f"/reviews/{review.public_id}/")
    steward.sees("Ratings and certificates", "What others found", "None is known")
    steward.finds_the_page_in_order()
    steward.follows("Decide")
    decide = steward.page.locator("section", has_text="Approve").first
    decide.get_by_label("Youngest age").fill("13")
    decide.get_by_label("Nobody types real names").check()
    decide.get_by_label("Further conditions for teachers").fill("The chat stays off.")
    decide.get_by_label("Reason").last.fill("It collects nothing, and it trains writing.")
    steward.finds_the_page_in_order()
    decide.get_by_role("button", name="Approve").click()
    steward.page.get_by_role("heading", name="How to use Debate Lab").wait_for()
    steward.writes("Safe set-up", "Open it on the classroom screen.\nSwitch the chat off.")
    steward.writes("Students without an account", "Pairs write on paper; one of you types.")
    steward.writes("Message to families, in English", "We argue in writing. No name is typed in.")
    steward.finds_the_page_in_order()
    steward.presses("Save")

    # the teacher pastes the link again and has the answer, with all that belongs to it
    outbox.run()  # what follows from a decision
    teacher.goes_to(f"/tools/requests/{wish.public_id}/")
    teacher.sees("Use it, but …")
    teacher.goes_to("/tools/")
    teacher.writes("Name of the tool, or its link", LINK)
    teacher.presses("Search")
    teacher.page.get_by_role("heading", name="Debate Lab").wait_for()
    teacher.sees(
        "Use it, but …", "Only for students of 13 years and older.", "Nobody types real names", "The chat stays off.",
        "Set it up safely", "Switch the chat off.", "Students without an account", "Pairs write on paper",
        "A message to families", "We argue in writing.", "It collects nothing, and it trains writing.",
    )  # fmt: skip
    teacher.finds_the_page_in_order()
    teacher.page.locator("section", has_text="Use it with your classes").get_by_role("checkbox").first.check()
    teacher.presses("Put it on my list")
    teacher.sees("It is on your list")
