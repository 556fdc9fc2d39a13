"""What a tool's status is, over the table of what can be known of it; what a checklist comes to. No database."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from vendors.reviews.checklist import Item, weigh
from vendors.reviews.rules import ApprovalFacts, Because, State, StatusFacts, decide_status

TODAY = dt.date(2026, 11, 24)
NOON = dt.datetime(2026, 11, 24, 18, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
GOOD = ApprovalFacts(
    starts_on=TODAY - DAY, ends_on=TODAY + DAY, ended_at=None, decided_at=NOON - DAY, again_due_on=None, limited=False, covered=True, agreement_in_force=True
)  # fmt: skip
NOTHING = StatusFacts(retired_at=None, approval=None, refused_at=None, under_review=False)


def decided(approval: dict[str, Any] | None = None, **facts: Any) -> tuple[State, Because]:
    known = dataclasses.replace(NOTHING, approval=dataclasses.replace(GOOD, **approval) if approval is not None else None, **facts)
    return decide_status(known, at=NOON, on=TODAY)


@pytest.mark.parametrize(
    ("approval", "facts", "expected"),
    [
        (None, {}, (State.UNKNOWN, Because.NOTHING)),
        (None, {"under_review": True}, (State.WAITING, Because.NOTHING)),
        (None, {"refused_at": NOON - DAY}, (State.REFUSED, Because.NOTHING)),
        (None, {"refused_at": NOON - DAY, "under_review": True}, (State.REFUSED, Because.NOTHING)),
        (None, {"refused_at": NOON + DAY}, (State.UNKNOWN, Because.NOTHING)),
        ({}, {}, (State.APPROVED, Because.NOTHING)),
        ({"limited": True}, {}, (State.LIMITED, Because.NOTHING)),
        ({}, {"under_review": True}, (State.APPROVED, Because.NOTHING)),
        ({}, {"refused_at": NOON - 2 * DAY}, (State.APPROVED, Because.NOTHING)),
        ({"ended_at": NOON}, {"refused_at": NOON}, (State.REFUSED, Because.NOTHING)),
        ({"ended_at": NOON}, {}, (State.ENDED, Because.APPROVAL_ENDED)),
        ({"ended_at": NOON + DAY}, {}, (State.APPROVED, Because.NOTHING)),
        ({"ends_on": TODAY}, {}, (State.APPROVED, Because.NOTHING)),
        ({"ends_on": TODAY - DAY}, {}, (State.ENDED, Because.APPROVAL_ENDED)),
        ({"starts_on": TODAY + DAY}, {}, (State.WAITING, Because.NOT_BEGUN)),
        ({"agreement_in_force": False, "covered": False}, {}, (State.ENDED, Because.AGREEMENT_ENDED)),
        ({"covered": False}, {}, (State.ENDED, Because.NOT_LISTED)),
        ({"again_due_on": TODAY}, {}, (State.APPROVED, Because.NOTHING)),
        ({"again_due_on": TODAY - DAY}, {}, (State.ENDED, Because.NOT_DECIDED_AGAIN)),
        ({}, {"retired_at": NOON}, (State.RETIRED, Because.NOTHING)),
        ({}, {"retired_at": NOON + DAY}, (State.APPROVED, Because.NOTHING)),
    ],
    ids=[
        "unknown", "waiting", "refused", "refused-again-under-review", "refused-later", "approved", "limited", "approved-under-review", "approved-after-refusal",
        "refused-after-approval", "ended", "ends-later", "last-day", "over", "not-begun", "agreement-over", "not-listed", "asked-again", "not-answered", "retired",
        "retires-later",
    ],
)  # fmt: skip
def test_the_status(approval: dict[str, Any] | None, facts: dict[str, Any], expected: tuple[State, Because]) -> None:
    assert decided(approval, **facts) == expected


def item(name: str, *, wanted: str = "yes", must: bool = True, when: str = "collects") -> Item:
    return Item(name, "US", "", "", when, wanted, must, name, "")


def test_a_checklist_is_clear_when_everything_that_must_is_as_wanted() -> None:
    items = (item("a"), item("b", must=False), item("c", when="under_13"))
    assert [each.id for each in weigh(items, {}, under_13=True).unanswered] == ["a", "b", "c"]
    assert [each.id for each in weigh(items, {}, under_13=False).unanswered] == ["a", "b"]
    found = weigh(items, {"a": "yes", "b": "no"}, under_13=False)
    assert found.clear and [each.id for each in found.concerns] == ["b"]
    for dodge in ("no", "not_applicable"):
        assert [each.id for each in weigh(items, {"a": dodge, "b": "yes"}, under_13=False).blocking] == ["a"]
    assert weigh(items, {"a": "yes", "b": "not_applicable"}, under_13=False).clear
