"""No list costs more queries when it holds more."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.records.models import EmergencyOpening, LookQuestion, Section, Student
from governance.records.present import part_of, parts_of
from portal.base import clock
from tests.governance.records.readers import browser, child_of, person


def queries_of(persona: str, address: str) -> int:
    client = browser(persona)
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as caught:
        client.get(address)
    return len(caught)


def more_questions() -> None:
    student, now = child_of("parent"), clock.now()
    for number in range(10):
        LookQuestion.objects.create(
            student=student,
            entry_id=number,
            entry_at=now,
            look={
                "kind": "records.student.opened",
                "elements": ["name"],
                "students": 1,
                "purpose": "classroom-instruction",
                "grant_id": None,
            },
            asked_by=person("parent"),
            asked_at=now,
            asked_of=person("teacher"),
            due_on=clock.today(),
        )


def more_emergencies() -> None:
    now = clock.now()
    for student in Student.objects.all()[:10]:
        EmergencyOpening.objects.create(
            student=student,
            opened_by=person("teacher"),
            hat="teacher",
            reason="illness",
            words="Fainted in class",
            opened_at=now,
            closes_at=now + dt.timedelta(hours=1),
        )


@pytest.mark.parametrize(
    ("persona", "address", "more"),
    [
        ("teacher", "/students/questions/", more_questions),
        ("compliance", "/students/questions/", more_questions),
        ("teacher", "/students/my-looks/", more_questions),
        ("steward", "/students/emergency/reviews/", more_emergencies),
        ("teacher", "/students/emergency/", more_emergencies),
        ("parent", "/family/", more_questions),
    ],
)
def test_more_rows_cost_no_more_queries(district: Any, persona: str, address: str, more: Any) -> None:
    LookQuestion.objects.all().delete()
    EmergencyOpening.objects.all().delete()
    more_questions() if more is more_emergencies else more_emergencies()  # so that the page is not empty of the other
    before = queries_of(persona, address)
    more()
    assert queries_of(persona, address) <= before + 1  # at most the one that an empty list saves


def test_a_class_larger_than_an_entry_is_opened_in_parts(database: Any) -> None:
    section = Section(title="All", sourced_id="all")
    ids = list(range(2500))
    parts = [part_of(ids, str(number), size=1000) for number in (1, 2, 3)]
    assert [len(part.ids) for part in parts] == [1000, 1000, 500]
    assert [pk for part in parts for pk in part.ids] == ids
    assert part_of(ids, "99", size=1000).number == 3
    assert part_of(ids, "nonsense", size=1000).number == 1
    assert part_of([], "", size=1000).ids == []
    assert parts_of(section, ids, parts[1], size=1000)["shown"] == "Part 2 of 3"
