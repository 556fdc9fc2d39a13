"""From the draft to the grant, on the real database with the application's own login."""

import datetime as dt
import uuid

import pytest

from governance.authority import actions as authority
from governance.authority.grounds import grounds_of, withheld_of
from governance.authority.models import Grant, RuleVersion, Stewardship
from governance.people.models import RoleAssignment
from governance.records import scope
from governance.records.models import Section, Student
from governance.requests import actions, queries
from governance.requests.actions import CannotDecide
from governance.requests.models import DataRequest
from governance.trail import entries
from governance.vocabulary import Outcome, Relation, Role
from portal.base import clock
from portal.base.errors import CannotDo
from tests.governance.situations import READING, decided, draft, person, sections_of, sent, trail

pytestmark = pytest.mark.usefixtures("district")
State = DataRequest.State
TODAY = clock.today


def students_in(section: int) -> list[int]:
    return scope.students_of(Section.objects.get(pk=section), on=TODAY())


def opened_by(name: str, section: int, *, on: dt.date | None = None) -> set[str]:
    user = person(name)
    grounds = grounds_of(
        user,
        hat=Role.TEACHER,
        relation=Relation.OWN_SECTION,
        students=students_in(section),
        sections=frozenset({section}),
        on=on or TODAY(),
    )
    return set().union(*(ground.elements for ground in grounds))


# -- Asking --------------------------------------------------------------------------------------------------------------------


def test_a_form_sent_twice_makes_one_draft_and_one_request() -> None:
    key = uuid.uuid4()
    first, second = draft(key=key), draft(key=key, what_for="Reading groups in grade 7")
    assert first.pk == second.pk and second.what_for == "Reading groups in grade 7"
    actions.submit(data_request=first.public_id, by=person("teacher"), at=clock.now())
    with pytest.raises(CannotDo) as refusal:
        actions.submit(data_request=first.public_id, by=person("teacher"), at=clock.now())
    assert refusal.value.code == "already_sent"
    with pytest.raises(CannotDo):
        draft(key=key)
    assert len(trail("governance.request.submitted", about=first.public_id)) == 1


def test_a_draft_keeps_what_is_not_complete_but_cannot_be_sent() -> None:
    made = draft(elements={"el-status": ""}, what_for="")
    assert made.state == State.DRAFT and made.requested.get().reason == ""
    with pytest.raises(CannotDo) as refusal:
        actions.submit(data_request=made.public_id, by=person("teacher"), at=clock.now())
    assert refusal.value.code == "incomplete"


def test_taking_an_element_off_a_draft_removes_it() -> None:
    key = uuid.uuid4()
    draft(key=key)
    assert set(draft(key=key, elements={"el-status": "why"}).requested.values_list("element_id", "reason")) == {("el-status", "why")}


def test_it_is_checked_by_the_same_evaluator_before_it_is_sent() -> None:
    checked = actions.check(draft(elements=READING | {"grade": "to sort", "living-situation": "curious"}), at=clock.now())
    said = checked.decision.by_element
    assert said["el-status"].outcome is Outcome.STEWARD and said["el-status"].rule == "teacher-beyond-classroom@1"
    assert said["grade"].outcome is Outcome.ALLOW
    assert said["living-situation"].outcome is Outcome.REFUSE and said["living-situation"].rule == "purpose-cap@1"
    assert [person_.name for waiting, _keys in checked.waits for person_ in waiting.people] == [person("steward").name]
    assert checked.due_on > TODAY()


def test_what_the_rules_refuse_is_left_out_with_their_words() -> None:
    request = sent(elements=READING | {"living-situation": "curious"})
    left_out = request.requested.get(element="living-situation")
    assert left_out.allowed is False and "purpose" in left_out.left_out_reason
    assert request.facts["sent"]["elements"]["living-situation"] == {"outcome": "refuse", "rule": "purpose-cap@1"}
    with pytest.raises(CannotDecide) as refusal:
        decided(request, allow=["living-situation"])
    assert refusal.value.code == "beyond_request"


def test_a_request_that_the_rules_refuse_whole_is_not_sent() -> None:
    made = draft(elements={"living-situation": "curious"})
    with pytest.raises(CannotDo) as refusal:
        actions.submit(data_request=made.public_id, by=person("teacher"), at=clock.now())
    assert refusal.value.code == "all_refused"
    made.refresh_from_db()
    assert made.state == State.DRAFT


def test_what_one_has_already_is_not_asked_for() -> None:
    made = draft(elements={"grade": "to sort"})
    with pytest.raises(CannotDo) as refusal:
        actions.submit(data_request=made.public_id, by=person("teacher"), at=clock.now())
    assert refusal.value.code == "given_already"


def test_somebody_elses_class_cannot_be_asked_for() -> None:
    made = draft(sections=sections_of(person("colleague"))[:1])
    with pytest.raises(CannotDo) as refusal:
        actions.submit(data_request=made.public_id, by=person("teacher"), at=clock.now())
    assert refusal.value.code == "no_link"


def test_a_request_longer_than_the_purpose_allows_is_refused_by_a_rule() -> None:
    checked = actions.check(draft(days=181), at=clock.now())
    assert {said.rule for said in checked.decision.by_element.values()} == {"purpose-longest-time@1"}


def test_an_automated_decision_needs_a_named_person() -> None:
    made = draft(purpose="placement-decision-support", elements={"test-scores": "to place in mathematics"})
    with pytest.raises(CannotDo) as refusal:
        actions.submit(data_request=made.public_id, by=person("teacher"), at=clock.now())
    assert refusal.value.code == "no_decider"
    assert actions.check(made, at=clock.now()).decision.by_element["test-scores"].rule == "automated-needs-a-person@1"


def test_what_two_stewards_decide_becomes_two_requests() -> None:
    health = Stewardship.objects.get(steward=person("health.steward"))
    instruction = Stewardship.objects.get(steward=person("steward"))
    Stewardship.objects.filter(pk=instruction.pk).update(categories=[each for each in instruction.categories if each != "Demographics"])
    Stewardship.objects.filter(pk=health.pk).update(categories=[*health.categories, "Demographics"])
    made = draft()
    found = actions.submit(data_request=made.public_id, by=person("teacher"), at=clock.now())
    assert [(each.stewardship, set(each.requested.values_list("element_id", flat=True))) for each in found] in (
        [(instruction, {"el-status", "reading-screener"}), (health, {"birth-date"})],
        [(health, {"birth-date"}), (instruction, {"el-status", "reading-screener"})],
    )
    assert found[0].number != found[1].number
    assert queries.requests_waiting_on(person("health.steward"), TODAY())[-1] in found


def test_the_trail_tells_what_was_asked_without_a_word_of_what_was_typed() -> None:
    request = sent(what_for="Groups for Maya and friends", elements={"el-status": "Maya needs it"})
    decided(request, allow=["el-status"], reason="Maya may")
    told = [
        *trail("governance.request.submitted", about=request.public_id),
        *trail("governance.request.approved", about=request.public_id),
        *trail("governance.grant.made", about=DataRequest.objects.get(pk=request.pk).grant.public_id),
    ]
    assert len(told) == 3
    assert "Maya" not in str(told)
    assert all(entry["elements"] == ["el-status"] and entry["purpose"] == "intervention-support" for entry in told)
    assert told[1]["actor_id"] == person("steward").pk and told[1]["hat"] == "data_steward" and told[1]["grant_id"]


# -- Deciding ------------------------------------------------------------------------------------------------------------------


def test_a_steward_leaves_one_out_sets_the_end_and_the_teacher_has_the_rest_until_then() -> None:
    section = sections_of(person("teacher"))[0]
    before = opened_by("teacher", section)
    last_day = TODAY() + dt.timedelta(days=30)
    request = decided(sent(), left_out={"birth-date": "The grade tells enough."}, ends_on=last_day)
    assert request.state == State.NARROWED
    assert request.grant.ends_on == last_day and request.grant.made_by == person("steward")
    assert (request.grant.basis, request.grant.rule_version) == ("wi-118-125-2d-official", "teacher-beyond-classroom@1")
    assert opened_by("teacher", section) - before == {"el-status", "reading-screener"}
    assert opened_by("teacher", section, on=last_day) - before == {"el-status", "reading-screener"}
    assert opened_by("teacher", section, on=last_day + dt.timedelta(days=1)) == before
    withheld = withheld_of(person("teacher"), students=students_in(section), sections=frozenset({section}), on=TODAY())
    assert withheld == {"birth-date": "The grade tells enough."}
    assert opened_by("teacher", sections_of(person("teacher"))[1]) == before


def test_all_of_it_until_the_wanted_day_is_approved_not_narrowed() -> None:
    request = decided(sent(), allow=READING)
    assert request.state == State.APPROVED and request.grant.ends_on == request.wanted_until


def test_a_refusal_makes_no_grant_and_its_reason_is_shown_for_each_element() -> None:
    request = decided(sent(), allow=[], reason="A screener is enough.")
    section = request.sections[0]
    assert (request.state, request.grant) == (State.REFUSED, None)
    withheld = withheld_of(person("teacher"), students=students_in(section), sections=frozenset({section}), on=TODAY())
    assert withheld == dict.fromkeys(READING, "A screener is enough.")


REFUSED = [
    ("teacher", {}, "own_request"),
    ("health.steward", {}, "not_the_steward"),
    ("deputy", {}, "not_the_steward"),
    ("admin", {}, "not_the_steward"),
    ("counselor", {}, "no_role"),
    ("steward", {"reason": "  "}, "no_reason"),
    ("steward", {"allow": ["iep"]}, "beyond_request"),
    ("steward", {"ends_on": dt.timedelta(days=61)}, "too_long"),
    ("steward", {"ends_on": dt.timedelta(days=-1)}, "past_day"),
    ("steward", {"sections": [-1]}, "beyond_request"),
    ("steward", {"sections": []}, "no_class"),
]


def test_a_decision_that_is_not_accepted_changes_nothing_and_is_recorded() -> None:
    request = sent()
    for by, more, code in REFUSED:
        given = {name: TODAY() + value if isinstance(value, dt.timedelta) else value for name, value in more.items()}
        with pytest.raises(CannotDecide) as refusal:
            decided(request, by=by, **given)
        assert refusal.value.code == code
        request.refresh_from_db()
        assert request.state == State.SUBMITTED and request.grant is None, code
        entry = trail("governance.decision.refused", about=request.public_id)[-1]
        assert entry["actor_id"] == person(by).pk and f'"why": "{code}"' in entry["additional_data"]
    assert len(trail("governance.decision.refused", about=request.public_id)) == len(REFUSED)


def test_a_second_approval_is_told_who_decided_and_is_recorded() -> None:
    request = decided(sent())
    with pytest.raises(CannotDecide) as refusal:
        decided(request)
    assert refusal.value.code == "closed" and person("steward").name in refusal.value.what_to_do
    assert Grant.objects.filter(holder=person("teacher"), elements__contains=["el-status"]).count() == 1
    assert len(trail("governance.decision.refused", about=request.public_id)) == 1


def test_when_the_entry_cannot_be_written_nothing_is_decided(monkeypatch) -> None:
    request = sent()

    def broken(*_args, **_more):
        raise RuntimeError("no trail")

    monkeypatch.setattr(entries, "append", broken)
    with pytest.raises(RuntimeError):
        decided(request)
    request.refresh_from_db()
    assert request.state == State.SUBMITTED and request.grant is None
    assert request.requested.filter(allowed=None).count() == 3


def test_a_rule_that_came_into_force_since_wins_over_the_steward() -> None:
    request = sent()
    _rule("no-birth-dates", Outcome.REFUSE, {"eq": ["$asker.role", "teacher"]}, ["birth-date"])
    with pytest.raises(CannotDecide) as refusal:
        decided(request, allow=["birth-date"])
    assert refusal.value.code == "refused_by_rule" and "words of no-birth-dates" in refusal.value.what_to_do
    assert decided(request, allow=["el-status"]).state == State.NARROWED


def test_a_rule_that_refuses_closes_a_grant_that_was_made_before() -> None:
    request = decided(sent())
    section = request.sections[0]
    assert "el-status" in opened_by("teacher", section)
    _rule("no-el-status", Outcome.REFUSE, {"eq": ["$asker.role", "teacher"]}, ["el-status"])
    assert {"el-status", "reading-screener"} & opened_by("teacher", section) == {"reading-screener"}


def test_a_rule_with_days_shortens_what_the_steward_may_give() -> None:
    _rule(
        "short",
        Outcome.STEWARD,
        {"all": [{"eq": ["$asker.role", "teacher"]}, {"eq": ["$asker.relation", "own_section"]}]},
        ["el-status"],
        max_days=10,
    )
    request = sent()
    with pytest.raises(CannotDecide) as refusal:
        decided(request, allow=["el-status"], ends_on=TODAY() + dt.timedelta(days=11))
    assert refusal.value.code == "too_long"
    assert decided(request, allow=["el-status"], ends_on=TODAY() + dt.timedelta(days=10)).grant.ends_on == TODAY() + dt.timedelta(days=10)


def _rule(key: str, outcome: Outcome, when: dict, elements: list[str], max_days: int | None = None) -> RuleVersion:
    version = authority.draft_version(
        key=key,
        kind="access",
        title=key,
        words=f"words of {key}",
        outcome=outcome,
        when=when,
        elements=elements,
        max_days=max_days,
        citation="District policy",
        basis="wi-118-125-2d-official",
        by=person("steward"),
        at=clock.now(),
    )
    return authority.approve_version(version=version.public_id, by=person("admin"), in_force_from=None, at=clock.now())


# -- Two keys ------------------------------------------------------------------------------------------------------------------


def sensitive() -> DataRequest:
    student = Student.objects.filter(
        left_on=None, school__in=[place.school for place in person("counselor").role_assignments.all()]
    ).first()
    return sent("counselor", purpose="counseling-support", elements={"living-situation": "to find help"}, students=[student.pk])


def test_the_most_sensitive_data_needs_two_people() -> None:
    request = sensitive()
    assert request.outcome == Outcome.TWO_KEYS
    first = decided(request, allow=["living-situation"], reason="Needed to find help.")
    assert (first.state, first.grant, first.first_key_by) == (State.SUBMITTED, None, person("steward"))
    assert trail("governance.request.first_key_given", about=request.public_id)
    with pytest.raises(CannotDecide) as refusal:
        decided(request, allow=["living-situation"])
    assert refusal.value.code == "same_person"
    assert first in queries.requests_waiting_on(person("admin"), TODAY())
    assert first not in queries.requests_waiting_on(person("steward"), TODAY())
    second = decided(request, by="admin", allow=["living-situation"], reason="I agree.")
    assert second.state == State.APPROVED and second.grant.made_by == person("admin")
    assert second.grant.students == request.students and second.grant.sections == []


def test_the_second_person_can_take_away_but_not_add() -> None:
    request = sensitive()
    decided(request, allow=["living-situation"], ends_on=TODAY() + dt.timedelta(days=20))
    with pytest.raises(CannotDecide) as refusal:
        decided(request, by="admin", allow=["living-situation"], ends_on=TODAY() + dt.timedelta(days=21))
    assert refusal.value.code == "beyond_first_key"
    assert decided(request, by="admin", allow=[]).state == State.REFUSED


# -- Talking and ending --------------------------------------------------------------------------------------------------------


def test_a_question_stops_the_clock_until_the_answer() -> None:
    request = sent()
    due = request.due_on
    actions.ask_information(data_request=request.public_id, by=person("steward"), text="For which texts?", at=clock.now())
    assert request not in queries.requests_waiting_on(person("steward"), TODAY())
    week_later = clock.now() + dt.timedelta(days=7)
    actions.give_information(data_request=request.public_id, by=person("teacher"), text="For novels.", at=week_later)
    request.refresh_from_db()
    assert request.state == State.SUBMITTED and request.due_on > due
    assert [message.text for message in request.conversation.all()] == ["For which texts?", "For novels."]
    assert "novels" not in str(trail("governance.request.information_given", about=request.public_id))


def test_others_neither_ask_nor_answer() -> None:
    request = sent()
    with pytest.raises(CannotDo):
        actions.ask_information(data_request=request.public_id, by=person("health.steward"), text="?", at=clock.now())
    actions.ask_information(data_request=request.public_id, by=person("steward"), text="?", at=clock.now())
    with pytest.raises(CannotDo):
        actions.give_information(data_request=request.public_id, by=person("colleague"), text="!", at=clock.now())


def test_a_request_is_taken_back_by_its_asker_alone_and_only_while_it_waits() -> None:
    request = sent()
    with pytest.raises(CannotDo):
        actions.withdraw(data_request=request.public_id, by=person("colleague"), at=clock.now())
    assert actions.withdraw(data_request=request.public_id, by=person("teacher"), at=clock.now()).state == State.WITHDRAWN
    with pytest.raises(CannotDo):
        actions.withdraw(data_request=request.public_id, by=person("teacher"), at=clock.now())
    with pytest.raises(CannotDecide):
        decided(request)


def test_a_draft_that_is_taken_back_is_gone() -> None:
    made = draft()
    actions.withdraw(data_request=made.public_id, by=person("teacher"), at=clock.now())
    assert not DataRequest.objects.filter(pk=made.pk).exists()


def test_a_grant_ended_early_closes_at_once_and_leaves_an_entry() -> None:
    request = decided(sent())
    section = request.sections[0]
    with pytest.raises(CannotDo):
        actions.end_grant(data_request=request.public_id, by=person("colleague"), at=clock.now())
    ended = actions.end_grant(data_request=request.public_id, by=person("teacher"), at=clock.now())
    assert ended.state == State.ENDED
    assert "el-status" not in opened_by("teacher", section)
    assert len(trail("governance.grant.ended", about=request.grant.public_id)) == 1
    actions.end_grant(data_request=request.public_id, by=person("teacher"), at=clock.now())
    assert len(trail("governance.grant.ended", about=request.grant.public_id)) == 1


# -- Who decides ---------------------------------------------------------------------------------------------------------------


def test_the_deputy_decides_while_the_steward_is_away() -> None:
    desk = Stewardship.objects.get(steward=person("steward"))
    request = sent()
    assert request not in queries.requests_waiting_on(person("deputy"), TODAY())
    authority.set_absence(stewardship=desk.public_id, starts_on=TODAY(), ends_on=TODAY(), by=person("steward"), at=clock.now())
    assert request in queries.requests_waiting_on(person("deputy"), TODAY())
    with pytest.raises(CannotDecide):
        decided(request, by="steward")
    assert decided(request, by="deputy").decided_by == person("deputy")


def test_a_steward_who_asks_is_decided_by_the_deputy() -> None:
    RoleAssignment.objects.create(user=person("teacher"), role=Role.DATA_STEWARD, starts_on=TODAY(), given_at=clock.now())
    Stewardship.objects.filter(steward=person("steward")).update(steward=person("teacher"))
    request = sent()
    with pytest.raises(CannotDecide) as refusal:
        decided(request, by="teacher")
    assert refusal.value.code == "own_request"
    assert decided(request, by="deputy").state == State.NARROWED


def test_without_a_steward_it_goes_to_the_district_admin_as_a_gap() -> None:
    for desk in Stewardship.objects.filter(ended_at=None):
        authority.end_stewardship(stewardship=desk.public_id, by=person("admin"), at=clock.now())
    request = sent()
    assert request.stewardship is None
    [held] = [each for each in queries.waiting_requests(TODAY()) if each.data_request == request]
    assert held.waiting.gap and held.waiting.includes(person("admin").pk)
    assert decided(request, by="admin").state == State.NARROWED


# -- For other rooms -----------------------------------------------------------------------------------------------------------


def test_a_family_page_learns_the_decision_behind_a_grant() -> None:
    request = decided(sent())
    found = queries.decision_of_grants([request.grant_id])[request.grant_id]
    assert found.number == f"R-{request.number}" and found.decided_by == person("steward").name
    assert found.purpose == "Plan interventions and supports" and found.reason == "Needed for the groups."


def test_grants_that_end_soon_are_found_once_they_are_near() -> None:
    request = decided(sent(), ends_on=TODAY() + dt.timedelta(days=14))
    assert request.grant in queries.grants_ending(person("teacher"), 14)
    assert request.grant not in queries.grants_ending(person("teacher"), 13)
    assert request.grant not in queries.grants_ending(person("colleague"), 14)
