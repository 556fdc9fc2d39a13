"""Facts in versions, counsel's words, requests to wait, and what was done for a duty."""

import datetime as dt

import pytest
from django.db import DatabaseError, connections, transaction

from breaches.assessment import actions, queries
from breaches.assessment.models import FactSheet
from breaches.assessment.queries import Standing
from breaches.assessment.rules import Answer, Reason
from breaches.clocks.rules import Start
from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from governance.authority.models import Clock
from governance.trail import entries
from portal.base import clock
from portal.base.errors import CannotDo
from tests.breaches.situations import answers, opened, reviewed, said
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")


def of(incident: Incident, law: str) -> Standing:
    return next(each for each in queries.assess(queries.case_of(incident)).laws if each.law.row.id == law)


def code(refused: pytest.ExceptionInfo[CannotDo]) -> str:
    assert refused.value.what_to_do
    return refused.value.code


def test_facts_are_versions_and_the_newest_counts() -> None:
    made = opened()
    said(made)
    assert of(made, "wi-breach-people").answer is Answer.ASK_COUNSEL
    said(made, seen=1, elements=["name"])
    assert of(made, "wi-breach-people").answer is Answer.NONE
    assert [sheet.number for sheet in queries.sheets_of(made)] == [1, 2]
    assert [entry["object_pk"] for entry in trail("breaches.assessment.facts_said", about=made.public_id)] == [str(made.public_id)] * 2


def test_two_people_do_not_overwrite_each_other() -> None:
    made = opened()
    said(made)
    with pytest.raises(CannotDo) as refused:
        said(made, students=1300)
    assert code(refused) == "changed"
    with pytest.raises(CannotDo) as refused:
        said(made, seen=1)
    assert code(refused) == "same"
    assert queries.sheets_of(made).count() == 1


def test_no_more_people_live_in_the_states_than_are_affected() -> None:
    with pytest.raises(CannotDo) as refused:
        said(opened(), students=10)
    assert code(refused) == "too_many"


def test_without_an_entry_there_are_no_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    made = opened()

    def broken(*_args: object, **_facts: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(entries, "append", broken)
    with pytest.raises(RuntimeError):
        said(made)
    assert not FactSheet.objects.filter(incident=made).exists()


@pytest.mark.parametrize("statement", ["UPDATE assessment_factsheet SET students = 1", "DELETE FROM assessment_factsheet"])
@pytest.mark.parametrize("login", ["default", "owner"])
def test_facts_are_not_changed_in_the_database_either(login: str, statement: str) -> None:
    said(opened())
    with pytest.raises(DatabaseError), transaction.atomic(using=login), connections[login].cursor() as cursor:
        cursor.execute(statement)


def test_a_row_that_counsel_reviewed_is_asserted_until_it_changes() -> None:
    made = opened()
    said(made)
    assert Reason.NOT_REVIEWED in of(made, "wi-breach-people").duty.reasons
    reviewed("wi-breach-people")
    assert of(made, "wi-breach-people").answer is Answer.DUTY
    row = Clock.objects.using("owner").get(pk="wi-breach-people")
    row.duration = 30
    row.save(using="owner")
    changed = of(made, "wi-breach-people")
    assert changed.law.stale
    assert changed.answer is Answer.ASK_COUNSEL


def test_counsel_may_say_that_a_law_does_not_reach_the_district() -> None:
    made = opened()
    said(made)
    reviewed("wi-breach-people", reach="no")
    found = of(made, "wi-breach-people")
    assert (found.answer, found.duty.reasons) == (Answer.NONE, (Reason.DOES_NOT_REACH,))


def test_a_review_is_of_the_row_on_the_page() -> None:
    with pytest.raises(CannotDo) as refused:
        actions.review_law(
            law="wi-breach-people", content="0" * 64, reach="yes", counsel="A. Counsel", words="", reviewed_on=clock.today(),
            by=person("security"), at=clock.now(),
        )  # fmt: skip
    assert code(refused) == "changed"


def test_counsels_answer_stands_while_what_counsel_saw_holds() -> None:
    made = opened()
    said(made)
    answered = {"incident": made.public_id, "law": "wi-breach-people", "counsel": "A. Counsel", "by": person("security")}
    actions.override(**answered, says="none", reason="The list was called back unread.", at=clock.now())
    found = of(made, "wi-breach-people")
    assert (found.answer, found.runs) == (Answer.NONE, False)
    said(made, seen=1, harm="not_assessed", harm_reason="")
    lapsed = of(made, "wi-breach-people")
    assert (lapsed.answer, lapsed.lapsed) == (Answer.ASK_COUNSEL, True)
    assert [entry["actor_id"] for entry in trail("breaches.assessment.overridden", about=made.public_id)] == [person("security").pk]


def test_counsel_may_see_a_duty_where_the_portal_sees_none() -> None:
    made = opened()
    said(made, elements=["name"])
    actions.override(
        incident=made.public_id,
        law="wi-breach-people",
        says="duty",
        counsel="A. Counsel",
        reason="By policy.",
        by=person("security"),
        at=clock.now(),
    )
    found = of(made, "wi-breach-people")
    assert found.answer is Answer.DUTY
    assert found.due is not None
    assert found.due.at is not None


@pytest.mark.parametrize("given", [{"counsel": " "}, {"reason": " "}], ids=["counsel", "reason"])
def test_counsel_is_named_and_says_why(given: dict) -> None:
    made = opened()
    said(made)
    words = {"counsel": "A. Counsel", "reason": "Because."} | given
    with pytest.raises(CannotDo) as refused:
        actions.override(incident=made.public_id, law="wi-breach-people", says="none", by=person("security"), at=clock.now(), **words)
    assert code(refused) == "no_reason"


def test_only_a_written_request_lets_a_clock_wait() -> None:
    made, now = opened(), clock.now()
    said(made)
    asked = {"incident": made.public_id, "asked_by": "Police department", "since": now, "until": None, "by": person("security")}
    actions.say_hold(**asked, in_writing=False, at=now)
    found = of(made, "wi-breach-people").due
    assert found is not None
    assert found.at is not None
    actions.say_hold(**asked, in_writing=True, at=now)
    held = of(made, "wi-breach-people").due
    assert held is not None
    assert held.why_open == "held"


def test_what_was_done_stops_the_clock_and_can_be_taken_back() -> None:
    made = opened()
    said(made)
    done = {"incident": made.public_id, "key": "wi-breach-people", "by": person("security")}
    actions.meet(**done, met_at=clock.now(), words="Letters of today.", at=clock.now())
    assert not of(made, "wi-breach-people").runs
    with pytest.raises(CannotDo) as refused:
        actions.meet(**done, met_at=clock.now(), words="Again.", at=clock.now())
    assert code(refused) == "decided"
    actions.take_back(**done, at=clock.now())
    assert of(made, "wi-breach-people").runs


def test_a_clock_that_is_none_cannot_be_met() -> None:
    made = opened()
    said(made)
    with pytest.raises(CannotDo) as refused:
        actions.meet(incident=made.public_id, key="no-such-law", met_at=clock.now(), words="Done.", by=person("security"), at=clock.now())
    assert code(refused) == "unknown"


def test_an_incident_does_not_end_with_a_clock_running() -> None:
    made = opened()
    said(made)
    ended = {"found": "x", "done": "x", "told": "x", "lessons": "", "outcome": "near_miss"}
    with pytest.raises(CannotDo) as refused:
        incidents.close(incident=made.public_id, **ended, by=person("security"), at=clock.now())
    assert code(refused) == "something_left"
    assert trail("breaches.incident.end_refused", about=made.public_id)
    incidents.decide_breach(incident=made.public_id, is_breach=False, reason="Called back unread.", by=person("security"), at=clock.now())
    incidents.close(incident=made.public_id, **ended, by=person("security"), at=clock.now())


def test_a_breach_without_facts_does_not_end() -> None:
    made = opened()
    incidents.decide_breach(incident=made.public_id, is_breach=True, reason="Seen.", by=person("security"), at=clock.now())
    with pytest.raises(CannotDo) as refused:
        incidents.close(
            incident=made.public_id, outcome="breach", found="x", done="x", told="x", lessons="", by=person("security"), at=clock.now()
        )
    assert code(refused) == "something_left"


def test_a_later_start_moves_no_clock_before_a_second_person_agrees() -> None:
    now = clock.now()
    made = opened(discovered_at=now - dt.timedelta(days=3))
    said(made)
    before = of(made, "wi-breach-people").due
    moved = incidents.say_when(
        incident=made.public_id,
        start=Start.DISCOVERY,
        moment=now - dt.timedelta(hours=1),
        reason="Misread.",
        by=person("security"),
        at=clock.now(),
    )
    assert of(made, "wi-breach-people").due == before
    incidents.decide_moment(moment=moved.pk, agreed=True, by=person("compliance"), at=clock.now())
    assert of(made, "wi-breach-people").due != before


def test_whom_it_is_about_says_nothing_in_it() -> None:
    made = opened(account=person("compliance"), kind="misuse")
    with pytest.raises(CannotDo) as refused:
        actions.say_facts(incident=made.public_id, answers=answers(), seen=0, by=person("compliance"), at=clock.now())
    assert code(refused) == "own_case"


def test_the_same_facts_give_the_same_answers() -> None:
    first, second = opened(), opened()
    now = clock.now() - dt.timedelta(days=1)
    for made in (first, second):
        incidents.say_when(incident=made.public_id, start=Start.DISCOVERY, moment=now, reason="", by=person("security"), at=clock.now())
        said(made)
    assert first.fact_sheets.get().answers == second.fact_sheets.get().answers
