"""Whose record opens: the own child, the own record, what an order leaves, and nothing of anybody else."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest

from governance.records.family.queries import PLACES, kept_back_of
from governance.records.models import Guardianship, Student
from portal.base import clock
from tests.governance.records.readers import browser, child_of, last_entry, name_of, own, person, trail, words

PAGES = ("", "looks/", "data/", "looks/1/ask/")
FAMILIES = ("parent", "other.parent", "limited.parent", "student", "eligible")


def opened_elements(after: int) -> set[str]:
    return {element for entry in trail(after=after) if entry["key_hash"] for element in entry["elements"]}


@pytest.mark.parametrize("persona", FAMILIES)
def test_a_child_of_another_family_answers_as_a_missing_one(district_module: Any, persona: str) -> None:
    mine = set(Guardianship.objects.filter(user=person(persona)).values_list("student", flat=True))
    foreign = Student.objects.exclude(pk__in=mine).exclude(own_account__user=person(persona)).order_by("pk")[0]
    client = browser(persona)
    for page in PAGES:
        before = last_entry()
        answers = [client.get(f"/family/{public_id}/{page}") for public_id in (foreign.public_id, uuid.uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        first, second = (
            re.sub(rb'[0-9a-f]{8}-[0-9a-f-]{27}|csrfmiddlewaretoken" value="[^"]+"', b"", answer.content) for answer in answers
        )
        assert first == second
        tries = trail(after=before)
        assert [(entry["kind"], entry["record_ids"], entry["key_hash"]) for entry in tries] == [
            ("records.read.refused", [foreign.pk], None),
            ("records.read.refused", None, None),
        ]


@pytest.mark.parametrize("persona", FAMILIES)
def test_nobody_downloads_another_familys_record(district_module: Any, persona: str) -> None:
    mine = set(Guardianship.objects.filter(user=person(persona)).values_list("student", flat=True))
    foreign = Student.objects.exclude(pk__in=mine).exclude(own_account__user=person(persona)).order_by("pk")[0]
    assert browser(persona).post(f"/family/{foreign.public_id}/data/csv/").status_code == 404


def test_all_children_are_named_in_one_entry(district: Any) -> None:
    before = last_entry()
    answer = browser("parent").get("/family/")
    children = Student.objects.filter(guardianships__user=person("parent"))
    assert all(name_of(child) in words(answer) for child in children)
    [entry] = trail(after=before)
    assert sorted(entry["record_ids"]) == sorted(child.pk for child in children)


def test_it_says_where_to_read_who_outside_got_data(district: Any) -> None:
    text = words(browser("parent").get("/family/"))
    assert "Who outside the school got your child’s data Open a record and choose “Who got information”." in text


class TestAnOrderThatDeniesPlacement:
    @pytest.fixture
    def denied(self, district: Any) -> Student:
        return Guardianship.objects.get(user=person("limited.parent"), limit="placement_denied").student

    @pytest.mark.parametrize("page", PAGES)
    def test_gives_a_decent_page_with_the_way_to_object(self, denied: Student, page: str) -> None:
        answer = browser("limited.parent").get(f"/family/{denied.public_id}/{page}")
        assert answer.status_code == 403
        text = words(answer)
        assert "The school can’t show you this page" in text
        assert "To ask why, to object, or to send a newer order:" in text
        assert "715-555-0100" in text

    def test_names_no_child(self, denied: Student) -> None:
        client = browser("limited.parent")
        name = name_of(denied).split()[0]
        assert name not in words(client.get("/family/"))
        assert name not in words(client.get(f"/family/{denied.public_id}/"))

    def test_opens_nothing_and_is_recorded(self, denied: Student) -> None:
        before = last_entry()
        client = browser("limited.parent")
        client.get(f"/family/{denied.public_id}/data/")
        client.post(f"/family/{denied.public_id}/data/html/")
        entries = trail(after=before)
        assert {entry["kind"] for entry in entries} == {"records.read.refused"}
        assert all(entry["key_hash"] is None for entry in entries)

    def test_ends_with_the_order(self, denied: Student) -> None:
        Guardianship.objects.filter(student=denied, user=person("limited.parent")).update(
            limit_ends_on=clock.today() - dt.timedelta(days=1)
        )
        assert browser("limited.parent").get(f"/family/{denied.public_id}/").status_code == 200

    def test_is_the_same_where_the_right_to_inspect_was_taken_away(self, district: Any) -> None:
        student = child_of("parent")
        Guardianship.objects.filter(student=student, user=person("parent")).update(may_inspect=False)
        assert browser("parent").get(f"/family/{student.public_id}/").status_code == 403


class TestAnOrderThatKeepsFactsBack:
    def test_opens_none_of_them_on_any_page_or_copy(self, district: Any) -> None:
        link = Guardianship.objects.get(user=person("limited.parent"), limit="records_limited")
        client, before = browser("limited.parent"), last_entry()
        for page in ("", "looks/", "data/"):
            answer = client.get(f"/family/{link.student.public_id}/{page}")
            assert answer.status_code == 200
            assert "Some things are kept back here" in words(answer)
        client.post(f"/family/{link.student.public_id}/data/json/")
        assert not set(link.limit_elements) & opened_elements(before)

    def test_hides_the_time_of_day_where_the_schedule_is_kept_back(self, district: Any) -> None:
        link = Guardianship.objects.get(user=person("limited.parent"), limit="records_limited")
        page = browser("limited.parent").get(f"/family/{link.student.public_id}/looks/")
        assert page.context["lines"]
        assert not any(line.shows_time for line in page.context["lines"])
        assert not re.search(r"\d:\d\d [AP]M", words(page))

    def test_has_no_way_to_ask_the_staff_who_looked(self, district: Any) -> None:
        link = Guardianship.objects.get(user=person("limited.parent"), limit="records_limited")
        page = browser("limited.parent").get(f"/family/{link.student.public_id}/looks/")
        number = page.context["lines"][0].number
        assert not any(line.ask_url for line in page.context["lines"])
        assert browser("limited.parent").get(f"/family/{link.student.public_id}/looks/{number}/ask/").status_code == 404


class TestNoContact:
    @pytest.fixture
    def student(self, district: Any) -> Student:
        student = child_of("parent")
        Guardianship.objects.filter(student=student, user=person("parent")).update(limit="no_contact", limit_set_at=clock.now())
        browser("teacher").get(f"/students/{student.public_id}/")
        browser("counselor").get(f"/students/{student.public_id}/")
        return student

    def test_tells_no_place_no_schedule_and_no_staff(self, student: Student) -> None:
        client, before = browser("parent"), last_entry()
        texts = [
            client.get(address) for address in ("/family/", *(f"/family/{student.public_id}/{page}" for page in ("", "looks/", "data/")))
        ]
        copies = [client.post(f"/family/{student.public_id}/data/{form}/") for form in ("html", "csv", "json")]
        assert not PLACES & opened_elements(before)
        hidden = [student.school.name, "Ana Ortiz", "David Xiong", "period", "Counselor", "counsel", "Health office", "Lincoln"]
        hidden += [row.section.title for row in student.enrollments.select_related("section")]
        for answer in texts:
            text = words(answer)
            assert not [word for word in hidden if word in text]
        for copy in copies:
            assert not [word for word in hidden if word in copy.content.decode()]

    def test_still_says_that_somebody_of_the_schools_opened_it(self, student: Student) -> None:
        lines = browser("parent").get(f"/family/{student.public_id}/looks/").context["lines"]
        assert {line.who for line in lines if not line.held_until} == {"Somebody who works for the schools"}
        assert not any(line.decision or line.purpose for line in lines)

    def test_the_other_children_are_shown_in_full(self, student: Student) -> None:
        other = Student.objects.filter(guardianships__user=person("parent")).exclude(pk=student.pk).get()
        assert other.school.name in words(browser("parent").get(f"/family/{other.public_id}/data/"))

    def test_it_adds_what_the_order_names(self, student: Student) -> None:
        link = Guardianship.objects.get(student=student, user=person("parent"))
        link.limit_elements = ["test-scores"]
        assert kept_back_of(link, on=clock.today()) == PLACES | {"test-scores"}


class TestStudents:
    def test_a_student_of_14_sees_progress_records_and_directory_facts_alone(self, district: Any) -> None:
        from governance.authority.models import Element

        student, before = own("student"), last_entry()
        text = words(browser("student").get(f"/family/{student.public_id}/data/"))
        [entry] = trail(after=before)
        classes = dict(Element.objects.values_list("key", "wi_class"))
        assert entry["kind"] == "records.self.viewed"
        assert {classes[element] for element in entry["elements"]} <= {"progress", "directory"}
        assert "Course grades" in text
        assert name_of(student).split()[0] in text

    def test_a_student_of_18_sees_all_that_the_portal_shows_a_family(self, district: Any) -> None:
        student, before = own("eligible"), last_entry()
        browser("eligible").get(f"/family/{student.public_id}/data/")
        [entry] = trail(after=before)
        assert {"test-scores", "health-alerts", "conduct", "course-grades"} <= set(entry["elements"])

    def test_the_first_page_is_ones_own_record(self, district: Any) -> None:
        text = words(browser("student").get("/family/"))
        assert text.startswith(" My record")
        assert "your child" not in text
