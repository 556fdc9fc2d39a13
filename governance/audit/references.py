"""What entries name by an opaque id beside people, students and decisions: tools, agreements. The rooms above say how to find and call them.

An entry names such a thing where it is about it, or where a value of its `additional_data` is the id, whatever that value is called.
"""

import dataclasses
from collections.abc import Callable, Sequence
from uuid import UUID

MOST_FOUND = 6  # of each kind


@dataclasses.dataclass(frozen=True)
class Named:
    """One thing: its opaque id, its name, and what sort of thing it is."""

    public_id: UUID
    name: str
    sort: str

    def __str__(self) -> str:
        return f"{self.name} ({self.sort})"


@dataclasses.dataclass(frozen=True)
class Finder:
    """`named` finds things whose name contains a text, at most `MOST_FOUND`; `with_id` the one with an opaque id."""

    named: Callable[[str], Sequence[Named]]
    with_id: Callable[[UUID], Named | None]


_finders: dict[str, Finder] = {}


def register(key: str, finder: Finder) -> None:
    """Let auditors search by things of one sort. Called once for each `key`, when the apps are ready."""
    _finders[key] = finder


def named(text: str) -> list[Named]:
    """Everything that is called so, or partly so. One query for each sort."""
    return [found for finder in _finders.values() for found in finder.named(text)]


def with_id(public_id: UUID) -> Named | None:
    """What has this id; None for what no registered room knows. At most one query for each sort."""
    return next((found for finder in _finders.values() if (found := finder.with_id(public_id)) is not None), None)
