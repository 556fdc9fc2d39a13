"""Letters on paper and calls: whose address is used, what is in the file, who may have it, and how what did not arrive is handled to the end."""

import csv
import datetime as dt
import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.core.cache import cache

from breaches.incidents import actions as incidents
from breaches.letters import actions, addressing, calls, codes, making, printing, queries, wording
from breaches.letters.models import Answer, Call, Printing, Sheet, Turn
from breaches.notices.models import Notice, Recipient
from governance.records.models import Guardianship, Student
from governance.trail.models import Entry
from portal.base import clock, vault
from portal.base import kept as files
from portal.base.errors import CannotDo
from tests.breaches.letters.situations import child_of, code_of, letter_to
from tests.breaches.notices.situations import listed, started, texts
from tests.breaches.notices.test_engine import guarded, links_of, with_guardians
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail
from tests.harness import pdf_ua

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True
    cache.clear()


def on_paper(*students: Student, words: dict[str, Any] | None = None) -> Notice:
    """A notice whose recipients all need a letter; each child lives at an address of its own."""
    notice = started(listed(*students), words)
    Recipient.objects.filter(notice=notice, state="waiting").update(state="paper", because="no_address")
    for student in students:
        put(student, "address", f"{student.pk} Elm Street, Riverbend, WI 54000")
    return notice


def put(student: Student, element: str, value: str, item: str = "") -> None:
    guarded("DELETE FROM records.value WHERE student_id = %s AND element = %s AND item = %s", student.pk, element, item)
    guarded("INSERT INTO records.value(student_id, element, item, value) VALUES (%s, %s, %s, %s)", student.pk, element, item, value)


def printed(notice: Notice) -> Printing:
    """All its letters, made by the worker with the keeper's login at the door."""
    (made,) = printing.ask(notice=notice.public_id, by=person("security"), at=clock.now())
    making.make_waiting(door_alias="keeper")
    made.refresh_from_db()
    assert made.state == "ready", made.state
    return made


def kept(made: Printing) -> zipfile.ZipFile:
    given = vault.Kept(made.file_name, made.file_size, made.file_sha256, bytes(made.file_key))
    return zipfile.ZipFile(io.BytesIO(b"".join(vault.read(given))))


def table(pack: zipfile.ZipFile, name: str = "labels.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(pack.read(name).decode("utf-8-sig"), newline="")))


def outcomes(made: Printing) -> list[str]:
    return list(made.sheets.values_list("outcome", flat=True))


def refused(verb: Any, **given: Any) -> str:
    with pytest.raises(CannotDo) as why:
        verb(**{"at": clock.now()} | given)
    return why.value.code


class TestTheFile:
    def test_it_holds_each_letter_all_of_them_and_labels_and_no_file_is_named_for_a_child(self) -> None:
        students = with_guardians(2)
        made = printed(on_paper(*students))
        pack, number = kept(made), len(links_of(*students))
        assert pack.namelist() == [
            *(f"letters/{made}-{place}.pdf" for place in range(1, number + 1)), "print-all.pdf", "labels.pdf", "labels.csv", "not-printed.csv",
        ]  # fmt: skip
        for name in pack.namelist()[:-2]:
            assert pdf_ua.faults(pack.read(name), headed=name != "labels.pdf") == []
        assert {row["line_1"] for row in table(pack)} == {f"{student.pk} Elm Street" for student in students}

    def test_names_are_read_after_an_entry_by_the_keepers_login(self) -> None:
        students = with_guardians(2)
        printed(on_paper(*students))
        (entry,) = Entry.objects.using("owner").filter(kind="breaches.letters.addressed")
        assert entry.record_ids == sorted(student.pk for student in students) and entry.actor_id == person("security").pk
        assert {"address", "guardian-name", "safe-at-home"} <= set(entry.elements)

    def test_it_lies_encrypted_and_goes_after_a_day(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = printed(on_paper(*with_guardians(1)))
        place = vault.folder() / made.file_name
        assert b"%PDF" not in place.read_bytes() and b"Elm Street" not in place.read_bytes()
        later = clock.now() + dt.timedelta(hours=24, minutes=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        making.sweep(door_alias="keeper")
        made.refresh_from_db()
        assert made.state == "gone" and not place.exists() and bytes(made.file_key) == b""

    def test_each_download_is_told_to_the_families(self) -> None:
        (student,) = with_guardians(1)
        made = printed(on_paper(student))
        answer = client_of("compliance").post(f"/incidents/letters/printings/{made.public_id}/file/")
        assert answer["Content-Disposition"] == f'attachment; filename="letters-{made}.zip"'
        assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
        entry = Entry.objects.using("owner").get(kind="breaches.letters.downloaded")
        assert (entry.record_ids, entry.actor_id) == ([student.pk], person("compliance").pk)
        assert client_of("teacher").post(f"/incidents/letters/printings/{made.public_id}/file/").status_code == 404

    @pytest.mark.parametrize(
        "name",
        ["Eve\nBcc: thief@example.org", "#panic() <b>$x$ @Eve", "\u202eevE\u2066", "E" * 10_000, "=HYPERLINK(1)", "中文 \U0001f642"],
        ids=["line-break", "source", "right-to-left", "long", "formula", "no-font"],
    )
    def test_a_name_cannot_change_letter_label_or_table(self, name: str) -> None:
        (student,) = with_guardians(1)
        guarded("UPDATE records.identity SET given_name = %s, preferred_name = %s WHERE student_id = %s", name, name, student.pk)
        guarded("UPDATE records.guardian SET given_name = %s", name)
        notice = on_paper(student)
        put(student, "address", "+1 Elm Street\u202e\r\n=cmd()\n\n\n" + "x" * 500)
        rows = table(kept(printed(notice)))
        assert len(rows) == len(links_of(student))
        for row in rows:
            assert (
                "\u202e" not in str(row)
                and row["name"][0] not in "=+-@"
                and row["line_2"] == "'=cmd()"
                and row["line_1"] == "'+1 Elm Street"
            )
            assert len(row["name"]) <= wording.LONGEST_NAME + 1 and len(row["line_3"]) == wording.LONGEST_LINE

    @pytest.mark.parametrize(
        "words", ["W" * 10_000, '#image("/etc/passwd")\n\n= Title <x>', "a\n" * 4_000], ids=["long", "source", "lines"]
    )
    def test_a_text_cannot_change_the_letter(self, words: str) -> None:
        said = texts()
        said["en"]["parts"]["what_happened"] = words
        assert kept(printed(on_paper(*with_guardians(1), words=said))).read("print-all.pdf").startswith(b"%PDF-")

    def test_a_letter_in_spanish_has_english_attached_and_the_same_code_as_by_mail(self) -> None:
        (student,) = with_guardians(1)
        notice = on_paper(student)
        row = Recipient.objects.filter(notice=notice).order_by("pk")[0]
        whom = addressing.Addressed("P1-1", "Ana Lind", "Rosa Lind", ("1 Elm",), "es", False, codes.code_of(row.public_id))
        assert notice.version is not None
        made = wording.letter(whom, notice.version.texts, None, dt.date(2026, 11, 24))
        assert [text["language"] for text in made["texts"]] == ["es", "en"] and made["language"] == "es"
        assert "/es/letter/" in made["code-words"][0][1] and made["code"] not in str(made["code-words"])
        assert actions.make_codes({row.pk: row.public_id}) == {row.pk: made["code"]}

    def test_nothing_of_a_drill_is_printed_or_called(self) -> None:
        notice = on_paper(*with_guardians(1))
        Notice.objects.filter(pk=notice.pk).update(drill=True)
        given = {"notice": notice.public_id, "by": person("security")}
        assert (
            refused(printing.ask, **given)
            == refused(calls.take, **given)
            == refused(calls.open_page, notice=notice, by=given["by"])
            == "drill"
        )
        assert [json.loads(row["additional_data"])["step"] for row in trail("breaches.incident.step_held")] == ["ask", "take", "open_page"]

    def test_two_printings_never_hold_the_same_letter(self) -> None:
        notice = on_paper(*with_guardians(1))
        printing.ask(notice=notice.public_id, by=person("security"), at=clock.now())
        assert refused(printing.ask, notice=notice.public_id, by=person("compliance")) == "none"

    def test_a_worker_that_died_is_followed_by_another_and_its_file_is_nobodys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        printing.ask(notice=on_paper(*with_guardians(1)).public_id, by=person("security"), at=clock.now())
        first = printing.claim(at=clock.now())
        assert first is not None and printing.claim(at=clock.now()) is None
        later = clock.now() + files.SILENCE + dt.timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        making.make_waiting(door_alias="keeper")
        assert Printing.objects.get().state == "ready"
        assert not files.tell(first, done=1, at=later)


class TestWhoseAddress:
    def test_where_a_guardian_is_limited_nobody_gets_a_letter_to_a_shared_address(self) -> None:
        student = next(each for each in with_guardians(60) if len(links_of(each)) > 1)
        notice, (one, other) = on_paper(student), links_of(student)[:2]
        guarded("UPDATE records.guardian SET given_name = 'Ana', family_name = 'Lind' WHERE id = %s", one.guardian_id)
        guarded("UPDATE records.guardian SET given_name = 'Bo', family_name = 'Ek' WHERE id = %s", other.guardian_id)
        Guardianship.objects.filter(pk=other.pk).update(limit="records_limited", limit_set_at=clock.now())
        put(student, "guardian-address", "9 Oak Lane\nElsewhere, WI", "ana  LIND")
        made = printed(notice)
        rows = table(kept(made))
        assert [(row["name"], row["line_1"]) for row in rows] == [("Ana Lind", "9 Oak Lane")]
        left = Recipient.objects.get(notice=notice, guardianship=other)
        assert (left.state, left.because) == ("call", "no_address")

    @pytest.mark.parametrize("limit", ["placement_denied", "no_contact"])
    def test_whom_an_order_bars_since_the_notice_went_out_gets_none(self, limit: str) -> None:
        student = next(each for each in with_guardians(60) if len(links_of(each)) > 1)
        notice, barred = on_paper(student), links_of(student)[0]
        put(student, "guardian-address", "9 Oak Lane")
        Guardianship.objects.filter(pk=barred.pk).update(limit=limit, limit_set_at=clock.now())
        made = printed(notice)
        sheet = made.sheets.get(recipient__guardianship=barred)
        assert sheet.outcome == "barred" and Recipient.objects.get(pk=sheet.recipient_id).state == "barred"
        assert not queries.free_to_call(notice, clock.now()).filter(guardianship=barred).exists()
        assert Sheet.Outcome.PRINTED not in outcomes(made)

    def test_a_protected_address_is_never_printed(self) -> None:
        (student,) = with_guardians(1)
        notice = on_paper(student)
        put(student, "safe-at-home", "yes")
        made = printed(notice)
        assert set(outcomes(made)) == {"protected"} and "Elm" not in kept(made).read("labels.csv").decode()

    def test_each_guardian_has_an_own_letter_with_an_own_code(self) -> None:
        student = next(each for each in with_guardians(60) if len(links_of(each)) > 1)
        notice = on_paper(student)
        made = printed(notice)
        assert outcomes(made) == ["printed"] * len(links_of(student))
        assert len({code_of(sheet.recipient) for sheet in made.sheets.all()}) == len(links_of(student))


class TestThePost:
    def test_from_posted_to_returned_to_reached(self) -> None:
        students = with_guardians(2)
        notice = on_paper(*students)
        made, desk = printed(notice), client_of("security")
        page = f"/incidents/letters/{notice.public_id}/"
        tomorrow = clock.today() + dt.timedelta(days=2)
        desk.post(f"/incidents/letters/printings/{made.public_id}/posted/", {"posted_on": tomorrow.isoformat()})
        assert not Recipient.objects.filter(notice=notice, state="posted").exists()
        desk.post(f"/incidents/letters/printings/{made.public_id}/posted/", {"posted_on": clock.today().isoformat()})
        assert set(Recipient.objects.filter(notice=notice).values_list("state", flat=True)) == {"posted"}
        assert refused(printing.posted, printing=made.public_id, on=clock.today(), by=person("security")) == "twice"
        assert not incidents.what_is_left(notice.incident, at=clock.now())
        first, second = list(made.sheets.all())[:2]
        answer = desk.post(f"{page}returned/", {"letters": f"*{made}-1*\r\n{code_of(second.recipient).lower()}\r\nP999-1\r\nnonsense"})
        assert answer.status_code == 409 and "P999-1\nnonsense" in answer.content.decode()
        assert set(Recipient.objects.filter(pk__in=[first.recipient_id, second.recipient_id]).values_list("state", "because")) == {
            ("call", "returned")
        }
        assert incidents.what_is_left(notice.incident, at=clock.now())

    def test_a_letter_of_another_incident_is_not_taken(self) -> None:
        mine, other = on_paper(*with_guardians(1)), on_paper(*with_guardians(1))
        theirs = printed(other)
        printing.posted(printing=theirs.public_id, on=clock.today(), by=person("security"), at=clock.now())
        code = code_of(theirs.sheets.all()[0].recipient)
        came = printing.returned(notice=mine.public_id, letters=[f"{theirs}-1", code], by=person("security"), at=clock.now())
        assert (came.taken, came.unknown) == (0, [f"{theirs}-1", code])


class TestCalls:
    def waiting(self, *students: Student) -> Notice:
        notice = started(listed(*students))
        Recipient.objects.filter(notice=notice, state="waiting").update(state="call", because="returned")
        return notice

    def test_nobody_is_named_before_the_press_and_each_family_sees_it(self) -> None:
        (student,) = with_guardians(1)
        notice = self.waiting(student)
        guarded("UPDATE records.guardian SET given_name = 'Quenby', family_name = 'Oxtoby', phone = '555-0188', language = 'es'")
        page, desk = f"/incidents/letters/{notice.public_id}/calls/", client_of("security")
        desk.post(page, {"act": "take"})
        closed = text_of(desk.get(page))
        assert "Quenby" not in closed and "555-0188" not in closed and "Not opened" in closed
        opened = text_of(desk.post(page, {"act": "open"}))
        assert "Quenby Oxtoby" in opened and "555-0188" in opened and "Spanish" in opened and "Words about what_happened." in opened
        (entry,) = Entry.objects.using("owner").filter(kind="breaches.calls.opened")
        assert entry.record_ids == [student.pk] and "guardian-phone" in entry.elements
        assert "Quenby Oxtoby" in text_of(desk.post(page, {"act": "print"}))

    def test_two_callers_have_different_people_in_hand_and_what_was_tried_goes_back(self) -> None:
        students = with_guardians(25)
        notice = self.waiting(*students)
        total = Recipient.objects.filter(notice=notice).count()
        assert calls.take(notice=notice.public_id, by=person("security"), at=clock.now()) == queries.CALLS_A_PAGE
        others = calls.take(notice=notice.public_id, by=person("compliance"), at=clock.now())
        assert others == min(queries.CALLS_A_PAGE, total - queries.CALLS_A_PAGE)
        assert Turn.objects.count() == queries.CALLS_A_PAGE + others
        mine = queries.in_hand(notice, person("security"), clock.now())
        theirs = queries.in_hand(notice, person("compliance"), clock.now())
        assert (
            refused(calls.record, notice=notice.public_id, outcomes={theirs[0].public_id: "reached"}, by=person("security")) == "not_yours"
        )
        given = {mine[0].public_id: "reached", mine[1].public_id: "no_answer"}
        assert calls.record(notice=notice.public_id, outcomes=given, by=person("security"), at=clock.now()) == 2
        assert Recipient.objects.get(pk=mine[0].pk).state == "reached"
        assert [call.outcome for call in Call.objects.filter(recipient=mine[1])] == ["no_answer"]
        assert queries.free_to_call(notice, clock.now()).filter(pk=mine[1].pk).exists()

    def test_whom_an_order_bars_since_is_not_named(self) -> None:
        (student,) = with_guardians(1)
        notice = self.waiting(student)
        guarded("UPDATE records.guardian SET given_name = 'Quenby'")
        Guardianship.objects.filter(student=student).update(limit="no_contact", limit_set_at=clock.now())
        calls.take(notice=notice.public_id, by=person("security"), at=clock.now())
        opened = text_of(client_of("security").post(f"/incidents/letters/{notice.public_id}/calls/", {"act": "open"}))
        assert "Quenby" not in opened and "Nobody on record may be told" in opened

    def test_somebody_who_got_anothers_letter_is_said_so(self) -> None:
        notice = self.waiting(child_of("parent"))
        row = letter_to("parent", notice)
        actions.make_codes({row.pk: row.public_id})
        actions.answer(code=code_of(row), kind=Answer.Kind.WRONG, language="", words="", at=clock.now())
        calls.take(notice=notice.public_id, by=person("security"), at=clock.now())
        assert "came to the wrong person" in text_of(client_of("security").get(f"/incidents/letters/{notice.public_id}/calls/"))


def test_bars_have_five_bars_and_four_gaps_a_sign_three_of_them_wide() -> None:
    widths = wording.bars_of("P3-17")
    signs = [widths[at : at + 9] for at in range(0, len(widths), 10)]
    assert len(signs) == 7 and all(sorted(sign) == [1] * 6 + [3] * 3 for sign in signs)
    assert re.fullmatch(r"P\d+", str(Printing(number=12)))
