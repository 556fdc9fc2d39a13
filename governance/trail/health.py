"""How the trail itself is: how far its partitions reach, and what stands in it."""

import dataclasses
import datetime as dt

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.translation import gettext

ENOUGH_AHEAD = 3
KEPT_AHEAD = 36


@dataclasses.dataclass(frozen=True)
class Health:
    """`months_ahead`: months after this one that have a partition. `oldest` and `newest`: times of entries, None in an empty trail."""

    months_ahead: int
    oldest: dt.datetime | None
    newest: dt.datetime | None

    @property
    def is_well(self) -> bool:
        """True while entries can be written for at least three months to come."""
        return self.months_ahead >= ENOUGH_AHEAD

    @property
    def words(self) -> str:
        """The state in a sentence, and what to do where something is to be done."""
        if self.is_well:
            return gettext("The trail has room for %(months)d months to come.") % {"months": self.months_ahead}
        return gettext(
            "The trail has room for %(months)d months only. After that nothing can be opened or changed. "
            "Run `manage.py trail partitions` with the owner's login."
        ) % {"months": self.months_ahead}


def health(*, using: str = DEFAULT_DB_ALIAS) -> Health:
    """The state of the trail. One query; no entry's content."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT ahead, oldest, newest FROM door.trail_health()")
        return Health(*cursor.fetchone())


def count(*, using: str = DEFAULT_DB_ALIAS) -> int:
    """How many entries there are. Reads them all: for a command, not for a page."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT door.trail_count()")
        number: int = cursor.fetchone()[0]
        return number


def top_up(*, using: str = "owner") -> int:
    """Make the partitions of this month and the 36 after it that are missing. Only the owner may. Answers how many were made."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'trail.entry'::regclass")
        before = cursor.fetchone()[0]
        for months in range(KEPT_AHEAD + 1):
            cursor.execute(
                "CALL trail.make_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => %s))::date)", [months]
            )
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'trail.entry'::regclass")
        made: int = cursor.fetchone()[0] - before
        return made
