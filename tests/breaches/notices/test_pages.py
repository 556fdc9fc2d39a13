"""Notices through their pages: by audience, checked item by item, approved by two, sent once, handed in, and what came back."""

import datetime as dt
import re
import smtplib
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from breaches.incidents.models import Task
from breaches.notices import actions, addressees, contents, drafts, outgoing, queries, returns
from breaches.notices import texts as wording
from breaches.notices.models import Addressee, Audience, Notice, Recipient
from governance.records.models import Student
from governance.trail.models import Entry
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.breaches.affected.test_lists import incident
from tests.breaches.notices.servers import SMTP, serving
from tests.breaches.notices.situations import approved, listed, started, written
from tests.breaches.situations import reviewed, said
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def here(notice: Notice, more: str = "") -> str:
    return f"/incidents/notices/{notice.public_id}/{more}"


def does(client: Client, notice: Notice, act: str, **more: str) -> str:
    return text_of(client.post(here(notice, "act/"), {"act": act, **more}, follow=True))


def one() -> Student:
    return Student.objects.filter(left_on=None).order_by("pk")[0]


def typed(notice: Notice, texts: wording.Texts | None = None, **more: Any) -> dict[str, Any]:
    """What the form of a text sends: the draft, each blank filled in, unless other texts are given."""
    data: dict[str, Any] = {}
    for language, text in (texts or drafts.draft(notice)).items():
        words = {"subject": text["subject"], **text["parts"]}
        data |= {f"{language}-{key}": re.sub(r"\[\[.*?\]\]", "Filled in.", value) for key, value in words.items()}
    return data | more


def approved_by_two(notice: Notice) -> Notice:
    version = notice.versions.last()
    assert version is not None
    for name in ("compliance", "admin"):
        does(client_of(name), notice, "approve", sha256=version.sha256)
    notice.refresh_from_db()
    return notice


def made(audience: str, **more: Any) -> Notice:
    """A notice to that audience, its draft filled in by security@."""
    found = actions.make(
        incident=(more.pop("of", None) or incident()).public_id, audience=audience, by=person("security"), at=clock.now(), **more
    )
    client_of("security").post(here(found, "write/"), typed(found))
    return found


# -- Families ----------------------------------------------------------------------------------------------------------------------


def test_a_draft_invents_nothing_and_cannot_be_approved_before_each_blank_is_filled() -> None:
    which, lead = listed(one()), client_of("security")
    answer = lead.post(
        f"/incidents/{which.incident.public_id}/notices/new/family/", {"affected": str(which.public_id), "duties": ["target:families"]}
    )
    notice = Notice.objects.get(incident=which.incident)
    assert answer["Location"] == here(notice, "write/")
    page = text_of(lead.get(here(notice, "write/")))
    assert "[[what happened, in two or three plain sentences]]" in page
    assert "[[qué ayuda se ofrece" in page
    draft = drafts.draft(notice)
    lead.post(
        here(notice, "write/"),
        {f"{code}-{key}": words for code, text in draft.items() for key, words in {"subject": text["subject"], **text["parts"]}.items()},
    )
    first = notice.versions.get()
    assert "A blank is left: English, Spanish" in text_of(lead.get(here(notice)))
    second = client_of("compliance")
    assert "approve exactly this text" not in text_of(second.get(here(notice)))
    assert "does not say all" in does(second, notice, "approve", sha256=first.sha256)
    assert not first.approvals.exists()
    lead.post(here(notice, "write/"), typed(notice, seen=first.sha256))
    shown = text_of(second.get(here(notice, "versions/")))
    assert "Version 2" in shown
    assert "Filled in." in shown
    approved_by_two(notice)
    assert notice not in queries.to_approve(person("leader"))
    assert "Going out" in does(lead, notice, "start")
    assert notice.recipients.count()


def test_who_wrote_it_cannot_approve_it_and_an_edited_text_starts_anew() -> None:
    notice, lead = written(listed(one())), client_of("security")
    version = notice.versions.last()
    assert version is not None
    assert "You wrote this text" in does(lead, notice, "approve", sha256=version.sha256)
    assert notice in queries.to_approve(person("admin"))
    approved_by_two(notice)
    assert notice not in queries.to_approve(person("leader"))
    lead.post(
        here(notice, "write/"),
        typed(notice, version.texts | {"en": version.texts["en"] | {"subject": "Another subject"}}, seen=version.sha256),
    )
    assert "Two people who did not write it" in does(lead, notice, "start")
    assert "The text has changed" in does(client_of("compliance"), notice, "approve", sha256=version.sha256)
    stale = lead.post(here(notice, "write/"), typed(notice, version.texts, seen=version.sha256))
    assert stale.status_code == 422
    assert "Somebody wrote another version meanwhile" in text_of(stale)


def test_two_people_press_start_at_once_and_it_starts_once() -> None:
    notice = approved(listed(one()))
    shown: list[str] = []

    def press(name: str) -> None:
        try:
            shown.append(does(client_of(name), notice, "start"))
        finally:
            connection.close()

    both = [threading.Thread(target=press, args=(name,)) for name in ("security", "admin")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted("It goes out now." in page for page in shown) == [False, True]
    assert Entry.objects.using("owner").filter(kind="breaches.notice.started", object_pk=str(notice.public_id)).count() == 1


def test_the_page_of_a_running_notice_follows_it_without_javascript_too() -> None:
    notice, lead = started(listed(one())), client_of("security")
    answer = lead.get(here(notice))
    assert b'<noscript><meta http-equiv="refresh" content="5">' in answer.content
    assert "Waiting to be sent" in text_of(answer)
    Recipient.objects.filter(notice=notice).update(state="sent", sent_at=clock.now(), doubts=1)
    Notice.objects.filter(pk=notice.pk).update(trouble_at=clock.now())
    answer = lead.get(here(notice))
    assert b"http-equiv" not in answer.content
    for words in ("may have been sent twice", "did not take some letters for four hours", "Going out; some were given up"):
        assert words in text_of(answer)
    does(lead, notice, "stop")
    assert "Stopped by" in text_of(lead.get(here(notice)))
    assert "This notice was stopped" in does(lead, notice, "start")


def test_what_came_back_is_read_from_reports_and_settled_to_the_end() -> None:
    notice, lead = started(listed(*Student.objects.filter(left_on=None).order_by("pk")[:4])), client_of("security")
    rows = list(Recipient.objects.filter(notice=notice).order_by("pk"))
    Recipient.objects.filter(notice=notice).update(state="sent", sent_at=clock.now(), because="")
    report = _report(str(rows[0].public_id), action="failed") + b"\n" + _report(str(rows[1].public_id), action="delayed")
    shown = text_of(lead.post(here(notice, "returns/"), {"file": SimpleUploadedFile("back.mbox", report)}, follow=True))
    assert "Written down for 1 letter." in shown
    assert "1 was left out" in shown
    table = f"Message-ID,status\r\n<{rows[1].public_id}@riverbend.example>,550\r\n{uuid4()},550\r\n".encode()
    assert "Written down for 1 letter." in text_of(
        lead.post(here(notice, "returns/"), {"file": SimpleUploadedFile("back.csv", table)}, follow=True)
    )
    assert list(Recipient.objects.filter(notice=notice, state="paper").order_by("pk").values_list("because", flat=True)) == [
        "bounced",
        "bounced",
    ]
    both = "\n".join(str(row.public_id) for row in rows[:2])
    for outcome, state in (("posted", "posted"), ("returned", "call"), ("reached", "reached")):
        lead.post(here(notice, "recipients/"), {"outcome": outcome, "references": both})
        assert {row.state for row in Recipient.objects.filter(pk__in=[row.pk for row in rows[:2]])} == {state}
    told = Entry.objects.using("owner").filter(kind="breaches.notice.settled").order_by("pk").last()
    assert told is not None
    assert sorted(told.additional_data["recipients"]) == sorted(str(row.public_id) for row in rows[:2])
    wrong = lead.post(here(notice, "returns/"), {"file": SimpleUploadedFile("picture.png", b"\x89PNG\xff\xfe")})
    assert wrong.status_code == 422


def _report(reference: str, *, action: str) -> bytes:
    return (
        "From MAILER-DAEMON Tue Nov 24 14:00:00 2026\nFrom: MAILER-DAEMON@mx.example\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt did not work.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; someone@families.example\nAction: {action}\nStatus: 5.1.1\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{reference}@riverbend.example>\nSubject: Notice\n\n--b--\n"
    ).encode()


def test_a_report_that_is_none_is_not_taken_for_one() -> None:
    with pytest.raises(returns.NotReadable):
        returns.read(b"")
    assert returns.read(_report("not-a-reference", action="failed")) == returns.Read((), 1)


# -- What a notice has to say ------------------------------------------------------------------------------------------------------


def test_every_audience_has_contents_and_every_contents_a_draft_with_all_its_parts() -> None:
    found = incident()
    for audience in Audience:
        for each in contents.choices(audience):
            notice = Notice(incident=found, audience=audience, content=each.id)
            draft = drafts.draft(notice)
            assert not wording.missing(draft, each.parts), each.id
    assert set(drafts.draft(Notice(incident=found, content="family-model"))) == {"en", "es"}


def test_a_law_of_another_state_asks_for_its_own_items_and_their_ticks_are_part_of_what_is_approved() -> None:
    found = listed(one()).incident
    said(found, residents={"US-MA": 40, "US-WI": 1100})
    reviewed("ma-general-people")
    notice = actions.make(
        incident=found.public_id, affected=found.affected_lists.get().public_id, duties=["ma-general-people", "wi-breach-people"],
        by=person("security"), at=clock.now(),
    )  # fmt: skip
    lead = client_of("security")
    lead.post(here(notice, "write/"), typed(notice))
    page = text_of(lead.get(here(notice)))
    assert "Right to get a police report" in page
    assert "M.G.L. c. 93H s. 3" in page
    assert "reviewed by counsel" in page
    assert "not reviewed by counsel" in page
    assert "number of residents affected" in page
    first = notice.versions.get()
    assert "does not say all that it has to" in does(client_of("compliance"), notice, "approve", sha256=first.sha256)
    ticks = [f"family-us-ma:{key}" for key in ("police_report", "freeze", "monitoring")]
    lead.post(here(notice, "write/"), typed(notice, seen=first.sha256, **{"en-says": ticks, "es-says": ticks}))
    second = notice.versions.get(number=2)
    assert second.sha256 != first.sha256
    assert "You approved exactly this text" in does(client_of("compliance"), notice, "approve", sha256=second.sha256)


# -- Offices, companies, the press ---------------------------------------------------------------------------------------------------


def test_bureaus_are_told_by_hand_with_evidence_and_the_last_one_stops_the_clock() -> None:
    found = incident()
    said(found)
    reviewed("wi-breach-cra")
    notice, lead = made("credit_bureaus", of=found, content="bureaus-us-wi", duties=["wi-breach-cra"]), client_of("security")
    assert "s. 134.98(2)(br)" in text_of(lead.get(f"/incidents/{found.public_id}/notices/"))
    approved_by_two(notice)
    assert "Nobody is named" in does(lead, notice, "start")
    lead.post(here(notice, "addressees/"), {"known": "bureau Equifax"})
    lead.post(here(notice, "addressees/"), {"name": "Second bureau", "way": "letter", "address": "1 Main Street, Madison"})
    does(lead, notice, "start")
    first, second = Addressee.objects.filter(notice=notice).order_by("pk")
    assert (first.address, first.way) == ("https://www.equifax.com", "handed_in")
    address = "/incidents/notices/addressees/{}/"
    early = timezone.localtime(clock.now() - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    later = timezone.localtime(clock.now() + dt.timedelta(minutes=1))
    assert "before this text was approved" in text_of(lead.post(address.format(first.public_id), {"told_at": early, "words": "No. 7"}))
    assert not found.met_duties.exists()
    for row in (first, second):
        addressees.deliver(
            addressee=row.public_id, told_at=clock.now(), words="No. 7", file=[b"receipt"], media_type="text/plain", by=person("security"), at=clock.now()
        )  # fmt: skip
    first.refresh_from_db()
    assert first.evidence is not None
    met = found.met_duties.get()
    assert (met.key, met.said_by) == ("wi-breach-cra", person("security"))
    assert met.met_at <= later
    with pytest.raises(CannotDo, match="decided"):
        addressees.deliver(addressee=first.public_id, told_at=clock.now(), words="Again", by=person("security"), at=clock.now())
    again = actions.make(incident=found.public_id, audience="credit_bureaus", by=person("security"), at=clock.now())
    assert "1 Main Street, Madison" in text_of(lead.get(here(again)))


def test_an_office_gets_its_mail_once_with_its_own_message_id() -> None:
    notice, lead = made("state_agency", duties=["target:state"]), client_of("security")
    wrong = lead.post(here(notice, "addressees/"), {"name": "DPI", "way": "mail", "address": "not an address"})
    assert wrong.status_code == 422
    assert "This is no e-mail address" in text_of(wrong)
    lead.post(here(notice, "addressees/"), {"name": "DPI\r\nBcc: x@example.org", "way": "mail", "address": "privacy@dpi.example"})
    approved_by_two(notice)
    does(lead, notice, "start")
    outbox.run()
    with transaction.atomic():
        outbox.put("notices.tell", at=clock.now(), addressee=str(Addressee.objects.get().public_id))
    outbox.run()
    sent = [each for each in mail.outbox if each.to == ["privacy@dpi.example"]]
    assert len(sent) == 1
    assert sent[0].extra_headers["Message-ID"].startswith(f"<{Addressee.objects.get().public_id}@")
    assert "FACTS" in sent[0].body
    assert "Taken by the mail server" in text_of(lead.get(here(notice)))
    assert "1 clock has stopped." in does(lead, notice, "meet")
    assert notice.incident.met_duties.get().key == "target:state"


@pytest.mark.parametrize(("answer", "hours"), [(b"450 later\r\n", 5), (b"550 never\r\n", 0)], ids=["four-hours", "never"])
def test_an_office_whom_the_mail_server_does_not_take_gets_a_person_at_work(
    answer: bytes, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice, lead = made("state_agency"), client_of("security")
    lead.post(here(notice, "addressees/"), {"name": "DPI", "way": "mail", "address": "privacy@dpi.example"})
    approved_by_two(notice)
    does(lead, notice, "start")
    given = {"addressee": str(Addressee.objects.get().public_id)}
    with (
        serving(lambda command: answer if command.startswith(b"RCPT") else None) as port,
        override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_TIMEOUT=5),
    ):
        if hours:
            with pytest.raises(smtplib.SMTPRecipientsRefused), transaction.atomic():
                outgoing.tell(given)  # the outbox tries again
            assert Addressee.objects.get().given_up_at is None
            later = clock.now() + dt.timedelta(hours=hours)
            monkeypatch.setattr(clock, "now", lambda: later)
        with transaction.atomic():
            outgoing.tell(given)
    outbox.run()
    row = Addressee.objects.get()
    assert row.told_at is None and row.given_up_at is not None
    task = Task.objects.get(incident=notice.incident)
    assert task.owner == person("security") and task.title.endswith("hand it in another way to DPI")
    told = [each for each in mail.outbox if each.subject == f"A notice of {notice.incident} could not be sent to somebody"]
    assert {each.to[0] for each in told} >= {"security@riverbend.example"}
    assert "hand it in another way" in text_of(lead.get(here(notice)))
    assert f"/incidents/notices/{notice.public_id}/" in told[0].body
    addressees.deliver(addressee=row.public_id, told_at=clock.now(), words="By phone", by=person("security"), at=clock.now())
    outbox.run()
    assert not [each for each in mail.outbox if each.to == ["privacy@dpi.example"]]


def test_a_test_goes_to_oneself_alone_marked_and_without_a_name() -> None:
    notice = written(listed(one()))
    assert "A test is on its way to security@riverbend.example" in does(client_of("security"), notice, "test")
    outbox.run()
    (sent,) = [each for each in mail.outbox if each.subject.startswith("TEST: ")]
    assert sent.to == ["security@riverbend.example"]
    assert "[name of the child]" in sent.body
    assert not Entry.objects.using("owner").filter(kind="breaches.notice.addressed", additional_data__notice=str(notice.public_id)).exists()


def test_a_drill_tells_nobody() -> None:
    notice, lead = made("state_agency", of=incident(drill=True)), client_of("security")
    lead.post(here(notice, "addressees/"), {"name": "DPI", "way": "mail", "address": "privacy@dpi.example"})
    approved_by_two(notice)
    assert "This is a drill" in does(lead, notice, "test")
    does(lead, notice, "start")
    outbox.run()
    assert not [each for each in mail.outbox if each.to == ["privacy@dpi.example"]]
    row = Addressee.objects.get()
    with pytest.raises(CannotDo, match="drill"):
        addressees.deliver(addressee=row.public_id, told_at=clock.now(), words="No. 1", by=person("security"), at=clock.now())
    page = made("public", of=incident(drill=True))
    approved_by_two(page)
    does(lead, page, "start")
    assert Client().get(f"/notices/{page.public_id}/").status_code == 404


def test_a_public_notice_stands_at_its_address_until_it_is_taken_down() -> None:
    notice, lead = made("public"), client_of("security")
    address = f"/notices/{notice.public_id}/"
    assert Client().get(address).status_code == 404
    approved_by_two(notice)
    does(lead, notice, "start")
    assert "Who may be affected" in text_of(Client().get(address))
    assert "Aviso sobre los datos" in text_of(Client().get(f"/es{address}"))
    assert address in Client().get("/notices/").content.decode()
    does(lead, notice, "stop")
    assert Client().get(address).status_code == 404


# -- Attacks -----------------------------------------------------------------------------------------------------------------------


def test_the_list_and_the_contents_of_others_are_refused_by_address_too() -> None:
    other, mine, lead = listed(one()), incident(), client_of("security")
    answer = lead.post(f"/incidents/{mine.public_id}/notices/new/family/", {"affected": str(other.public_id)})
    assert answer.status_code == 422
    with pytest.raises(CannotDo, match="other_audience"):
        actions.make(incident=mine.public_id, audience="media", content="ag-generic", by=person("security"), at=clock.now())
    assert lead.get(f"/incidents/{mine.public_id}/notices/new/everybody/").status_code == 404
    assert not Notice.objects.filter(incident__in=[other.incident, mine]).exists()


@pytest.mark.parametrize("persona", ["teacher", "principal", "parent", "counselor"])
def test_who_handles_no_incidents_finds_nothing(persona: str) -> None:
    notice, client = started(listed(one())), client_of(persona)
    assert {client.get(here(notice, more)).status_code for more in ("", "write/", "versions/", "recipients/")} == {404}
    assert client.post(here(notice, "act/"), {"act": "stop"}).status_code == 404
    notice.refresh_from_db()
    assert notice.stopped_at is None


def test_a_closed_incident_shows_its_notices_and_changes_none() -> None:
    notice, lead = written(listed(one())), client_of("security")
    found = notice.incident
    found.outcome, found.found, found.closed_at, found.closed_by = "near_miss", "Nothing.", clock.now(), person("security")
    found.save()
    version = notice.versions.last()
    assert version is not None
    assert "Begin a notice" not in text_of(lead.get(f"/incidents/{found.public_id}/notices/"))
    assert "This incident is closed" in does(client_of("compliance"), notice, "approve", sha256=version.sha256)
    assert lead.get(here(notice, "write/")).status_code == 302
    assert notice not in queries.to_approve(person("admin"))


def test_hostile_words_stay_words_on_every_page() -> None:
    notice, lead = written(listed(one())), client_of("security")
    version = notice.versions.last()
    assert version is not None
    evil = "<script>alert(1)</script> \u202e" + "x" * 9_000
    parts = version.texts["en"]["parts"] | {"what_happened": evil}
    lead.post(
        here(notice, "write/"),
        typed(notice, version.texts | {"en": {"subject": "A\r\nBcc: b@example.org", "parts": parts}}, seen=version.sha256),
    )
    for page in ("", "versions/", "write/"):
        shown = lead.get(here(notice, page)).content.decode()
        assert "<script>alert(1)" not in shown
        assert "\u202e" not in shown
    newest = notice.versions.last()
    assert newest is not None
    assert newest.texts["en"]["subject"] == "A Bcc: b@example.org"
