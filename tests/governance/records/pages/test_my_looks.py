"""What families see of a teacher's own looks, shown to the teacher."""

import json
import uuid
from typing import Any

from governance.records.models import Student
from tests.governance.records.readers import browser, classes_of, last_entry, name_of, person, trail, words


def test_own_looks_are_told_by_class_and_number_without_a_name(district: Any) -> None:
    section = classes_of("teacher")[0]
    client = browser("teacher")
    client.get(f"/students/?class={section.public_id}")
    text = words(client.get("/students/my-looks/"))
    assert "Opened the class list (" in text
    assert section.title in text
    assert not any(name_of(enrollment.student) in text for enrollment in section.enrollments.select_related("student"))


def test_looking_at_them_is_an_entry_that_says_whose(district: Any) -> None:
    before = last_entry()
    browser("teacher").get("/students/my-looks/")
    [entry] = trail(after=before)
    assert (entry["kind"], entry["elements"], entry["purpose"]) == ("trail.searched", ["audit"], "privacy-oversight")
    assert json.loads(entry["data"]) == {"filters": {"actors": [person("teacher").pk]}}


def test_only_own_looks_are_shown(district: Any) -> None:
    section = classes_of("colleague")[0]
    browser("colleague").get(f"/students/?class={section.public_id}")
    assert section.title not in words(browser("teacher").get("/students/my-looks/"))


def test_pages_go_back_without_a_gap(district: Any) -> None:
    client = browser("teacher")
    seen: list[str] = []
    address = "/students/my-looks/"
    for _ in range(30):
        answer = client.get(address)
        seen += [str(line.at) for line in answer.context["lines"]]
        if not answer.context["older"]:
            break
        address = "/students/my-looks/" + answer.context["older"]
    teacher = person("teacher").pk
    written = [entry for entry in trail() if entry["actor_id"] == teacher and entry["action"] == 3 and entry["record_ids"]]
    assert len(seen) == len(set(seen)) == len(written) > 60


def test_a_refused_try_tells_nothing_of_the_student(district: Any) -> None:
    foreign = Student.objects.exclude(school=person("teacher").staff_member.school_id)[0]
    client = browser("teacher")
    client.get(f"/students/{foreign.public_id}/")
    client.get(f"/students/{uuid.uuid4()}/")
    first, second = client.get("/students/my-looks/").context["lines"][:2]
    assert (first.what, first.where, first.url) == (second.what, second.where, second.url)
    assert first.refused
    assert not first.url


def test_nonsense_in_the_address_is_not_found(district: Any) -> None:
    assert browser("teacher").get("/students/my-looks/?before=yesterday").status_code == 404
