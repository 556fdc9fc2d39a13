"""A letter read again by its code: what the page says and does not, what a wrong code gets, and what a family says to it."""

import logging
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils.html import escape

from breaches.incidents import actions as incidents
from breaches.letters import actions, codes, offers, queries, tries
from breaches.letters.models import Answer, Code
from breaches.notices.models import Recipient
from governance.records.models import Guardianship, Student
from governance.trail.models import Entry
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.breaches.letters.situations import child_of, code_of, letter_to, sent
from tests.breaches.notices.situations import texts
from tests.breaches.notices.test_engine import guarded
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person

pytestmark = pytest.mark.usefixtures("district")
HOSTILE = [
    "line\r\nBcc: thief@example.org",
    "<script>alert(1)</script><b>",
    "\u202eturned\u2066",
    "W" * 10_000,
    "{{ settings.SECRET_KEY }} %(code)s %s",
]
HOSTILE_IDS = ["line-break", "angle", "right-to-left", "long", "template"]


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True
    cache.clear()


def letter() -> Recipient:
    return letter_to("parent", sent(child_of("parent")))


def post(code: str, path: str = "/letter/", **more: Any) -> Any:
    return Client().post(path, {"code": code} | more)


class TestReading:
    def test_the_code_opens_what_was_said_and_which_kinds_of_data(self) -> None:
        page = post(code_of(letter()).lower().replace("-", " "))
        text = text_of(page)
        assert page.status_code == 200 and page["Cache-Control"] == "no-store"
        assert "Words about what_happened." in text and "Palabras sobre what_happened." in text
        assert "Name" in text and "What information it was" in text

    def test_in_spanish_the_spanish_text_stands_first(self) -> None:
        text = text_of(post(code_of(letter()), "/es/letter/"))
        assert text.index("Palabras sobre what_happened.") < text.index("Words about what_happened.")

    def test_it_tells_nobody_whose_it_is(self) -> None:
        row = letter()
        guarded(
            "UPDATE records.identity SET given_name = 'Quenby', family_name = 'Oxtoby', preferred_name = 'Quill' WHERE student_id = %s",
            row.student_id,
        )
        guarded("UPDATE records.guardian SET given_name = 'Zebedee', family_name = 'Oxtoby'")
        page = post(code_of(row)).content.decode()
        school = Student.objects.select_related("school").get(pk=row.student_id).school
        assert school is not None
        for word in (
            "Quenby",
            "Quill",
            "Oxtoby",
            "Zebedee",
            school.name,
            str(row.public_id),
            str(row.student.public_id),
            person("parent").name,
        ):
            assert word not in page

    @pytest.mark.parametrize("more", [{}, {"kind": "call", "words": ""}, {"words": "x" * 3_000}], ids=["read", "answer", "bad-answer"])
    def test_whom_an_order_bars_since_reads_nothing_with_the_code(self, more: dict[str, str]) -> None:
        row = letter()
        code = code_of(row)
        Guardianship.objects.filter(pk=row.guardianship_id).update(limit="no_contact", limit_set_at=clock.now())
        page = post(code, **more)
        text = text_of(page)
        assert page.status_code == 403 and "cannot be read online any more" in text and "Words about" not in text and "Name" not in text
        assert not Entry.objects.using("owner").filter(kind="breaches.letter.opened").exists() and not Answer.objects.exists()

    def test_it_shows_what_is_offered(self) -> None:
        row = letter()

        def watch(recipient: Recipient) -> list[str]:
            return [f"Credit watch for a year ({recipient.pk == row.pk})"]

        offers.offers(watch)
        try:
            assert "Credit watch for a year (True)" in text_of(post(code_of(row)))
        finally:
            offers._known.remove(watch)

    def test_each_opening_is_counted_and_an_entry_without_the_code(self) -> None:
        row = letter()
        code = code_of(row)
        assert queries.figures_of(row.notice).opened == 0
        post(code)
        post(code)
        assert queries.figures_of(row.notice).opened == 1
        assert Code.objects.get(recipient=row).openings == 2
        found = Entry.objects.using("owner").filter(kind="breaches.letter.opened")
        assert [(entry.object_pk, entry.record_ids) for entry in found] == [(str(row.public_id), None)] * 2
        assert all(codes.typed(code) not in str(entry.additional_data).replace("-", "") for entry in found)

    def test_the_code_stands_in_no_address_and_no_log(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        code = code_of(letter())
        page = post(code)
        content = page.content.decode()
        assert content.count(code) == content.count(f'value="{code}"') > 0  # in fields that are sent in a body alone
        assert "Words about" not in Client().get(f"/letter/?code={code}").content.decode()  # an address opens nothing
        assert not any(
            code in line.getMessage() or codes.typed(code) in line.getMessage()
            for line in caplog.records
            if line.name != "django.db.backends"
        )

    @pytest.mark.parametrize("words", HOSTILE, ids=HOSTILE_IDS)
    def test_a_text_of_the_district_cannot_change_the_page(self, words: str) -> None:
        said = texts()
        said["en"]["parts"]["what_happened"] = words
        row = letter_to("parent", sent(child_of("parent"), words=said))
        page = post(code_of(row)).content.decode()
        assert "<script>alert" not in page and "\u202e" not in page and "\u2066" not in page
        assert escape(words.split("\r")[0].strip("\u202e\u2066"))[:200] in page


class TestWrongCodes:
    def test_all_get_the_same_answer(self) -> None:
        code = code_of(letter())
        wrong = [code[:-1] + ("2" if code[-1] != "2" else "3"), codes.code_of(child_of().public_id), "x", "'; --", "🙂" * 18]
        answers = set()
        for each in wrong:
            cache.clear()
            page = post(each)
            answers.add((page.status_code, text_of(page)))
        assert len(answers) == 1 and {status for status, _ in answers} == {422}
        assert not Entry.objects.using("owner").filter(kind="breaches.letter.opened").exists()

    def test_after_ten_a_right_one_has_to_wait_too_and_another_place_need_not(self) -> None:
        code = code_of(letter())
        for _try in range(tries.MOST):
            assert post("wrong").status_code == 422
        assert post(code).status_code == 429
        assert Client(REMOTE_ADDR="203.0.113.9").post("/letter/", {"code": code}).status_code == 200
        cache.clear()
        assert post(code).status_code == 200

    def test_answers_with_wrong_codes_count_too(self) -> None:
        for _try in range(tries.MOST):
            assert post("wrong", kind="question", words="x").status_code == 422
        assert post("wrong", kind="question", words="x").status_code == 429
        assert not Answer.objects.exists()

    def test_the_code_of_another_incident_opens_that_one_alone(self) -> None:
        first, second = letter(), letter_to("parent", sent(child_of("parent"), words=texts(subject="About another incident")))
        assert "About another incident" not in text_of(post(code_of(first)))
        assert "About another incident" in text_of(post(code_of(second)))

    def test_a_new_secret_key_leaves_letters_that_went_out_open(self, settings: Any) -> None:
        row = letter()
        before = code_of(row)
        settings.SECRET_KEY = "the key after it was changed"
        after = actions.make_codes({row.pk: row.public_id})[row.pk]
        assert after != before
        assert post(before).status_code == post(after).status_code == 200


class TestAnswering:
    @pytest.mark.parametrize(
        ("kind", "language", "words"), [("wrong", "", ""), ("call", "Somali", "After 5"), ("question", "", "Was it his grades?")]
    )
    def test_it_arrives_with_the_incidents_team(self, kind: str, language: str, words: str) -> None:
        row = letter()
        page = post(code_of(row), kind=kind, language=language, words=words)
        assert page.status_code == 200 and "We have your answer" in text_of(page)
        mail.outbox.clear()
        outbox.run()
        (told,) = mail.outbox
        assert told.to == [person("security").email]
        assert not any(word and word in told.subject + told.body for word in (language, words))
        desk = text_of(client_of("security").get(f"/incidents/letters/{row.notice.public_id}/"))
        assert (words or language or "not for me") in desk and language in desk
        entry = Entry.objects.using("owner").get(kind="breaches.letter.answered")
        assert words == "" or words not in str(entry.additional_data)

    def test_a_question_needs_words_and_nothing_typed_is_lost(self) -> None:
        page = post(code_of(letter()), kind="question", language="Somali", words=" ")
        assert page.status_code == 409 and "Somali" in page.content.decode()

    @pytest.mark.parametrize("words", HOSTILE, ids=HOSTILE_IDS)
    def test_hostile_words_stay_words(self, words: str) -> None:
        row = letter()
        page = post(code_of(row), kind="question", language=words[:40], words=words)
        if len(words) > 2000:
            assert page.status_code == 422 and not Answer.objects.exists()
            return
        assert page.status_code == 200
        outbox.run()
        assert all("thief" not in str(told.message()) for told in mail.outbox)
        desk = client_of("security").get(f"/incidents/letters/{row.notice.public_id}/").content.decode()
        assert "<script>alert" not in desk and "\u202e" not in desk

    def test_what_was_answered_is_not_shown_under_the_code(self) -> None:
        row = letter()
        post(code_of(row), kind="question", words="Does this concern her diagnosis?")
        assert "diagnosis" not in text_of(post(code_of(row)))

    def test_an_answer_keeps_the_incident_open_until_somebody_looked_after_it(self) -> None:
        row = letter()
        Recipient.objects.filter(notice=row.notice).update(state="sent", sent_at=clock.now())
        post(code_of(row), kind="call", language="Hmong", words="")
        assert incidents.what_is_left(row.notice.incident, at=clock.now())
        made = Answer.objects.get()
        desk = client_of("compliance")
        assert desk.post(f"/incidents/letters/answers/{made.public_id}/", {"outcome": "to_call"}).status_code == 302
        made.refresh_from_db()
        assert (made.outcome, made.handled_by) == ("to_call", person("compliance"))
        assert Recipient.objects.get(pk=row.pk).state == "call"
        with pytest.raises(CannotDo):
            actions.handle(answer=made.public_id, outcome="nothing", by=person("security"), at=clock.now())

    def test_one_letter_cannot_flood_the_desk(self) -> None:
        row = letter()
        for number in range(actions.MOST_ANSWERS):
            actions.answer(code=code_of(row), kind="question", language="", words=str(number), at=clock.now())
        assert post(code_of(row), kind="question", words="more").status_code == 409


class TestWhoSees:
    def test_whom_the_incident_is_about_finds_nothing(self) -> None:
        row = letter()
        post(code_of(row), kind="question", words="Why?")
        type(row.notice.incident).objects.filter(pk=row.notice.incident_id).update(account=person("compliance"))
        client, made = client_of("compliance"), Answer.objects.get()
        assert client.get(f"/incidents/letters/{row.notice.public_id}/").status_code == 404
        assert client.get(f"/incidents/{row.notice.incident.public_id}/letters/").status_code == 404
        assert client.post(f"/incidents/letters/answers/{made.public_id}/", {"outcome": "nothing"}).status_code == 404

    def test_the_familys_page_shows_own_letters_in_full_with_the_childs_name(self) -> None:
        row = letter()
        guarded(
            "UPDATE records.identity SET given_name = 'Quenby', preferred_name = NULL, family_name = 'Oxtoby' WHERE student_id = %s",
            row.student_id,
        )
        post(code_of(row), kind="question", words="Was it her diagnosis?")
        text = text_of(client_of("parent").get(f"/family/{row.student.public_id}/letters/"))
        assert "Quenby Oxtoby" in text and "Words about what_happened." in text and "Was it her diagnosis?" in text
        assert Entry.objects.using("owner").filter(kind="breaches.letter.read", record_ids=[row.student_id]).exists()

    def test_it_shows_nothing_of_another_guardians_letter_and_nothing_before_it_went(self) -> None:
        row = letter()
        Guardianship.objects.filter(pk=row.guardianship_id).update(user=None)
        Guardianship.objects.create(student_id=row.student_id, user=person("parent"), relation="parent")
        address = f"/family/{row.student.public_id}/letters/"
        assert "Words about what_happened." not in text_of(client_of("parent").get(address))
        Guardianship.objects.filter(student_id=row.student_id, user=person("parent")).delete()
        Guardianship.objects.filter(pk=row.guardianship_id).update(user=person("parent"))
        assert "Words about what_happened." in text_of(client_of("parent").get(address))
        Recipient.objects.filter(pk=row.pk).update(state="waiting")
        assert "Words about what_happened." not in text_of(client_of("parent").get(address))
