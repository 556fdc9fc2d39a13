"""Who opened the record: every line, in plain words, numbered per view, with nothing told that must not be."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from governance.people.models import District, User
from governance.records.models import Guardianship, OwnRecord, Section, Student
from portal.base import clock
from tests.governance.records.readers import browser, child_of, last_entry, name_of, own, person, trail, words
from tests.governance.situations import decided, sent


def lines(persona: str, student: Student, query: str = "") -> list[Any]:
    return browser(persona).get(f"/family/{student.public_id}/looks/{query}").context["lines"]


def held(entry_id: int, kind: str, until: dt.date) -> None:
    """Hold an entry back, as only the owner can."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE trail.entry DISABLE TRIGGER append_only")
        cursor.execute("UPDATE trail.entry SET held = %s, held_until = %s WHERE id = %s", [kind, until, entry_id])
        cursor.execute("ALTER TABLE trail.entry ENABLE TRIGGER append_only")


@pytest.fixture
def opened(district: Any) -> Student:
    """A child of parent@ whose record the teacher has just opened, under a decision that left one element out."""
    request = decided(
        sent(), left_out={"birth-date": "Groups can be formed without it."}, reason="Groups by reading level help every student."
    )
    student = child_of("parent")
    section = Section.objects.get(pk=request.grant.sections[0])
    if not section.enrollments.filter(student=student).exists():
        section.enrollments.create(sourced_id="moved-in", student=student)
    assert browser("teacher").get(f"/students/{student.public_id}/").status_code == 200
    return student


class TestALine:
    def test_says_who_what_why_and_under_which_decision(self, opened: Student) -> None:
        text = words(browser("parent").get(f"/family/{opened.public_id}/looks/"))
        assert "Who opened Maya’s record" in text
        assert "Ana Ortiz, Science teacher" in text
        assert "Opened Maya’s record: English learner status" in text
        assert "Why: To plan extra help, such as tutoring or reading groups" in text
        assert re.search(r"Decision R-\d+\. Who decided: Andrea Thao, Director of instruction, on \w+ \d+, 2026", text)
        assert "Groups by reading level help every student." in text
        assert "Why allowed: Works for the school. Needs it to teach or support students." in text

    def test_of_a_class_list_says_how_many(self, district: Any) -> None:
        student = child_of("parent")
        section = student.enrollments.filter(section__teachings__staff_member__user=person("teacher"), section__active=True)[0].section
        browser("teacher").get(f"/students/?class={section.public_id}")
        assert re.match(r"Opened the class list \(\d+ students?\)$", lines("parent", student)[0].what)

    def test_of_a_refused_try_says_so(self, district: Any) -> None:
        student = child_of("parent")
        browser("colleague").get(f"/students/{student.public_id}/")
        line = lines("parent", student)[0]
        assert (line.refused, line.what, line.elements) == (True, "Tried to open Maya’s record. The portal refused.", "")
        assert line.who.startswith("Ben Dahl")

    def test_of_another_family_names_nobody(self, district: Any) -> None:
        student = child_of("parent")
        browser("other.parent").get(f"/family/{student.public_id}/")
        line = lines("parent", student)[0]
        assert line.who == "Somebody with the account of another family"
        assert line.refused
        assert not line.ask_url

    def test_has_the_date_in_long_form_and_the_law_behind_it(self, opened: Student) -> None:
        page = browser("parent").get(f"/family/{opened.public_id}/looks/").content.decode()
        assert re.search(r"<time datetime=\"[^\"]+\">[A-Z][a-z]+ \d{1,2}, 2026, \d{1,2}:\d\d [AP]M</time>", page)
        assert re.search(r"<summary>The law</summary>", page)


class TestOneView:
    def test_is_one_committed_entry(self, district: Any) -> None:
        student = child_of("parent")
        before = last_entry()
        browser("parent").get(f"/family/{student.public_id}/looks/")
        [entry] = trail(after=before)
        assert (entry["kind"], entry["hat"], entry["record_ids"]) == ("records.looks.viewed", "guardian", [student.pk])
        assert set(entry["elements"]) == {"trail", "name", "preferred-name"}

    def test_pages_go_back_to_the_first_line_without_gap_or_repeat(self, district: Any) -> None:
        student = child_of("parent")
        client, query, numbers = browser("parent"), "", []
        for _ in range(60):
            page = client.get(f"/family/{student.public_id}/looks/{query}").context
            numbers += [line.number for line in page["lines"]]
            query = page["older"]
            if not query:
                break
        assert numbers == list(range(len(numbers), 0, -1))
        assert len(numbers) > 20

    def test_new_lines_do_not_move_the_older_ones(self, district: Any) -> None:
        student = child_of("parent")
        first = lines("parent", student, "?below=10")
        browser("colleague").get(f"/students/{student.public_id}/")
        assert [(line.number, line.at) for line in lines("parent", student, "?below=10")] == [(line.number, line.at) for line in first]

    def test_counts_people_and_months(self, district: Any) -> None:
        student = child_of("parent")
        page = browser("parent").get(f"/family/{student.public_id}/looks/").context
        looks = [
            entry
            for entry in trail(student=student)
            if entry["action"] == 3 and entry["hat"] not in {"guardian", "student"} and entry["actor_id"]
        ]
        looks = [entry for entry in looks if entry["kind"] != "records.read.refused"]
        assert page["counts"].opened == len(looks)
        assert page["counts"].people == len({entry["actor_id"] for entry in looks})
        assert sum(bar.value for bar in page["chart"].bars) <= len(looks)
        assert len(page["chart"].bars) == 12

    def test_costs_the_same_queries_whatever_the_lines(self, district: Any) -> None:
        student = child_of("parent")
        client = browser("parent")
        client.get("/family/")
        counts = []
        for query in ("?below=3", ""):
            with CaptureQueriesContext(connection) as caught:
                assert client.get(f"/family/{student.public_id}/looks/{query}").status_code == 200
            counts.append(len(caught))
        assert counts[1] <= counts[0] + 1 <= 22  # a page without any decision saves that one query

    @pytest.mark.parametrize("query", ["?who=everybody", "?below=x", "?below=-1", "?below=9999999999999"])
    def test_nonsense_in_the_address_is_not_found(self, district: Any, query: str) -> None:
        assert browser("parent").get(f"/family/{child_of('parent').public_id}/looks/{query}").status_code == 404


class TestOwnViews:
    def test_stand_apart(self, district: Any) -> None:
        student = child_of("parent")
        browser("parent").get(f"/family/{student.public_id}/data/")
        assert not any(line.who == "You" for line in lines("parent", student))
        assert lines("parent", student, "?who=family")[0].who == "You"

    def test_of_another_guardian_are_told_without_a_name(self, district: Any) -> None:
        student = child_of("parent")
        second = second_guardian(student)
        client = browser(second)
        client.get(f"/family/{student.public_id}/data/")
        assert "Another parent or guardian" in {line.who for line in lines("parent", student, "?who=family")}

    def test_of_a_guardian_under_an_order_are_told_to_nobody_and_so_is_what_the_others_do(self, district: Any) -> None:
        student = child_of("limited.parent")
        second = second_guardian(student)
        browser("limited.parent").get(f"/family/{student.public_id}/data/")
        browser(second).get(f"/family/{student.public_id}/data/")
        for persona in (second, "limited.parent"):
            assert {line.who for line in lines(persona, student, "?who=family")} <= {"You"}

    def test_what_the_office_registers_about_one_guardian_is_told_to_no_other(self, district: Any) -> None:
        student = child_of("parent")
        with connections["owner"].cursor() as cursor:
            for kind in ("records.limit.set", "records.limit.ended", "records.guardian.linked", "people.family_code.made"):
                cursor.execute(
                    "INSERT INTO trail.entry(action, kind, actor_id, hat, record_ids) VALUES (1, %s, %s, 'secretary', %s)",
                    [kind, person("secretary").pk, [student.pk]],
                )
        numbers = [line.number for line in lines("parent", student)]
        assert not any(word in line.what for word in ("imit", "linked", "code") for line in lines("parent", student))
        assert numbers == list(range(numbers[0], numbers[-1] - 1, -1))


class TestHolds:
    def test_an_announced_hold_shows_that_something_is_held_and_until_when(self, district: Any) -> None:
        student = child_of("parent")
        browser("colleague").get(f"/students/{student.public_id}/")
        held(last_entry(), "announced", clock.today() + dt.timedelta(days=30))
        line = lines("parent", student)[0]
        assert line.held_until
        assert not (line.who or line.what or line.elements or line.purpose or line.ask_url)
        assert "The law does not let us show this line yet." in words(browser("parent").get(f"/family/{student.public_id}/looks/"))

    def test_a_silent_hold_leaves_no_trace_and_no_gap(self, district: Any) -> None:
        student = child_of("parent")
        before = lines("parent", student)[0]
        browser("colleague").get(f"/students/{student.public_id}/")
        browser("counselor").get(f"/students/{student.public_id}/")
        [first, *_] = [entry for entry in trail(student=student) if entry["actor_id"] == person("colleague").pk]
        held(first["id"], "silent", clock.today() + dt.timedelta(days=30))
        after = lines("parent", student)
        assert not any("Ben Dahl" in line.who for line in after)
        assert [line.number for line in after] == list(range(after[0].number, after[0].number - len(after), -1))
        assert after[0].number == before.number + 1

    def test_a_hold_that_has_passed_shows_the_line(self, district: Any) -> None:
        student = child_of("parent")
        browser("colleague").get(f"/students/{student.public_id}/")
        held(last_entry(), "silent", clock.today() - dt.timedelta(days=1))
        assert lines("parent", student)[0].who.startswith("Ben Dahl")


class TestAStudentsOwnPage:
    def test_shows_who_opened_the_own_record(self, district: Any) -> None:
        student = own("student")
        text = words(browser("student").get(f"/family/{student.public_id}/looks/"))
        assert "Who opened your record" in text
        assert "Why allowed: Works for the school." in text

    def test_the_entry_says_that_it_was_the_student(self, district: Any) -> None:
        before = last_entry()
        browser("student").get(f"/family/{own('student').public_id}/looks/")
        [entry] = trail(after=before)
        assert (entry["hat"], entry["purpose"]) == ("student", "family-access")


def second_guardian(student: Student) -> str:
    """Give the child's other guardian an account; the first part of its e-mail address."""
    user = User.objects.create_user("second.parent@riverbend.example", "Riverbend-demo-2026", name="Second Parent")
    from governance.people import roles
    from governance.vocabulary import Role

    roles.give(user=user, role=Role.GUARDIAN, school=None, starts_on=clock.today(), ends_on=None, by=None, at=clock.now())
    link = Guardianship.objects.filter(student=student, user=None).first()
    if link is None:
        Guardianship.objects.create(student=student, user=user)
    else:
        link.user = user
        link.save(update_fields=["user"])
    return "second.parent"


def test_the_page_says_since_when_openings_are_written_down(district: Any) -> None:
    since = District.objects.get().records_since
    text = words(browser("parent").get(f"/family/{child_of('parent').public_id}/"))
    assert f"{since:%B} {since.day}, {since.year}" in text


def test_rights_that_passed_are_shown_to_the_student_and_not_to_the_parents(district: Any) -> None:
    student = own("eligible")
    second = second_guardian(student)
    answer = browser(second).get(f"/family/{student.public_id}/")
    assert answer.status_code == 403
    assert "The student is 18 or over" in words(answer)
    assert browser("eligible").get(f"/family/{student.public_id}/").status_code == 200
    OwnRecord.objects.filter(student=student).update(parents_may_view=True)
    assert browser(second).get(f"/family/{student.public_id}/").status_code == 200
    assert name_of(student) in words(browser(second).get("/family/"))
