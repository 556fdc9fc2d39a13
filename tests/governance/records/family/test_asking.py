"""A family asks about a line; whoever opened the record answers first, then those who oversee privacy."""

import datetime as dt
from typing import Any

import pytest

from governance.records.models import LookQuestion, Student
from governance.records.questions import actions
from governance.records.questions.rules import AnswerFacts, may_answer
from governance.trail import entries
from portal.base import clock, outbox, workdays
from tests.governance.records.readers import browser, child_of, last_entry, person, trail, words

DAY = dt.date(2026, 11, 24)


@pytest.fixture
def student(district: Any) -> Student:
    """A child of parent@ whose record the teacher has just opened; nothing has been asked yet."""
    LookQuestion.objects.all().delete()
    found = child_of("parent")
    browser("teacher").get(f"/students/{found.public_id}/")
    return found


def ask(student: Student, words: str = "Why on a Sunday?", *, persona: str = "parent") -> LookQuestion:
    client = browser(persona)
    line = client.get(f"/family/{student.public_id}/looks/").context["lines"][0]
    page = client.get(line.ask_url)
    assert page.status_code == 200
    answer = client.post(line.ask_url, {"line": page.context["line_at"], "words": words})
    assert answer.status_code == 302
    return LookQuestion.objects.latest("pk")


class TestAsking:
    def test_reaches_the_person_who_opened_the_record_with_five_school_days(self, student: Student) -> None:
        question = ask(student)
        assert question.asked_of == person("teacher")
        assert question.due_on == workdays.after(clock.today(), 5)
        assert "About a look on" in words(browser("teacher").get("/students/my-looks/"))
        assert "1 question waits for your answer" in words(browser("teacher").get("/students/"))

    def test_leaves_its_words_out_of_trail_and_mail(self, student: Student, mailoutbox: list) -> None:
        before = last_entry()
        ask(student, "Was Maya in the nurse’s office?")
        [entry] = [entry for entry in trail(after=before) if entry["kind"] == "records.look.questioned"]
        assert entry["record_ids"] is None
        assert "nurse" not in str(entry)
        outbox.run()
        [mail] = [mail for mail in mailoutbox if mail.to == ["teacher@riverbend.example"]]
        assert "Please answer by" in mail.body
        assert not [word for word in ("Maya", "Ramirez", "nurse") if word in mail.subject + mail.body]

    def test_can_be_done_once_a_line(self, student: Student) -> None:
        ask(student)
        client = browser("parent")
        line = client.get(f"/family/{student.public_id}/looks/").context["lines"][0]
        assert line.question
        assert not line.ask_url
        address = f"/family/{student.public_id}/looks/{line.number}/ask/"
        client.post(address, {"line": client.get(address).context["line_at"]})
        assert LookQuestion.objects.count() == 1

    def test_of_another_line_than_the_one_that_was_read_is_not_kept(self, student: Student) -> None:
        client = browser("parent")
        line = client.get(f"/family/{student.public_id}/looks/").context["lines"][0]
        answer = client.post(line.ask_url, {"line": "2026-01-01T00:00:00+00:00"}, follow=True)
        assert "The list has changed since you opened it." in answer.content.decode()
        assert LookQuestion.objects.count() == 0

    def test_is_seen_by_the_asker_alone(self, student: Student) -> None:
        question = ask(student)
        assert browser("colleague").get(f"/students/questions/{question.public_id}/").status_code == 404
        assert browser("parent").get(f"/students/questions/{question.public_id}/").status_code == 404
        assert "Why on a Sunday?" in words(browser("parent").get(f"/family/{student.public_id}/"))

    def test_says_that_it_changes_no_grades_and_whom_to_call(self, student: Student) -> None:
        client = browser("parent")
        line = client.get(f"/family/{student.public_id}/looks/").context["lines"][0]
        text = words(client.get(line.ask_url))
        assert "It does not change grades" in text
        assert "715-555-0100" in text

    def test_is_not_kept_when_its_entry_cannot_be_written(self, student: Student, monkeypatch: Any) -> None:
        def fail(*args: Any, **more: Any) -> None:
            raise RuntimeError("no entry")

        client = browser("parent")
        line = client.get(f"/family/{student.public_id}/looks/").context["lines"][0]
        page = client.get(line.ask_url)
        monkeypatch.setattr(entries, "append", fail)
        with pytest.raises(RuntimeError):
            client.post(line.ask_url, {"line": page.context["line_at"]})
        assert LookQuestion.objects.count() == 0


class TestAnswering:
    def test_puts_the_answer_on_the_familys_page_and_writes_to_it(self, student: Student, mailoutbox: list) -> None:
        question = ask(student)
        answer = browser("teacher").post(f"/students/questions/{question.public_id}/", {"answer": "planning", "words": "For the groups."})
        assert answer.status_code == 302
        text = words(browser("parent").get(f"/family/{student.public_id}/looks/"))
        assert "I was planning lessons or groups for my class." in text
        assert "For the groups." in text
        outbox.run()
        assert [mail.subject for mail in mailoutbox if mail.to == ["parent@riverbend.example"]] == ["La escuela contestó su pregunta"]

    def test_another_reason_must_be_told(self, student: Student) -> None:
        question = ask(student)
        answer = browser("teacher").post(f"/students/questions/{question.public_id}/", {"answer": "other", "words": " "})
        assert answer.status_code == 422
        assert LookQuestion.objects.get().answered_at is None

    def test_is_done_once(self, student: Student) -> None:
        question = ask(student)
        actions.answer(question=question, answer="planning", words="", by=person("teacher"), at=clock.now())
        with pytest.raises(actions.CannotAnswer):
            actions.answer(question=question, answer="mistake", words="", by=person("teacher"), at=clock.now())
        assert LookQuestion.objects.get().answer == "planning"

    def test_who_oversees_privacy_sees_it_at_once_and_answers_after_the_date(self, student: Student) -> None:
        question = ask(student)
        compliance = browser("compliance")
        assert "Ana Ortiz" in words(compliance.get("/students/questions/"))
        page = compliance.get(f"/students/questions/{question.public_id}/")
        assert "Not yours to answer yet" in words(page)
        compliance.post(f"/students/questions/{question.public_id}/", {"answer": "planning"})
        assert LookQuestion.objects.get().answered_at is None
        LookQuestion.objects.update(due_on=clock.today() - dt.timedelta(days=1))
        compliance.post(f"/students/questions/{question.public_id}/", {"answer": "planning"})
        assert LookQuestion.objects.get().answered_by == person("compliance")


@pytest.mark.parametrize(
    ("asked_of", "who", "oversees", "answered", "today", "may"),
    [
        (1, 1, False, False, DAY, True),
        (1, 1, False, False, DAY + dt.timedelta(days=90), True),
        (1, 1, False, True, DAY, False),
        (1, 2, False, False, DAY + dt.timedelta(days=90), False),
        (1, 2, True, False, DAY, False),
        (1, 2, True, False, DAY + dt.timedelta(days=6), True),
        (None, 2, True, False, DAY, True),
        (None, 2, False, False, DAY, False),
    ],
)
def test_who_may_answer(asked_of: int | None, who: int, oversees: bool, answered: bool, today: dt.date, may: bool) -> None:
    facts = AnswerFacts(asked_of=asked_of, answered=answered, due_on=DAY + dt.timedelta(days=5), who=who, oversees=oversees, today=today)
    assert may_answer(facts) is may


@pytest.mark.parametrize(
    ("day", "count", "last"),
    [
        (dt.date(2026, 11, 24), 5, dt.date(2026, 12, 2)),  # Thanksgiving, a weekend
        (dt.date(2026, 11, 27), 1, dt.date(2026, 11, 30)),
        (dt.date(2026, 12, 23), 2, dt.date(2026, 12, 29)),
        (dt.date(2026, 11, 24), 0, dt.date(2026, 11, 24)),
    ],
)
def test_school_days_leave_out_weekends_and_holidays(day: dt.date, count: int, last: dt.date) -> None:
    assert workdays.after(day, count) == last
