"""Who may answer a family's question about a look, and when."""

import dataclasses
import datetime as dt

SCHOOL_DAYS_TO_ANSWER = 5


@dataclasses.dataclass(frozen=True)
class AnswerFacts:
    """What the rule needs to know."""

    asked_of: int | None
    answered: bool
    due_on: dt.date
    who: int
    oversees: bool
    today: dt.date


def may_answer(facts: AnswerFacts) -> bool:
    """Whoever opened the record answers; who oversees privacy does once the days are over, or where nobody can be asked."""
    if facts.answered:
        return False
    if facts.asked_of == facts.who:
        return True
    return facts.oversees and (facts.asked_of is None or facts.today > facts.due_on)
