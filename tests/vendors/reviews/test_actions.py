"""Reviews, approvals and the tool's status that follows from them."""

import datetime as dt
from typing import Any

import pytest

from portal.base import clock, outbox
from tests.governance.situations import person
from tests.vendors.situations import (
    ELEMENTS,
    PURPOSE,
    approve,
    approved,
    checked,
    contact_of,
    day,
    drafted,
    in_force,
    provider,
    review_of,
    signed,
    tool,
    trail,
)
from vendors.agreements import actions as agreements
from vendors.providers import actions as catalogue
from vendors.providers.models import Tool
from vendors.reviews import actions, checklist, desk, following, status
from vendors.reviews.actions import CannotDecide, CannotReview
from vendors.reviews.models import Approval, Review
from vendors.reviews.rules import Because, State

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def state(tool: Tool, at: dt.datetime | None = None) -> State:
    return status.of(Tool.objects.get(pk=tool.pk), at or clock.now()).state


def refused(expected: str, review: Review, **more: Any) -> CannotDecide:
    with pytest.raises(CannotDecide) as refusal:
        approve(review, **more)
    assert refusal.value.code == expected
    assert trail("vendors.review.decision_refused", review.public_id)[-1]["data"] == {"why": expected}
    assert not Approval.objects.filter(review=review).exists()
    return refusal.value


# -- The status is computed ------------------------------------------------------------------------------------------------------


def test_the_status_follows_a_tool_from_unknown_to_ended() -> None:
    made = tool()
    assert state(made) is State.UNKNOWN
    review = review_of(made)
    assert state(made) is State.WAITING
    agreement = in_force(made)
    approve(checked(review))
    assert state(made) is State.APPROVED
    at = clock.now()
    agreements.end(agreement=agreement.public_id, because="Sold", by=person("admin"), at=at)
    now = status.of(made, clock.now())
    assert (now.state, now.because) == (State.ENDED, Because.AGREEMENT_ENDED)
    assert status.of(made, at - dt.timedelta(microseconds=1)).state is State.APPROVED


def test_limits_make_it_a_limited_approval() -> None:
    made = approved(youngest_age=13).tool
    assert state(made) is State.LIMITED
    assert Review.objects.get(tool=made).outcome == Review.Outcome.LIMITED


def test_a_tool_that_collects_nothing_needs_no_agreement() -> None:
    made = tool(elements=(), collects_nothing=True)
    approve(checked(review_of(made)), elements=(), purposes=())
    assert state(made) is State.APPROVED
    permit = status.permit_of(made, clock.now())
    assert permit is not None and permit.elements == frozenset()


def test_a_refusal_wins_until_somebody_decides_again() -> None:
    made = approved().tool
    other = approved().tool
    review = review_of(made)
    assert state(made) is State.APPROVED  # a review alone takes nothing away
    actions.refuse(review=review.public_id, reason="It sells data.", alternatives=[other], by=person("steward"), at=clock.now())
    assert state(made) is State.REFUSED
    again = review_of(made)
    assert state(made) is State.REFUSED
    approve(checked(again))
    assert state(made) is State.APPROVED


def test_a_retired_tool_is_retired_whatever_was_approved() -> None:
    made = approved().tool
    catalogue.retire_tool(tool=made, because="Nobody uses it", by=person("admin"), at=clock.now())
    assert state(made) is State.RETIRED
    assert status.permit_of(made, clock.now()) is None
    with pytest.raises(CannotReview):
        review_of(made)


def test_the_status_of_many_tools_takes_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    made = [approved().tool for _ in range(3)] + [tool()]
    with django_assert_num_queries(5):
        found = status.of_all(made, clock.now())
    assert [found[each.pk].state for each in made] == [State.APPROVED] * 3 + [State.UNKNOWN]


# -- What the gate reads ---------------------------------------------------------------------------------------------------------


def test_the_permit_is_what_approval_and_agreement_both_name() -> None:
    made = tool()
    in_force(made, elements=(*ELEMENTS, "email"))
    approve(checked(review_of(made)), elements=("name", "grade"))
    permit = status.permit_of(made, clock.now())
    assert permit is not None
    assert permit.elements == {"name", "grade"} and permit.purposes == {PURPOSE}


def test_an_element_that_an_amendment_takes_out_leaves_the_permit_at_once_and_asks_the_approval_again() -> None:
    made = tool()
    agreement = in_force(made)
    approval = approve(checked(review_of(made)))
    agreements.amend(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    agreements.schedule(agreement=agreement.public_id, tool=made, elements={"name": True}, by=person("admin"), at=clock.now())
    signed(agreement)
    permit = status.permit_of(made, clock.now())
    assert permit is not None and permit.elements == {"name"}
    outbox.run()
    outbox.run()
    approval.refresh_from_db()
    assert approval.again_because == "elements_removed" and approval.again_due_on == day(30)
    assert Review.objects.get(tool=made, closed_at=None).because == Review.Because.AMENDMENT
    assert len(trail("vendors.approval.asked_again", approval.public_id)) == 1
    later = clock.now() + dt.timedelta(days=31)
    now = status.of(made, later)
    assert (now.state, now.because) == (State.ENDED, Because.NOT_DECIDED_AGAIN)


def test_a_tool_that_an_amendment_takes_out_stops_at_once() -> None:
    one = tool()
    two = tool(one.provider)
    agreement = in_force(one, two)
    approve(checked(review_of(one)))
    approve(checked(review_of(two)))
    agreements.amend(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    agreements.cover(agreement=agreement.public_id, tools=[one], by=person("admin"), at=clock.now())
    signed(agreement)
    assert state(one) is State.APPROVED
    now = status.of(two, clock.now())
    assert (now.state, now.because) == (State.ENDED, Because.NOT_LISTED)
    outbox.run()
    assert Approval.objects.get(tool=two).again_because == "tool_removed"
    assert Approval.objects.get(tool=one).again_due_on is None


def test_a_tool_that_an_amendment_adds_is_reviewed() -> None:
    one = tool()
    two = tool(one.provider)
    agreement = in_force(one)
    agreements.amend(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    agreements.cover(agreement=agreement.public_id, tools=[one, two], by=person("admin"), at=clock.now())
    agreements.schedule(agreement=agreement.public_id, tool=two, elements={"name": True}, by=person("admin"), at=clock.now())
    signed(agreement)
    outbox.run()
    assert state(two) is State.WAITING


def test_an_approval_is_held_until_the_release_has_committed(district: Any) -> None:
    from django.db import transaction

    made = approved().tool
    other = district.connect()
    try:
        with transaction.atomic():
            assert status.permit_of(made, clock.now(), lock=True) is not None
            for table in ("reviews_approval", "providers_tool", "agreements_agreement"):
                with other.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '200ms'")
                    with pytest.raises(Exception, match="lock timeout"):
                        cursor.execute(f"SELECT 1 FROM {table} FOR UPDATE")
                other.rollback()
    finally:
        other.close()


# -- Deciding --------------------------------------------------------------------------------------------------------------------


def test_an_approval_needs_the_whole_checklist() -> None:
    made = tool()
    in_force(made)
    refused("checklist_open", review_of(made))


@pytest.mark.parametrize("item", ["ferpa_direct_control", "ppra_marketing", "wi_destruction", "coppa_notice"])
def test_what_the_law_demands_stands_in_the_way(item: str) -> None:
    made = tool()
    in_force(made)
    wanted = next(each.wanted for each in checklist.items_for("US-WI", collects=True) if each.id == item.replace("_", "-"))
    review = checked(review_of(made), **{item: "no" if wanted == "yes" else "yes"})
    assert "stands in the way" in refused("checklist_blocks", review).what_to_do
    checked(review, **{item: "not_applicable"})
    refused("checklist_blocks", review)


def test_questions_about_children_under_13_fall_away_with_a_youngest_age_of_13() -> None:
    made = tool()
    in_force(made)
    approve(checked(review_of(made), coppa_notice="no"), youngest_age=13)
    assert state(made) is State.LIMITED


def test_commercial_use_is_refused_by_the_districts_rules_for_children_under_13() -> None:
    made = tool()
    in_force(made)
    review = checked(review_of(made), commercial_use="yes")
    refused("refused_by_rule", review)
    approve(review, youngest_age=13)
    assert Tool.objects.get(pk=made.pk).commercial_use is True


def test_a_tool_that_scores_says_who_decides_before_it_is_approved() -> None:
    made = tool()
    in_force(made)
    review = checked(review_of(made), automated_decisions="yes")
    refused("decisions_not_named", review)
    catalogue.add_decision(
        tool=made, kind="scores", about="reading level", educator="The reading teacher", notice="It gives a level.", objection="Call the office.",
        reviewed_on=day(-300), review_due_on=day(65), by=person("admin"), at=clock.now(),
    )  # fmt: skip
    checked(review, automated_decisions="no")
    refused("decisions_contradict", review)
    checked(review, automated_decisions="yes")
    approve(review)
    assert made.automated_decisions.get().review_due_on == day(365)


def test_without_an_agreement_in_force_nothing_is_approved() -> None:
    made = tool()
    drafted(made)
    refused("no_agreement", checked(review_of(made)))


def test_no_element_beyond_the_schedule_and_no_age_below_the_providers_terms() -> None:
    made = tool(youngest_age=13)
    in_force(made)
    review = checked(review_of(made))
    assert "schedule does not list" in refused("not_listed", review, elements=("name", "birth-date"), youngest_age=13).what_to_do
    refused("too_young", review)
    approve(review, youngest_age=13)


@pytest.mark.parametrize(("name", "code"), [("teacher", "no_role"), ("health.steward", "not_the_steward"), ("admin", "not_the_steward")])
def test_who_does_not_decide(name: str, code: str) -> None:
    made = tool()
    in_force(made)
    refused(code, checked(review_of(made)), by=name)


def test_who_asked_for_a_tool_does_not_decide_on_it() -> None:
    made = tool()
    in_force(made)
    review = checked(review_of(made, asker=person("steward")))
    refused("own_request", review, by="steward")
    approve(review, by="deputy")


def test_health_data_waits_on_the_steward_for_health() -> None:
    made = tool(elements=("immunization", "lead-screening", "name"))
    waiting = desk.waits_on(review_of(made), on=clock.today())
    assert [person.name for person in waiting.people] == [person("health.steward").name]


def test_two_decisions_at_once_one_wins_and_the_other_is_told() -> None:
    made = tool()
    in_force(made)
    review = checked(review_of(made))
    approve(review)
    with pytest.raises(CannotDecide) as refusal:
        actions.refuse(review=review.public_id, reason="No", by=person("steward"), at=clock.now())
    assert refusal.value.code == "closed" and "Andrea Thao" in refusal.value.what_to_do


def test_an_approval_can_be_ended_at_once() -> None:
    approval = approved()
    actions.end_approval(approval=approval, because="safety", by=person("steward"), at=clock.now())
    actions.end_approval(approval=approval, because="safety", by=person("steward"), at=clock.now())
    assert status.permit_of(approval.tool, clock.now()) is None and state(approval.tool) is State.ENDED
    assert [entry["data"] for entry in trail("vendors.approval.ended", approval.public_id)] == [{"why": "safety"}]


# -- The checklist and the questionnaire -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "item"), [("US-WI", "wi-destruction"), ("US-NY", "ny-nist"), ("US-IL", "il-written-agreement"), ("US-CA", "ca-sopipa")]
)
def test_the_checklist_follows_where_the_district_is(state: str, item: str) -> None:
    ids = {each.id for each in checklist.items_for(state, collects=True)}
    assert item in ids and "ferpa-direct-control" in ids and "coppa-notice" in ids and "ppra-topics" in ids
    assert {each.jurisdiction for each in checklist.items_for(state, collects=True)} == {"US", state}


def test_every_item_names_a_law_of_the_catalogue() -> None:
    from governance.authority.models import Law

    named = {each.law for each in checklist._items() if each.law}
    assert named <= set(Law.objects.values_list("pk", flat=True))


def test_the_provider_fills_in_the_questionnaire_for_itself_alone() -> None:
    made = tool()
    questionnaire = actions.send_questionnaire(review=review_of(made).public_id, by=person("admin"), at=clock.now())
    _edition, questions = checklist.questionnaire()
    answers = {question.id: (question.wanted, "") for question in questions}
    for stranger in (contact_of(provider()), person("teacher")):
        with pytest.raises(CannotReview) as refusal:
            actions.hand_in(questionnaire=questionnaire.public_id, answers=answers, by=stranger, at=clock.now())
        assert refusal.value.code == "not_the_provider"
    contact = contact_of(made.provider)
    with pytest.raises(CannotReview) as refusal:
        actions.hand_in(questionnaire=questionnaire.public_id, answers={"data-listed": ("yes", "")}, by=contact, at=clock.now())
    assert refusal.value.code == "incomplete"
    actions.hand_in(questionnaire=questionnaire.public_id, answers=answers, by=contact, at=clock.now())
    assert questionnaire.answers.count() == len(questions)
    with pytest.raises(CannotReview) as refusal:
        actions.hand_in(questionnaire=questionnaire.public_id, answers=answers, by=contact, at=clock.now())
    assert refusal.value.code == "handed_in"


# -- What falls due --------------------------------------------------------------------------------------------------------------


def test_an_approval_that_ends_soon_is_reviewed_once() -> None:
    made = approved(ends=50).tool
    assert following.open_what_falls_due(at=clock.now()) >= 1
    assert Review.objects.get(tool=made, closed_at=None).because == Review.Because.RENEWAL
    before = Review.objects.count()
    following.open_what_falls_due(at=clock.now())
    assert Review.objects.count() == before


def test_a_tool_that_decides_is_reviewed_every_year() -> None:
    made = approved(ends=700).tool
    catalogue.add_decision(
        tool=made, kind="ranks", about="x", educator="y", notice="z", objection="w", reviewed_on=day(-360), review_due_on=day(5), by=person("admin"), at=clock.now()
    )  # fmt: skip
    following.open_what_falls_due(at=clock.now())
    assert Review.objects.get(tool=made, closed_at=None).because == Review.Because.YEARLY
