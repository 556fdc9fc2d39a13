"""One student for school staff: what is open, on which ground, and what was left out."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.authority.models import Grant
from governance.records import scope
from governance.records.models import Section, Student
from governance.requests import actions
from portal.base import clock
from tests.governance.records.readers import browser, child_of, classes_of, last_entry, name_of, person, trail, words
from tests.governance.situations import decided, sent


def without_secrets(answer: Any) -> bytes:
    """A page without what differs each time or repeats its own address."""
    return re.sub(rb'[0-9a-f]{8}-[0-9a-f-]{27}|csrfmiddlewaretoken" value="[^"]+"', b"", answer.content)


@pytest.fixture
def narrowed(district: Any) -> Any:
    """A request of the teacher of which the steward left out the birth date."""
    return decided(sent(), left_out={"birth-date": "Groups can be formed without it."})


def a_student_of(grant: Grant) -> Student:
    return Student.objects.get(pk=scope.students_of(Section.objects.get(pk=grant.sections[0]), on=clock.today())[0])


def test_classroom_and_granted_elements_are_shown_each_with_its_ground(narrowed: Any) -> None:
    student = a_student_of(narrowed.grant)
    before = last_entry()
    text = words(browser("teacher").get(f"/students/{student.public_id}/"))
    assert name_of(student) in text
    assert "Works for the school. Needs it to teach or support students." in text
    assert f"{narrowed}, approved by Andrea Thao" in text
    opened = [entry for entry in trail(after=before) if entry["record_ids"]]
    assert {entry["kind"] for entry in opened} == {"records.student.opened"}
    assert [entry["grant_id"] for entry in opened if entry["grant_id"]] == sorted(
        {entry["grant_id"] for entry in opened if entry["grant_id"]}
    )
    assert {narrowed.grant_id} <= {entry["grant_id"] for entry in opened}
    assert all(entry["record_ids"] == [student.pk] for entry in opened)


def test_what_was_left_out_is_named_with_its_reason(narrowed: Any) -> None:
    student = a_student_of(narrowed.grant)
    text = words(browser("teacher").get(f"/students/{student.public_id}/"))
    assert "Left out" in text
    assert "Birth date Groups can be formed without it." in text


def test_the_day_after_the_end_only_classroom_elements_are_left(narrowed: Any) -> None:
    student = a_student_of(narrowed.grant)
    Grant.objects.all().update(starts_on=dt.date(2025, 1, 1), ends_on=clock.today() - dt.timedelta(days=1))
    before = last_entry()
    answer = browser("teacher").get(f"/students/{student.public_id}/")
    assert answer.status_code == 200
    [entry] = [entry for entry in trail(after=before) if entry["record_ids"]]
    assert entry["grant_id"] is None
    assert not {"el-status", "reading-screener", "birth-date"} & set(entry["elements"])
    assert "English learner status" not in words(answer)


def test_an_ended_permission_opens_nothing_at_once(narrowed: Any) -> None:
    student = a_student_of(narrowed.grant)
    actions.end_grant(data_request=narrowed.public_id, by=person("steward"), at=clock.now())
    assert "English learner status" not in words(browser("teacher").get(f"/students/{student.public_id}/"))


@pytest.mark.parametrize("persona", ["teacher", "colleague", "counselor", "principal"])
def test_a_student_of_others_answers_as_a_missing_one(district: Any, persona: str) -> None:
    user = person(persona)
    school = user.staff_member.school_id
    student = Student.objects.exclude(school=school).order_by("pk")[0]
    client = browser(persona)
    before = last_entry()
    foreign = client.get(f"/students/{student.public_id}/")
    missing = client.get(f"/students/{uuid.uuid4()}/")
    assert foreign.status_code == missing.status_code == 404
    assert without_secrets(foreign) == without_secrets(missing)
    first, second = trail(after=before)
    assert (first["kind"], first["record_ids"], first["key_hash"]) == ("records.read.refused", [student.pk], None)
    assert (second["kind"], second["record_ids"]) == ("records.read.refused", None)


def test_both_answers_cost_the_same_queries(district: Any) -> None:
    client = browser("counselor")
    student = Student.objects.exclude(school=person("counselor").staff_member.school_id).order_by("pk")[0]
    client.get(f"/students/{uuid.uuid4()}/")
    counts = []
    for public_id in (student.public_id, uuid.uuid4()):
        with CaptureQueriesContext(connection) as caught:
            client.get(f"/students/{public_id}/")
        counts.append(sum("trail.entry" in query["sql"] for query in caught))
    assert counts == [1, 1]


def test_the_nurse_reads_health_and_no_grades(district: Any) -> None:
    student = child_of("parent")
    before = last_entry()
    text = words(browser("nurse").get(f"/students/{student.public_id}/"))
    [entry] = [entry for entry in trail(after=before) if entry["record_ids"]]
    assert {"health-alerts", "immunization"} <= set(entry["elements"])
    assert "course-grades" not in entry["elements"]
    assert "Vaccines" in text


def test_who_has_no_role_with_students_is_refused_the_page(district: Any) -> None:
    assert browser("parent").get("/students/").status_code == 403
    assert browser("compliance").get("/students/").status_code == 403


def test_a_student_who_left_the_class_is_closed(district: Any) -> None:
    section = classes_of("teacher")[0]
    student = Student.objects.get(pk=scope.students_of(section, on=clock.today())[0])
    student.enrollments.update(ends=clock.today() - dt.timedelta(days=1))
    assert browser("teacher").get(f"/students/{student.public_id}/").status_code == 404
