"""From facts to duties, law row by law row, with the reference data of the project."""

import csv
import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from breaches.assessment.rules import (
    Answer,
    Duty,
    Facts,
    Harm,
    LawRow,
    Protection,
    Reason,
    Threshold,
    assess,
    belongs,
    changed,
    threshold_of,
)
from breaches.clocks.rules import Hold, Length, Start
from governance.authority.reference import DATA
from portal.base import workdays

CHICAGO = ZoneInfo("America/Chicago")
FOUND = dt.datetime(2026, 11, 24, 9, tzinfo=CHICAGO)
SSN = frozenset({"ssn"})


def law_rows(*, reviewed: bool = True) -> list[LawRow]:
    with (DATA / "deadlines.csv").open(encoding="utf-8", newline="") as file:
        return [
            LawRow(
                id=row["id"], jurisdiction=row["jurisdiction"], kind=row["kind"], starts=row["clock_starts"],
                length=Length(int(row["duration"]) if row["duration"].isdigit() else None, row["unit"]), who_owes=row["who_owes"], who_is_told=row["who_must_be_told"],
                threshold=row["threshold"], delay_allowed=row["delay_allowed"], reach=row["applies_to_district"], citation=row["citation"],
                general="-general-" in row["id"] or row["law_id"] == "wi-134-98", verified=row["verified"] == "yes", reviewed=reviewed,
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def facts(**known: object) -> Facts:
    basis: dict = {
        "home": "US-WI", "elements": frozenset({"name", "ssn"}), "personal": SSN, "personal_in_some_states": frozenset(), "harm": Harm.LIKELY,
        "residents": {"US-WI": 1200}, "students": 1200, "enrolled": 10_000, "starts": {Start.DISCOVERY: FOUND},
    }  # fmt: skip
    return Facts(**basis | known)


def answers(known: Facts, *, reviewed: bool = True) -> dict[str, Duty]:
    return {duty.law.id: duty for duty in assess(known, law_rows(reviewed=reviewed), zone=CHICAGO, is_workday=workdays.is_workday)}


def of(found: dict[str, Duty], law: str) -> tuple[Answer, set[Reason]]:
    return found[law].answer, set(found[law].reasons)


def test_every_state_is_answered() -> None:
    assert {duty.law.jurisdiction for duty in answers(facts()).values()} >= {row.jurisdiction for row in law_rows() if belongs(row)}


def test_wisconsin_with_a_social_security_number() -> None:
    duty = answers(facts())["wi-breach-people"]
    assert duty.answer is Answer.ASK_COUNSEL  # the reference data says that the law may not reach a district
    assert Reason.MAY_NOT_REACH in duty.reasons
    assert Reason.THIS_DATA in duty.reasons
    assert duty.due is not None
    assert duty.due.at == dt.datetime(2027, 1, 8, 23, 59, 59, tzinfo=CHICAGO)


def test_a_new_york_family_is_owed_notice_under_the_education_law() -> None:
    found = answers(facts(residents={"US-WI": 1199, "US-NY": 1}, personal=frozenset(), elements=frozenset({"name"})))
    assert of(found, "ny-families") == (Answer.DUTY, {Reason.STUDENT_DATA})


@pytest.mark.parametrize(
    ("known", "law", "answer", "reason"),
    [
        ({"residents": {"US-WI": 5}}, "il-parents", Answer.NONE, Reason.NOT_HERE),
        ({"personal": frozenset()}, "wi-breach-people", Answer.NONE, Reason.NOT_THIS_DATA),
        ({"personal": frozenset(), "personal_in_some_states": frozenset({"birth-date"})}, "wi-breach-people", Answer.ASK_COUNSEL, Reason.MAYBE_THIS_DATA),
        ({"protection": Protection.ENCRYPTED}, "wi-breach-people", Answer.NONE, Reason.PROTECTED),
        ({"protection": Protection.ENCRYPTED_KEY_LOST}, "wi-breach-people", Answer.ASK_COUNSEL, Reason.MAY_NOT_REACH),
        ({"harm": Harm.UNLIKELY}, "wi-breach-people", Answer.NONE, Reason.NO_HARM),
        ({"harm": Harm.NOT_ASSESSED}, "wi-breach-people", Answer.ASK_COUNSEL, Reason.HARM_NOT_ASSESSED),
        ({"residents": {"US-WI": 999}, "students": 999}, "wi-breach-cra", Answer.NONE, Reason.TOO_FEW),
        ({"residents": {"US-WI": 1000}}, "wi-breach-cra", Answer.ASK_COUNSEL, Reason.ENOUGH),
        ({"residents": {"US-WI": 1000, "US-WA": 500}}, "wa-general-regulator", Answer.NONE, Reason.TOO_FEW),
        ({"residents": {"US-WI": 1000, "US-WA": 501}}, "wa-general-regulator", Answer.ASK_COUNSEL, Reason.ENOUGH),
        ({"residents": {}, "students": None}, "wi-breach-cra", Answer.ASK_COUNSEL, Reason.COUNT_UNKNOWN),
        ({}, "ndpa-provider", Answer.NONE, Reason.NO_PROVIDER),
        ({"at_provider": True}, "ndpa-provider", Answer.DUTY, Reason.PROVIDER_OWES),
        ({"home": "US-IL", "residents": {"US-IL": 900}, "students": 900}, "il-breach-list", Answer.NONE, Reason.TOO_FEW),
        ({"home": "US-IL", "residents": {"US-IL": 1000}, "students": 1000}, "il-breach-list", Answer.DUTY, Reason.ENOUGH),
        ({"home": "US-NY", "residents": {"US-NY": 9}}, "ny-families-after-delay", Answer.NONE, Reason.NO_HOLD),
        ({"elements": frozenset(), "personal": frozenset()}, "hipaa-60", Answer.NONE, Reason.NO_STUDENT_DATA),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_and_why(known: dict, law: str, answer: Answer, reason: Reason) -> None:
    found = answers(facts(**known))[law]
    assert found.answer is answer
    assert reason in found.reasons


def test_a_row_that_counsel_has_not_reviewed_is_never_asserted() -> None:
    every_state = {row.jurisdiction: 20_000 for row in law_rows()}
    known = facts(residents=every_state, students=900_000, at_provider=True, hold=Hold(FOUND, None))
    reviewed = [duty for duty in answers(known).values() if duty.answer is Answer.DUTY]
    unreviewed = answers(known, reviewed=False).values()
    assert len(reviewed) > 15
    assert not [duty for duty in unreviewed if duty.answer is Answer.DUTY]
    assert all(Reason.NOT_REVIEWED in duty.reasons for duty in unreviewed if duty.answer is Answer.ASK_COUNSEL)


def test_only_a_law_with_a_pause_pauses() -> None:
    hold = Hold(FOUND, None)
    found = answers(facts(home="US-NY", residents={"US-NY": 3}, hold=hold))
    families, agency = found["ny-families"].due, found["ny-agency-report"].due
    assert families is not None
    assert families.why_open == "held"
    assert agency is not None
    assert agency.at == dt.datetime(2026, 12, 4, 23, 59, 59, tzinfo=CHICAGO)


def test_the_same_facts_give_the_same_answer() -> None:
    assert answers(facts()) == answers(facts())


def test_a_change_of_facts_shows_what_it_changed() -> None:
    before = answers(facts()).values()
    later = facts(residents={"US-WI": 1199, "US-NY": 1})
    found = changed(before, answers(later).values())
    assert {(new or old).law.jurisdiction for old, new in found if (new or old)} == {"US-NY"}
    assert changed(before, answers(dataclasses.replace(later, residents={"US-WI": 1200})).values()) == []


@pytest.mark.parametrize(
    ("words", "threshold"),
    [
        ("more than 1000", Threshold(at_least=1001)),
        ("500 or more", Threshold(at_least=500)),
        ("1000", Threshold(at_least=1000)),
        ("10% of students", Threshold(percent=10)),
        ("any", Threshold()),
        ("", Threshold()),
        ("significant", Threshold(words="significant")),
    ],
)
def test_thresholds(words: str, threshold: Threshold) -> None:
    assert threshold_of(words) == threshold
