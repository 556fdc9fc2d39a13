"""Which rooms have running clocks. A room registers a source when its app starts; `/clocks/` and the escalation ask all of them."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

from django.utils.functional import Promise

from governance.people.models import User
from governance.vocabulary import Permission


@dataclasses.dataclass(frozen=True)
class Running:
    """One running clock, computed just now. `key` is opaque and names no child; `about` is what people call the thing (R-2041, I-103).

    `due_at` is None where the clock is held or the law gives no number; `why_open` is then a word of `rules.Due`. `url` leads to the page
    where something is done about it, for whoever holds one of the source's permissions.
    """

    key: str
    about: str
    title: str
    started_at: dt.datetime | None
    due_at: dt.datetime | None
    url: str
    why_open: str = ""
    holder: str = ""
    note: str = ""
    drill: bool = False


@dataclasses.dataclass(frozen=True)
class Source:
    """A kind of clock: its name, who may follow its links, how to find those that run, and whom an escalation tells.

    `told` is None where the room tells its own people; else it answers at least two people where the district has them. It gets the
    clock and whether it is overdue.
    """

    name: str
    label: str | Promise
    permissions: tuple[Permission, ...]
    running: Callable[[dt.datetime], Sequence[Running]]
    told: Callable[[Running, bool, dt.date], Sequence[User]] | None = None


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make a room's clocks known. Registering the same name again takes its place."""
    _sources[source.name] = source


def sources() -> list[Source]:
    """All of them, in the order in which their rooms came."""
    return list(_sources.values())
