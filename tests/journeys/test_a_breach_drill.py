"""A drill from the library to its score: decided, held, listed, approved by two, and nothing of it leaves."""

import re
from collections.abc import Callable

from breaches.affected import actions as affected
from breaches.drills.models import Drill
from breaches.incidents import actions as incidents
from breaches.notices import actions as notices
from breaches.notices import engine
from portal.base import clock, outbox
from tests.breaches.affected.test_lists import provider, sent
from tests.breaches.notices.situations import written
from tests.breaches.notices.test_engine import with_guardians
from tests.governance.situations import person
from tests.journeys.reader import Reader


def a_list_of_a_real_incident() -> None:
    """An incident of last month, whose list was computed from what a company had received."""
    now, lead = clock.now(), person("security")
    sent(*with_guardians(3))
    real = incidents.open_incident(title="Last month", kind="provider", severity=2, discovered_at=now, by=lead, at=now)
    affected.ask_provider(
        incident=real.public_id, provider=provider(), since=clock.today().replace(day=1).replace(month=1), until=clock.today(), reach=False,
        by=lead, at=now,
    )  # fmt: skip
    outbox.run()


def test_a_team_plays_a_breach_to_its_end(i_am: Callable[..., Reader]) -> None:
    a_list_of_a_real_incident()
    lead = i_am("security")
    lead.goes_home()
    lead.sees("children have at least one confirmed address")
    lead.goes_to("/incidents/")
    lead.follows("Drills")
    lead.sees("A provider calls on Friday afternoon", "A finished drill is evidence for")
    lead.finds_the_page_in_order()
    lead.follows("A file goes to the wrong list")
    lead.sees("Where the idea is from")
    lead.finds_the_page_in_order()
    lead.presses("Start the drill")
    lead.sees("nothing of it goes outside", "I attached the wrong file.", "Not done, still in time")
    lead.writes(re.compile("^Your answer: What do you tell the secretary"), "Recall the message; answer nobody yet.")
    lead.presses(re.compile("^Write it down.*What do you tell the secretary"))
    lead.sees("Recall the message; answer nobody yet.")
    lead.presses("Let it in now")
    lead.sees("Two families on the list have a confidential address")
    lead.opens("Say what you would stop")
    lead.writes("What or whom, and why", "The mailbox of the office.")
    lead.presses("Say what you would stop")
    lead.opens("Copy the list of a real incident")
    lead.page.get_by_label("List of a real incident").select_option(index=1)
    lead.presses("Copy the list of a real incident")
    lead.finds_the_page_in_order()
    outbox.run()

    lead.follows(re.compile("^Decide, in the incident"))
    lead.sees("nothing of it goes outside", "Held, as this is a drill")
    lead.does_not_see("Suspend the account")
    lead.opens("Decide whether it was a breach")
    lead.ticks("Yes, it was a breach", role="radio")
    lead.page.locator("#id_breach-reason").fill("Most did not answer.")
    lead.presses("Decide whether it was a breach")
    lead.finds_the_page_in_order()

    drill = Drill.objects.get(ended_at=None)
    notice = written(drill.incident.affected_lists.get())
    version = notice.versions.get()
    for name in ("compliance", "leader"):
        notices.approve(notice=notice.public_id, sha256=version.sha256, by=person(name), at=clock.now())
    notices.start(notice=notice.public_id, by=person("security"), at=clock.now())
    assert engine.drain() == 0
    lead.follows("To the page of the drill")
    number = notice.recipients.count()
    lead.sees(re.compile(f"would have gone to {number} recipients?"))
    lead.opens("End the drill")
    lead.presses("End the drill")
    lead.finds_the_page_in_order()  # with what is missing
    lead.writes("What did you learn?", "The draft took longest.")
    lead.presses("End the drill")
    lead.sees("Result: A file goes to the wrong list", "6 of 7 steps in time", "The draft took longest.", "ID.IM-02", "Nothing was sent.")
    lead.finds_the_page_in_order()
    lead.opens("Give a task")
    lead.writes("What is to be done", "Put the night number on the card")
    lead.page.get_by_label("Who does it").select_option(value=str(person("admin").public_id))
    lead.writes("By when", clock.today().isoformat())
    lead.presses("Give a task")

    admin = i_am("admin")
    admin.goes_home()
    admin.follows("From a drill: Put the night number on the card")
    admin.writes(re.compile("^What came of it: Put the night number"), "It is there.")
    admin.presses(re.compile("^Done.*Put the night number"))
    admin.sees("It is there.")
    assert set(notice.recipients.values_list("state", flat=True)) <= {"waiting", "call"}


def test_the_pages_of_the_day_of_a_breach(i_am: Callable[..., Reader]) -> None:
    lead = i_am("security")
    lead.goes_to("/incidents/")
    lead.follows("Breach day")
    lead.sees("Two people who can always sign in", "Numbers on the card")
    lead.finds_the_page_in_order()
    lead.opens("Add a number")
    lead.writes("Whose number is it?", "State police, district post")
    lead.presses("Add a number")
    lead.finds_the_page_in_order()  # with what is missing
    lead.writes("Telephone number", "(608) 555-0110")
    lead.presses("Add a number")
    lead.sees("State police, district post: (608) 555-0110")
    lead.follows("children have at least one confirmed address")
    lead.finds_the_page_in_order()
    lead.page.locator("main table a").first.click()
    lead.sees("no confirmed address")
    lead.finds_the_page_in_order()
    lead.goes_to("/breach-card/")
    lead.sees("First five steps", "(608) 555-0110", "When the portal itself is down")
    lead.finds_the_page_in_order()
