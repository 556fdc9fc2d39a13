"""Where a deletion order stands, from its facts. Pure: dataclasses in, answer out."""

import dataclasses
import datetime as dt
import enum


class State(enum.Enum):
    """What an order is, to the district, the provider and families alike."""

    GATHERING = "gathering"
    OPEN = "open"
    LATE = "late"
    CONFIRMED = "confirmed"
    CALLED_OFF = "called_off"


@dataclasses.dataclass(frozen=True)
class OrderFacts:
    """What counts of an order. `confirmed`: the provider said that it did it."""

    due_on: dt.date
    sent: bool
    confirmed: bool
    called_off: bool


def state_of(facts: OrderFacts, *, on: dt.date) -> State:
    """The state on a day. Who is late is late until the answer has come; an answer that came late is an answer."""
    if facts.called_off:
        return State.CALLED_OFF
    if facts.confirmed:
        return State.CONFIRMED
    if facts.due_on < on:
        return State.LATE
    return State.OPEN if facts.sent else State.GATHERING
