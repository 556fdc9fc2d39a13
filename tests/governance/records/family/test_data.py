"""What is held, value by value, and a copy to keep."""

import csv
import io
import json
from typing import Any

import pytest

from governance.authority.models import Element
from governance.records.family.present import harmless
from tests.governance.records.readers import browser, child_of, last_entry, name_of, trail, words


def test_a_view_is_one_entry_with_what_was_shown(district: Any) -> None:
    student, before = child_of("parent"), last_entry()
    text = words(browser("parent").get(f"/family/{student.public_id}/data/"))
    [entry] = trail(after=before)
    assert (entry["kind"], entry["hat"], entry["purpose"]) == ("records.family.viewed", "guardian", "family-access")
    assert {"birth-date", "course-grades", "address"} <= set(entry["elements"])
    assert "What is in Maya’s record" in text
    assert "Birth date" in text


def test_what_rules_keep_back_from_parents_is_not_opened(district: Any) -> None:
    student, before = child_of("parent"), last_entry()
    browser("parent").get(f"/family/{student.public_id}/data/")
    [entry] = trail(after=before)
    assert not {"counselor-notes", "custody-order", "safe-at-home", "guardian-phone", "guardian-email"} & set(entry["elements"])


def test_behavioral_records_are_offered_to_be_read_with_somebody(district: Any) -> None:
    student = child_of("parent")
    answer = browser("parent").get(f"/family/{student.public_id}/data/")
    assert "Read this with someone who can explain" in words(answer)
    for holding in answer.context["holdings"]:
        for fact in holding.plain.facts if holding.plain else ():
            assert not (fact.element.wi_class == "behavioral" and fact.element.category in {"Assessment", "Special Indicator", "Conduct"})


@pytest.mark.parametrize("form", ["html", "csv", "json"])
def test_a_copy_names_no_child_in_its_file_name_and_leaves_a_line(district: Any, form: str) -> None:
    student, before = child_of("parent"), last_entry()
    answer = browser("parent").post(f"/family/{student.public_id}/data/{form}/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert not [part for part in name_of(student).lower().split() if part in answer["Content-Disposition"].lower()]
    assert "no-store" in answer["Cache-Control"]
    assert name_of(student).split()[-1] in answer.content.decode()
    [entry] = trail(after=before)
    assert entry["kind"] == "records.student.downloaded"
    assert entry["record_ids"] == [student.pk]


def test_a_copy_holds_what_the_page_shows(district: Any) -> None:
    student = child_of("parent")
    client = browser("parent")
    shown = sum(holding.count for holding in client.get(f"/family/{student.public_id}/data/").context["holdings"])
    rows = list(csv.DictReader(io.StringIO(client.post(f"/family/{student.public_id}/data/csv/").content.decode())))
    facts = json.loads(client.post(f"/family/{student.public_id}/data/json/").content)["facts"]
    assert len(rows) == len(facts) == shown
    assert rows[0].keys() == {"group", "kind", "item", "value", "recorded_on", "source"}


def test_a_copy_is_made_by_a_form_and_not_by_a_link(district: Any) -> None:
    student = child_of("parent")
    assert browser("parent").get(f"/family/{student.public_id}/data/csv/").status_code == 405
    assert browser("parent").post(f"/family/{student.public_id}/data/exe/").status_code == 404


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(start: str) -> None:
    assert harmless(f"{start}SUM(A1)") == f"'{start}SUM(A1)"
    assert harmless("B-") == "B-"


def test_every_kind_of_data_that_is_held_has_plain_words(district_module: Any) -> None:
    from governance.records.plain_words import ELEMENTS, GROUPS

    categories = frozenset[str]().union(*(categories for _key, _heading, categories in GROUPS))
    missing = [element.key for element in Element.objects.exclude(held_in="") if element.key not in ELEMENTS]
    homeless = {element.category for element in Element.objects.exclude(held_in="")} - categories
    assert (missing, homeless) == ([], set())


def test_every_purpose_has_plain_words(district_module: Any) -> None:
    from governance.authority.models import Purpose
    from governance.records.plain_words import PURPOSES

    assert set(Purpose.objects.filter(aggregate=False).values_list("pk", flat=True)) <= set(PURPOSES)
