"""Search by name: the own school for counselor, nurse and principal, the own classes for a teacher."""

from typing import Any

import pytest

from governance.people.models import School
from governance.records import scope
from governance.records.models import Student
from portal.base import clock
from tests.governance.records.readers import browser, child_of, last_entry, name_of, own, person, trail, words


@pytest.mark.parametrize("persona", ["counselor", "principal"])
def test_a_search_leaves_the_wish_and_every_student_who_was_shown(district: Any, persona: str) -> None:
    maya = child_of("parent")
    before = last_entry()
    answer = browser(persona).post("/students/find/", {"term": "ramirez"})
    assert name_of(maya) in words(answer)
    wish, match = trail(after=before)
    assert (wish["kind"], wish["elements"], wish["record_ids"]) == ("records.students.searched", ["search"], None)
    assert match["kind"] == "records.students.found"
    assert maya.pk in match["record_ids"]
    assert match["purpose"] == wish["purpose"]
    assert match["basis"]
    assert b"ramirez" not in answer.content.lower() or name_of(maya) in words(answer)


def test_it_stays_inside_the_own_school(district: Any) -> None:
    amina = own("eligible")  # at another school
    answer = browser("counselor").post("/students/find/", {"term": name_of(amina).split()[1]})
    assert name_of(amina) not in words(answer)


def test_a_role_for_the_whole_district_may_choose_a_school(district: Any) -> None:
    amina = own("eligible")
    school = School.objects.get(pk=amina.school_id)
    client = browser("nurse")
    assert name_of(amina) in words(client.post("/students/find/", {"term": "warsame", "school": str(school.public_id)}))
    other = School.objects.filter(kind="school").exclude(pk=school.pk)[0]
    assert name_of(amina) not in words(client.post("/students/find/", {"term": "warsame", "school": str(other.public_id)}))


@pytest.mark.parametrize("term", ["", "a", " ", "%%", "x" * 61])
def test_too_short_or_too_long_is_said_and_searches_nothing(district: Any, term: str) -> None:
    before = last_entry()
    answer = browser("counselor").post("/students/find/", {"term": term})
    assert answer.status_code == (200 if term == "%%" else 422)
    assert not [entry for entry in trail(after=before) if entry["record_ids"]]


def test_a_teacher_looks_through_the_own_classes_alone_in_one_entry(district: Any) -> None:
    maya = child_of("parent")
    ids = set(scope.own_students(person("teacher"), on=clock.today()).values_list("pk", flat=True))
    outsider = Student.objects.exclude(pk__in=ids).order_by("pk")[0]
    before = last_entry()
    client = browser("teacher")
    assert name_of(maya) in words(client.post("/students/find/", {"term": name_of(maya).split()[1]}))
    [entry] = [entry for entry in trail(after=before) if entry["record_ids"]]
    assert set(entry["record_ids"]) == ids
    assert name_of(outsider) not in words(client.post("/students/find/", {"term": name_of(outsider).split()[1]}))


def test_it_answers_posts_alone(district: Any) -> None:
    assert browser("counselor").get("/students/find/?term=ramirez").status_code == 405
