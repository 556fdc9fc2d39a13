"""Where an order stands, as a table."""

import datetime as dt

import pytest

from vendors.ends.states import OrderFacts, State, state_of

ON = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("due_in", "sent", "confirmed", "called_off", "expected"),
    [
        (60, False, False, False, State.GATHERING),
        (60, True, False, False, State.OPEN),
        (0, True, False, False, State.OPEN),
        (-1, True, False, False, State.LATE),
        (-1, False, False, False, State.LATE),
        (-1, True, True, False, State.CONFIRMED),
        (60, True, True, False, State.CONFIRMED),
        (-1, True, False, True, State.CALLED_OFF),
    ],
)
def test_the_state_follows_from_the_facts(due_in: int, sent: bool, confirmed: bool, called_off: bool, expected: State) -> None:
    facts = OrderFacts(ON + dt.timedelta(days=due_in), sent, confirmed, called_off)
    assert state_of(facts, on=ON) is expected


def test_every_state_is_reached() -> None:
    reached = {
        state_of(OrderFacts(ON + dt.timedelta(days=days), sent, confirmed, off), on=ON)
        for days in (-1, 1)
        for sent in (False, True)
        for confirmed in (False, True)
        for off in (False, True)
    }
    assert reached == set(State)
