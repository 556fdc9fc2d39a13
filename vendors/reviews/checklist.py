"""The reviewer's checklist and the provider's questionnaire: data, read once. Pure apart from reading its own files.

Which items hold for a review follows from where the district is, and from what the tool collects and from whom.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping
from pathlib import Path

_DATA = Path(__file__).parent / "data"
FEDERAL = "US"


@dataclasses.dataclass(frozen=True)
class Item:
    """One question of the checklist. `wanted` is the answer that raises no concern; with `must`, another one stands in the way of approval.

    `when`: always · collects (the tool collects something) · under_13 (students under 13 will be told apart).
    """

    id: str
    jurisdiction: str
    law: str
    group: str
    when: str
    wanted: str
    must: bool
    question: str
    help: str


@dataclasses.dataclass(frozen=True)
class Question:
    """One question to the provider; `wanted` is the answer that raises no concern."""

    id: str
    group: str
    question: str
    wanted: str


@functools.cache
def _items() -> tuple[Item, ...]:
    return tuple(Item(**row) for row in json.loads((_DATA / "checklist.json").read_text(encoding="utf-8"))["items"])


@functools.cache
def questionnaire() -> tuple[str, tuple[Question, ...]]:
    """(edition, questions) of the security questionnaire."""
    found = json.loads((_DATA / "questionnaire.json").read_text(encoding="utf-8"))
    return found["edition"], tuple(Question(**row) for row in found["questions"])


def items_for(state: str, *, collects: bool) -> tuple[Item, ...]:
    """The checklist of a district in a state (US-WI), for a tool that collects something or nothing."""
    return tuple(item for item in _items() if item.jurisdiction in {FEDERAL, state} and (item.when == "always" or collects))


@dataclasses.dataclass(frozen=True)
class Findings:
    """What the answers of a checklist come to: items that still need one, that stand in the way, and that are a concern."""

    unanswered: tuple[Item, ...]
    blocking: tuple[Item, ...]
    concerns: tuple[Item, ...]

    @property
    def clear(self) -> bool:
        """True where the checklist lets an approval through."""
        return not self.unanswered and not self.blocking


def weigh(items: tuple[Item, ...], answers: Mapping[str, str], *, under_13: bool) -> Findings:
    """What these answers ("yes", "no", "not_applicable", by item) come to, with students under 13 or without."""
    needed = [item for item in items if item.when != "under_13" or under_13]
    unanswered = tuple(item for item in needed if item.id not in answers)
    off = [item for item in needed if item.id in answers and answers[item.id] not in {item.wanted, "not_applicable"}]
    # To say that a question that must be answered does not apply is no answer to it.
    dodged = [item for item in needed if item.must and answers.get(item.id) == "not_applicable"]
    return Findings(
        unanswered,
        tuple(item for item in needed if (item in off and item.must) or item in dodged),
        tuple(item for item in off if not item.must),
    )
