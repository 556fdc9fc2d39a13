"""After an incident: a family takes the help that it is offered, and the public reads what happened once two people agree."""

import re
from collections.abc import Callable

from breaches.remedies.models import Remedy
from tests.breaches.notices.situations import listed
from tests.breaches.postings.situations import TEXTS
from tests.governance.records.readers import child_of
from tests.journeys.reader import Reader


def test_from_the_offer_to_the_public_page(i_am: Callable[..., Reader]) -> None:
    student = child_of("parent")
    incident = listed(student).incident
    here = f"/incidents/{incident.public_id}/"

    lead = i_am("security")
    lead.goes_to(here)
    lead.follows("Remedies")
    lead.follows("Credit watch, with a code for each")
    lead.finds_the_page_in_order()
    lead.page.get_by_label("For whom").select_option(index=1)
    lead.writes("Last day to answer", "2030-01-01")
    lead.presses("Offer it")
    lead.sees("It is offered.", "Free credit watch")
    lead.opens("Take codes in")
    lead.page.get_by_label("File with the codes").set_input_files({"name": "codes.csv", "mimeType": "text/csv", "buffer": b"SAFE-2026-1\n"})
    lead.presses("Take codes in")
    lead.sees("1 code came in.")
    lead.finds_the_page_in_order()

    parent = i_am("parent")
    parent.goes_to(f"/family/{student.public_id}/")
    parent.follows("Help we offer")
    parent.sees("Free credit watch", "Waiting for your answer", "Student Privacy Policy Office")
    parent.finds_the_page_in_order()
    parent.presses(re.compile("^Yes, please.*Free credit watch"))
    parent.sees("You said yes")
    parent.does_not_see("SAFE-2026-1")
    parent.presses(re.compile("^Show the code"))
    parent.sees("SAFE-2026-1")
    parent.finds_the_page_in_order()

    lead.goes_to(f"/incidents/remedies/{Remedy.objects.get(incident=incident).public_id}/?which=done")
    lead.sees("The code was shown on the family’s page.")
    lead.presses("Show the names")
    lead.finds_the_page_in_order()
    lead.goes_to(f"{here}close/")
    lead.ticks("Nothing reached anybody", role="radio")
    lead.writes("What was found", "A list went out.")
    lead.presses("Close the incident")
    lead.follows("Public posting")
    lead.finds_the_page_in_order()
    lead.follows("Write the text")
    for code, language in (("en", "English"), ("es", "Spanish")):
        lead.writes(f"Title, in {language}", TEXTS[code]["title"])
        for label, part in (("What happened", "happened"), ("What we did", "done"), ("What we learned", "learned")):
            lead.writes(f"{label}, in {language}", TEXTS[code][part])
    lead.finds_the_page_in_order()
    lead.presses("Keep this version")
    lead.sees("0 of 2 approvals")

    for persona in ("compliance", "admin"):
        other = i_am(persona)
        other.goes_home()
        other.follows(re.compile("A public text about .* waits for approval"))
        other.presses("I read both languages and approve")
        other.sees("You approved this text.")
    other.presses("Publish")
    other.sees("The public reads it now.")
    other.finds_the_page_in_order()

    anybody = i_am(None)
    anybody.goes_to("/incidents/public/")
    anybody.finds_the_page_in_order()
    anybody.follows(TEXTS["en"]["title"])
    anybody.sees("fewer than 10", TEXTS["en"]["happened"], TEXTS["en"]["learned"])
    anybody.finds_the_page_in_order()
    anybody.goes_to("/incidents/public/print/")
    anybody.finds_the_page_in_order()

    lead.goes_to(f"{here}packs/")
    lead.writes("For which office", "Department of Public Instruction")
    lead.writes("Why", "They asked for it.")
    lead.presses("Ask for it")
    lead.sees("Somebody else has to agree.")
    lead.finds_the_page_in_order()
    lead.goes_to("/incidents/")
    lead.follows("Report of the year")
    lead.sees("How many, and of which kind", "Clocks", "Remedies")
    lead.finds_the_page_in_order()
