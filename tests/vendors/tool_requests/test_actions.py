"""What teachers ask for and use, and how long it takes them to get an answer."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core import mail

from portal.base import clock, outbox
from tests.governance.situations import person, sections_of
from tests.vendors.situations import approve, approved, asked, checked, day, in_force, tool, trail
from vendors.reviews import actions as reviews
from vendors.reviews.models import Review
from vendors.tool_requests import actions, queries
from vendors.tool_requests.actions import CannotAsk
from vendors.tool_requests.models import ToolRequest, ToolUse
from vendors.tool_requests.queries import State

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def answered(now: dt.datetime, asked_days_ago: int, days: int | None) -> ToolRequest:
    """A request of the past, written as it would stand today."""
    at = now - dt.timedelta(days=asked_days_ago)
    return ToolRequest.objects.create(
        asker=person("teacher"), hat="teacher", name="x", activity="x", accounts="none", wanted_by=at.date(), asked_at=at,
        answered_at=at + dt.timedelta(days=days) if days is not None else None,
    )  # fmt: skip


# -- Asking ------------------------------------------------------------------------------------------------------------------------


def test_a_link_that_the_catalogue_knows_joins_the_request_and_opens_one_review_for_all_who_ask() -> None:
    made = tool(link="https://lexi.example")
    first = asked("teacher", link="https://app.lexi.example/start", name="Lexi")
    second = asked("colleague", tool=made)
    assert first.tool == made and first.review == second.review
    assert sorted(Review.objects.get(tool=made).askers) == sorted([person("teacher").pk, person("colleague").pk])
    assert first.name == made.name


def test_a_form_sent_twice_asks_once() -> None:
    key = uuid.uuid4()
    assert asked(key=key) == asked(key=key)
    with pytest.raises(CannotAsk):
        asked("colleague", key=key)


def test_what_may_be_used_is_not_asked_for_and_nothing_is_asked_for_twice() -> None:
    made = approved().tool
    with pytest.raises(CannotAsk) as refusal:
        asked(tool=made)
    assert refusal.value.code == "usable"
    other = tool()
    asked(tool=other)
    with pytest.raises(CannotAsk) as refusal:
        asked(tool=other)
    assert refusal.value.code == "asked_already"


def test_who_does_not_teach_does_not_ask() -> None:
    with pytest.raises(CannotAsk) as refusal:
        asked("leader")
    assert refusal.value.code == "no_role"


def test_an_unlisted_tool_is_joined_later_and_reviewed() -> None:
    wish = asked(name="Debate Club", link="https://debate.example/x")
    assert wish.tool is None and wish in queries.not_joined()
    made = tool(name="Debate Club Online")
    joined = actions.join(tool_request=wish.public_id, tool=made, by=person("admin"), at=clock.now())
    assert joined.review is not None and queries.state_of(joined) is State.WAITING
    with pytest.raises(CannotAsk):
        actions.join(tool_request=wish.public_id, tool=made, by=person("admin"), at=clock.now())


def test_joined_with_a_tool_that_may_be_used_it_is_answered_at_once() -> None:
    wish = asked()
    joined = actions.join(tool_request=wish.public_id, tool=approved().tool, by=person("admin"), at=clock.now())
    assert queries.state_of(joined) is State.ANSWERED and joined.review is None


@pytest.mark.parametrize("outcome", ["approved", "refused"])
def test_everybody_who_waited_has_the_answer_and_one_mail_without_it(outcome: str) -> None:
    made = tool()
    one, two = asked("teacher", tool=made), asked("colleague", tool=made)
    review = Review.objects.get(tool=made)
    if outcome == "approved":
        in_force(made)
        approve(checked(review))
    else:
        reviews.refuse(review=review.public_id, reason="It sells data.", by=person("steward"), at=clock.now())
    mail.outbox = []
    outbox.run()
    outbox.run()
    for wish in (one, two):
        wish.refresh_from_db()
        assert wish.answered_at == Review.objects.get(pk=review.pk).closed_at
        assert len(trail("vendors.tool_request.answered", wish.public_id)) == 1
    ours = [message for message in mail.outbox if "/tools/requests/" in message.body]
    assert sorted(message.to[0] for message in ours) == sorted([one.asker.email, two.asker.email])
    assert all("sells" not in message.body and made.name not in message.subject for message in ours)


def test_a_request_is_withdrawn_while_it_waits() -> None:
    wish = asked()
    actions.withdraw(tool_request=wish.public_id, by=person("teacher"), at=clock.now())
    assert queries.state_of(ToolRequest.objects.get(pk=wish.pk)) is State.WITHDRAWN
    with pytest.raises(ToolRequest.DoesNotExist):
        actions.withdraw(tool_request=wish.public_id, by=person("colleague"), at=clock.now())


def test_the_trail_holds_no_word_of_what_was_typed() -> None:
    wish = asked(activity="Reading with M.", name="Secret name", link="https://secret.example")
    (entry,) = trail("vendors.tool_request.sent", wish.public_id)
    assert entry["data"] == {"listed": False, "accounts": "students"} and entry["hat"] == "teacher"


# -- Waiting -----------------------------------------------------------------------------------------------------------------------


def test_the_ninth_of_ten_waits_is_told_and_those_who_still_wait_longer_count() -> None:
    ToolRequest.objects.all().delete()
    at = clock.now()
    for days in (1, 2, 3, 4):
        answered(at, 100, days)
    assert queries.usual_wait(at) is None
    for days in (5, 6, 7, 8, 9, 20):
        answered(at, 100, days)
    assert queries.usual_wait(at) == 9
    for _ in range(3):
        answered(at, 60, None)  # they wait 60 days already: to leave them out would make the number look good
    assert queries.usual_wait(at) == 60
    answered(at, 3, None)  # a short wait says nothing yet
    assert queries.usual_wait(at) == 60


# -- Using -------------------------------------------------------------------------------------------------------------------------


def test_a_use_names_its_classes_and_ends_with_the_approval() -> None:
    approval = approved(ends=100)
    mine = sections_of(person("teacher"))
    use = actions.begin_use(tool=approval.tool, sections=mine[:2], by=person("teacher"), at=clock.now())
    assert use.ends_on == day(100)
    assert queries.sections_using(approval.tool, on=clock.today()) == frozenset(mine[:2])
    again = actions.begin_use(tool=approval.tool, sections=mine[:1], by=person("teacher"), at=clock.now())
    assert again.pk == use.pk and again.sections == mine[:1]
    assert list(queries.tools_used_in(mine[:1], on=clock.today()).filter(pk=approval.tool.pk)) == [approval.tool]


def test_a_refused_tool_cannot_be_turned_on() -> None:
    made = tool()
    review = reviews.open_review(tool=made, because="district", by=person("admin"), at=clock.now())
    reviews.refuse(review=review.public_id, reason="No.", by=person("steward"), at=clock.now())
    with pytest.raises(CannotAsk) as refusal:
        actions.begin_use(tool=made, sections=[1], by=person("teacher"), at=clock.now())
    assert refusal.value.code == "not_usable"
    assert not ToolUse.objects.filter(tool=made).exists()
    assert trail("vendors.tool_use.refused", made.public_id)[-1]["data"] == {"status": "refused"}


def test_a_renewal_asks_what_it_let_one_do() -> None:
    approval = approved()
    use = actions.begin_use(tool=approval.tool, sections=[1], by=person("teacher"), at=clock.now())
    with pytest.raises(CannotAsk) as refusal:
        actions.renew_use(use=use.public_id, allowed_what=" ", by=person("teacher"), at=clock.now())
    assert refusal.value.code == "no_answer"
    renewed = actions.renew_use(use=use.public_id, allowed_what="Groups saw their progress.", by=person("teacher"), at=clock.now())
    use.refresh_from_db()
    assert use.ended_at is not None and use.allowed_what == "Groups saw their progress." and renewed.renewed_from == use
    actions.end_use(use=renewed.public_id, by=person("teacher"), at=clock.now())
    actions.end_use(use=renewed.public_id, by=person("teacher"), at=clock.now())
    assert len(trail("vendors.tool_use.ended", renewed.public_id)) == 1
