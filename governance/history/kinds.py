"""Of what there is a history, who may open it, and what belongs to it. Rooms add theirs when their app starts (README.md)."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db.models import Model
from django.utils.functional import Promise

from governance.people.models import User

# The address of an object of which there is one, and which has no id of its own: the district's facts.
THE_ONLY_ONE = UUID(int=0)


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of object. `slug` stands in its addresses.

    `find` gives the object to whoever may open the object's own page, and None to everybody else, as for one that does not exist.
    `every` gives it by its id alone, for who oversees the whole trail. `parts` are further objects whose entries belong to its history.
    `title` is what it is called; `page` its own page, for whoever `find` gave it to.
    """

    slug: str
    label: str | Promise
    find: Callable[[User, UUID, dt.date], Model | None]
    every: Callable[[UUID], Model | None]
    title: Callable[[Model], str] = str
    parts: Callable[[Model], Iterable[Model]] = lambda found: ()
    page: Callable[[Model], str] = lambda found: ""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind; each slug once. Raises ValueError for one that is taken."""
    if kind.slug in _kinds:
        raise ValueError(f"there is a history of {kind.slug!r} already")
    _kinds[kind.slug] = kind


def kind_of(slug: str) -> Kind | None:
    """The kind of that name."""
    return _kinds.get(slug)


def all_kinds() -> list[Kind]:
    """Every kind, by name."""
    return [_kinds[slug] for slug in sorted(_kinds)]
