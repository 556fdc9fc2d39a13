"""A teacher opens the own class list at once, with one line for the whole class."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from governance.authority.models import Grant
from governance.records import scope
from governance.records.models import Enrollment, Section
from portal.base import clock
from tests.governance.records.readers import browser, classes_of, last_entry, name_of, person, student_with, trail, words
from tests.governance.situations import decided, sent


def address(section: Section, **more: Any) -> str:
    return f"/students/?class={section.public_id}" + "".join(f"&{key}={value}" for key, value in more.items())


def test_choosing_a_class_opens_its_list_with_one_entry_that_names_every_student(district: Any) -> None:
    section = classes_of("teacher")[0]
    ids = scope.students_of(section, on=clock.today())
    before = last_entry()
    answer = browser("teacher").get(address(section))
    assert answer.status_code == 200
    [entry] = [entry for entry in trail(after=before) if entry["record_ids"]]
    assert entry["kind"] == "records.class_list.opened"
    assert sorted(entry["record_ids"]) == ids
    assert set(entry["elements"]) == {"name", "preferred-name", "grade"}
    assert (entry["hat"], entry["purpose"], entry["grant_id"]) == ("teacher", "classroom-instruction", None)
    assert f"Families see that you opened this list ({len(ids)} students)" in words(answer)


def test_the_first_page_names_classes_and_opens_nothing(district: Any) -> None:
    before = last_entry()
    answer = browser("teacher").get("/students/")
    assert all(section.title in words(answer) for section in classes_of("teacher"))
    assert [entry for entry in trail(after=before) if entry["record_ids"]] == []


def test_every_student_of_the_class_is_named_and_nobody_else(district: Any) -> None:
    section, other = classes_of("teacher")[:2]
    text = words(browser("teacher").get(address(section)))
    from governance.records.models import Student

    inside = scope.students_of(section, on=clock.today())
    outside = set(scope.students_of(other, on=clock.today())) - set(inside)
    assert all(name_of(student) in text for student in Student.objects.filter(pk__in=inside))
    assert not any(name_of(student) in text for student in Student.objects.filter(pk__in=outside))


def test_granted_columns_are_shown_only_when_asked_for_and_are_an_entry_of_their_own(district: Any) -> None:
    grant = decided(sent()).grant
    section = Section.objects.get(pk=grant.sections[0])
    teacher = browser("teacher")
    plain = words(teacher.get(address(section)))
    assert "Show reading check, English learner status" in plain
    assert "English learner, level" not in plain
    before = last_entry()
    answer = teacher.get(address(section, **{"with": grant.public_id}))
    assert '<th scope="col">English learner status</th>' in answer.content.decode()
    by_rule, by_grant = [entry for entry in trail(after=before) if entry["record_ids"]]
    assert (by_rule["grant_id"], by_grant["grant_id"]) == (None, grant.pk)
    assert set(by_grant["elements"]) == {"el-status", "reading-screener"}
    assert by_grant["record_ids"] == by_rule["record_ids"]


def test_the_day_after_its_end_a_permission_adds_nothing(district: Any) -> None:
    grant = decided(sent()).grant
    section = Section.objects.get(pk=grant.sections[0])
    Grant.objects.filter(pk=grant.pk).update(
        starts_on=clock.today().replace(year=2025), ends_on=clock.today().replace(year=2026, day=clock.today().day - 1)
    )
    teacher = browser("teacher")
    assert "English learner status" not in words(teacher.get(address(section)))
    assert teacher.get(address(section, **{"with": grant.public_id})).status_code == 404


@pytest.mark.parametrize("persona", ["colleague", "counselor"])
def test_a_class_of_others_is_not_found(district: Any, persona: str) -> None:
    section = classes_of("teacher")[0]
    client = browser(persona)
    assert client.get(address(section)).status_code == 404
    assert client.get(f"/students/?class={uuid.uuid4()}").status_code == 404
    assert client.get("/students/?class=1").status_code == 404


def test_a_name_is_looked_for_by_post_and_never_stands_in_an_address(district: Any) -> None:
    section = classes_of("teacher")[0]
    students = [
        student_with(enrollment.student.public_id) for enrollment in Enrollment.objects.filter(section=section).select_related("student")
    ]
    wanted = name_of(students[0])
    answer = browser("teacher").post(address(section), {"name": wanted.split()[0][:4].upper()})
    assert wanted in words(answer)
    assert f"of {len(students)} students are shown" in words(answer)
    assert "name=" not in answer.request["QUERY_STRING"]


def test_accents_and_case_do_not_count_when_looking_for_a_name() -> None:
    from governance.records.door import Opened
    from governance.records.present import matches

    opened = Opened(1, {"given_name": "José", "family_name": "Peña Núñez"})
    assert matches(opened, "jose")
    assert matches(opened, "nunez j")
    assert not matches(opened, "ose")


def test_a_class_without_students_opens_nothing(district: Any) -> None:
    section = classes_of("teacher")[0]
    Enrollment.objects.filter(section=section).delete()
    before = last_entry()
    answer = browser("teacher").get(address(section))
    assert "No student in this class today" in words(answer)
    assert [entry for entry in trail(after=before) if entry["kind"].startswith("records.")] == []


def test_the_number_of_queries_does_not_grow_with_the_class(district: Any) -> None:
    few, many = classes_of("teacher")[:2]
    Enrollment.objects.filter(section=few).exclude(pk__in=Enrollment.objects.filter(section=few).values("pk")[:3]).delete()
    client = browser("teacher")
    client.get(address(many))
    counts = []
    for section in (few, many):
        with CaptureQueriesContext(connection) as caught:
            client.get(address(section))
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 20, [query["sql"][:90] for query in caught]


def test_pages_with_students_are_kept_nowhere(district: Any) -> None:
    answer = browser("teacher").get(address(classes_of("teacher")[0]))
    assert "no-store" in answer["Cache-Control"]


def test_a_teacher_whose_role_has_ended_opens_no_list(district: Any) -> None:
    section = classes_of("teacher")[0]
    person("teacher").role_assignments.update(ends_on=clock.today().replace(year=2025), starts_on=clock.today().replace(year=2024))
    assert browser("teacher").get(address(section)).status_code in {403, 404}


_DAYS = [(None, None), (0, None), (1, None), (None, 0), (None, -1), (-3, 3)]  # days from today on which a row begins and ends


@pytest.mark.parametrize("model", ["section", "teaching"])
@pytest.mark.parametrize(("begins", "ends"), _DAYS)
def test_the_classes_of_a_day_are_those_that_open_on_holds_open(district: Any, model: str, begins: int | None, ends: int | None) -> None:
    """The written-out query and the condition that everything else uses say the same."""
    today = clock.today()
    section = classes_of("teacher")[0]
    rows = {"section": Section.objects.filter(pk=section.pk), "teaching": section.teachings.all()}[model]
    days = {name: None if each is None else today + dt.timedelta(each) for name, each in (("begins", begins), ("ends", ends))}
    with connections["owner"].cursor() as cursor:  # the application's login changes no roster
        table = rows.model._meta.db_table
        cursor.execute(
            f"UPDATE {table} SET begins = %s, ends = %s WHERE id = ANY (%s)",
            [days["begins"], days["ends"], list(rows.values_list("pk", flat=True))],
        )
    holds = rows.filter(scope.open_on(today)).exists()
    assert (section in classes_of("teacher")) is holds
    if holds:
        assert {each.pk: each.school_name for each in classes_of("teacher")}[section.pk] == section.school.name
