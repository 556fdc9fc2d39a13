"""What the portal ships, and loading it."""

import csv
import json

import pytest
from django.core.management import call_command
from django.db import connections

from governance.authority import decisions, element_keys, reference, rules
from governance.authority.models import Basis, Clock, Element, Law, Purpose, Rule, RuleSet, RuleVersion
from governance.records.door import GUARDIAN_ELEMENTS, IDENTITY_COLUMNS
from governance.records.plain_words import ELEMENTS
from governance.vocabulary import Kind, Outcome

STARTER = json.loads((reference.DATA / "starter_rules.json").read_text())["rules"]


def rows(name: str) -> list[dict[str, str]]:
    with (reference.DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_key_stands_for_one_element_of_the_data() -> None:
    references = {row["id"] for row in rows("data_elements.csv")}
    assert set(element_keys.KEYS) <= references
    keys = [element_keys.key_of(each) for each in references]
    assert len(keys) == len(set(keys))


def test_the_keys_that_the_door_names_are_held_where_it_looks() -> None:
    held = {element_keys.key_of(row["id"]): element_keys.held_in(row["id"]) for row in rows("data_elements.csv")}
    assert {key for key, where in held.items() if where == "identity"} == set(IDENTITY_COLUMNS)
    assert {key for key, where in held.items() if where == "guardian"} == set(GUARDIAN_ELEMENTS)
    assert {key for key, where in held.items() if where == "link"} == {"school", "schedule", "teachers", "homeroom"}
    assert not held["social-security-number"] and not held["app-passwords"] and not held["biometric"]


def test_no_key_is_a_word_that_the_trail_keeps_for_itself() -> None:
    assert not {"audit", "search", "trail", "trail.whole"} & set(element_keys.KEYS.values())


@pytest.mark.parametrize("rule", STARTER, ids=lambda rule: rule["key"])
def test_starter_rules_follow_the_language_and_name_what_exists(rule) -> None:
    known = {
        "element.key": {element_keys.key_of(row["id"]) for row in rows("data_elements.csv")},
        "request.purpose": {row["id"] for row in rows("purposes.csv")},
    }
    assert rules.validate(rule["when"], Kind(rule["kind"]), known=known) == []
    assert set(rule["elements"]) <= known["element.key"]
    assert not rule["basis"] or rule["basis"] in {row["id"] for row in rows("disclosure_bases.csv")}
    assert rule["words"] and rule["citation"] and len(rule["title"]) <= 120
    assert Outcome(rule["outcome"]) is Outcome.REFUSE or rule["kind"] in {"security", "online_program", "collection"} or rule["basis"]


def test_the_starter_rules_are_of_all_six_kinds() -> None:
    assert {rule["kind"] for rule in STARTER} == set(map(str, Kind))


def test_purposes_name_elements_that_exist_and_a_principle() -> None:
    references = {row["id"] for row in rows("data_elements.csv")}
    for purpose in rows("purposes.csv"):
        assert set(reference._list(purpose["capped_elements"])) <= references, purpose["id"]
        assert set(reference._list(purpose["never_elements"])) <= references, purpose["id"]
        assert purpose["principle"] in {"U1", "U2", "U3", "U4", "U5"}


def test_a_teacher_can_ask_for_english_learner_status_and_birth_date_for_reading_groups() -> None:
    purpose = next(row for row in rows("purposes.csv") if row["id"] == "intervention-support")
    cap = {element_keys.key_of(each) for each in reference._list(purpose["capped_elements"])}
    assert {"el-status", "birth-date", "reading-screener"} <= cap
    assert "teacher" in purpose["allowed_roles"].split(";")


def test_loading_again_changes_nothing_and_says_so(database, capsys) -> None:
    before = {model: model.objects.count() for model in (Law, Clock, Basis, Element, Purpose, Rule)}
    version = RuleSet.objects.get().version
    call_command("load_reference")
    assert [line.split()[1:4:2] for line in capsys.readouterr().out.splitlines()] == [["0", "0"]] * 6
    assert {model: model.objects.count() for model in before} == before
    assert all(before.values())
    assert RuleSet.objects.get().version == version


def test_loading_mends_what_differs_and_raises_the_version(database) -> None:
    version = RuleSet.objects.get().version
    Element.objects.filter(pk="name").update(title="Nom", tier="restricted")
    call_command("load_reference")
    assert Element.objects.get(pk="name").title == "Name"
    assert RuleSet.objects.get().version == version + 1
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT additional_data->'reference'->'element'->>1 FROM trail.entry WHERE kind = 'model.changed' ORDER BY id DESC LIMIT 1"
        )
        assert cursor.fetchone() == ("1",)


def test_rules_that_the_district_changed_are_not_loaded_again(database) -> None:
    RuleVersion.objects.filter(rule="no-link").update(title="Ours")
    call_command("load_reference")
    assert RuleVersion.objects.get(rule="no-link").title == "Ours"


def test_a_clock_without_a_number_keeps_the_laws_own_words(database) -> None:
    assert Clock.objects.get(pk="ferpa-inspect").duration == 45
    amend = Clock.objects.get(pk="ferpa-amend")
    assert (amend.duration, amend.unit) == (None, "reasonable_time")
    assert not Clock.objects.filter(duration=None, unit="").exists()


def test_every_basis_of_a_starter_rule_has_words_for_families(database) -> None:
    bases = {rule["basis"] for rule in STARTER} - {""}
    assert not Basis.objects.filter(pk__in=bases, plain_words="").exists()


def test_every_element_has_words_for_families() -> None:
    """A key of two English words stood on Spanish pages where an element had none."""
    keys = {element_keys.key_of(row["id"]) for row in rows("data_elements.csv")}
    assert set(ELEMENTS) == keys


def test_the_shipped_rules_compile_and_hold_now(database) -> None:
    assert len(decisions.in_force().book.rules) == len(STARTER)
