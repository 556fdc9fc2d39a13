"""A class list that went astray: whom it touched, a text that two people approve, letters that go out once, and what became of them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from breaches.notices import actions, engine
from breaches.notices.models import Addressee, Notice, Recipient
from portal.base import clock
from tests.governance.situations import person
from tests.harness import smtp_sink
from tests.journeys.reader import Reader

TITLE = "A class list went to the wrong family"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[smtp_sink.Running]:
    with (
        smtp_sink.running(tmp_path, keep=True) as found,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=found.port,
            EMAIL_USE_TLS=False,
            EMAIL_USE_SSL=False,
        ),
    ):
        yield found


def to_the_incident(who: Reader) -> None:
    who.goes_to("/incidents/")
    who.follows(TITLE)


def test_from_the_list_to_the_last_letter(i_am: Callable[..., Reader], sink: smtp_sink.Running) -> None:
    lead = i_am("security")
    to_the_incident(lead)
    lead.follows("Who was affected")
    lead.opens("A provider’s data was reached")
    lead.finds_the_page_in_order()
    lead.follows("Named one by one by two people")
    lead.sees("Frozen", "By school", "By kind of data", "SHA-256")
    lead.opens("Propose a change")
    lead.finds_the_page_in_order()
    lead.presses("Count by grade")
    lead.sees("Grade")
    lead.presses("Show the names in these changes")
    lead.follows("Show names")
    lead.sees("Families see that you opened this page")
    lead.finds_the_page_in_order()

    to_the_incident(lead)
    lead.follows("Notices", within="main p")
    lead.sees("State education department", "Credit bureaus", "Police", "Send the notices to families")
    lead.finds_the_page_in_order()
    lead.follows("Media")
    lead.finds_the_page_in_order()
    lead.presses("Write its text")
    lead.sees("A draft to begin with")
    lead.finds_the_page_in_order()
    lead.presses("Save this version")
    lead.sees("Something is still missing", "A blank is left")
    lead.opens("Name who gets it") if not lead.page.get_by_label("Name of the office or company").is_visible() else None
    lead.writes("Name of the office or company", "Riverbend Courier")
    lead.ticks(re.compile("Handed in"), role="radio")
    lead.writes("Address", "https://courier.example/desk")
    lead.finds_the_page_in_order()
    lead.presses("Add")
    lead.sees("https://courier.example/desk", "Not started")
    lead.finds_the_page_in_order()

    admin = i_am("admin")
    admin.goes_home()
    admin.finds_the_page_in_order()
    admin.follows(re.compile("A notice waits for approval: Families"))
    admin.sees("What it has to say", "Waits for 1 approval", "It reads like grade")
    admin.finds_the_page_in_order()
    admin.presses("I read it: approve exactly this text")
    admin.sees("You approved exactly this text.")
    admin.presses("Send it now")
    admin.sees("It goes out now.", "Waiting to be sent")
    admin.finds_the_page_in_order()

    notice = Notice.objects.get(started_at__isnull=False, drill=False)
    sent = engine.drain()
    assert sent == len(sink.taken()) == Recipient.objects.filter(notice=notice, state="sent").count() > 0
    admin.page.reload()
    admin.sees(f"{sent} Taken by the mail server")
    admin.follows("Taken by the mail server")
    admin.finds_the_page_in_order()
    admin.presses(re.compile("The mail came back"))
    admin.sees("Written down for 1 letter.")
    assert Recipient.objects.get(notice=notice, because="bounced").state == "paper"


def test_everybody_reads_the_public_notice_and_an_office_is_told_by_hand(i_am: Callable[..., Reader]) -> None:
    notice = Notice.objects.get(audience="state_agency", drill=False)
    lead = i_am("security")
    lead.goes_to(f"/incidents/notices/{notice.public_id}/write/")
    for number, field in enumerate(lead.page.locator("textarea[lang=en]").all()):
        field.fill(f"Filled in by those who know, part {number}.")
    lead.presses("Save this version")
    version = notice.versions.get()
    for name in ("compliance", "admin"):
        actions.approve(notice=notice.public_id, sha256=version.sha256, by=person(name), at=clock.now())
    lead.writes("Name of the office or company", "Department of Public Instruction")
    lead.ticks(re.compile("Handed in"), role="radio")
    lead.writes("Address", "https://dpi.example/help")
    lead.presses("Add")
    lead.presses("Send it now")
    lead.follows(re.compile("It was handed in"))
    lead.finds_the_page_in_order()
    lead.page.get_by_label("Confirmation", exact=False).last.set_input_files(
        {"name": "receipt.txt", "mimeType": "text/plain", "buffer": b"ticket 4711"}
    )
    lead.writes("Who took it, or the confirmation’s number", "Ticket 4711")
    lead.presses("Put it on record")
    lead.sees("Handed in", "Ticket 4711", "the confirmation is among the evidence", "Told by the notice")
    assert Addressee.objects.get(notice=notice).evidence is not None
    lead.follows("Notices", within="nav")

    public = actions.make(incident=notice.incident.public_id, audience="public", by=person("security"), at=clock.now())
    words = {
        "subject": "Notice of Data Breach",
        "parts": {
            key: f"About {key}."
            for key in ("what_happened", "when", "who", "what_information", "what_we_are_doing", "what_you_can_do", "contact")
        },
    }
    version = actions.write(
        notice=public.public_id, texts={"en": words, "es": words | {"subject": "Aviso"}}, by=person("security"), at=clock.now()
    )
    for name in ("compliance", "admin"):
        actions.approve(notice=public.public_id, sha256=version.sha256, by=person(name), at=clock.now())
    lead.goes_to(f"/incidents/notices/{public.public_id}/")
    lead.presses("Publish it now")
    nobody = i_am(None)
    nobody.goes_to("/notices/")
    nobody.finds_the_page_in_order()
    nobody.follows("Notice of Data Breach")
    nobody.sees("Who may be affected", "Here since")
    nobody.finds_the_page_in_order()
