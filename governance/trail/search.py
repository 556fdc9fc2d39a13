"""Searching the trail. Each page is a look with an entry of its own, committed ahead: what was searched for stands in it."""

import collections
import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from governance.trail import entries
from governance.vocabulary import Event

PURPOSE = "privacy-oversight"
BASIS = "ferpa-school-official"  # 34 CFR 99.31(a)(1)(ii): the district makes sure that officials open only what they may
PAGE = 50
COUNTED = 10_000  # door.audit_days counts one more and stops


@dataclasses.dataclass(frozen=True)
class Filters:
    """What is searched for; None and empty: everything. `since` is included, `until` is not. `students` are ids of Student anchors.

    `decision` is (id of the grant or None, opaque id of the data request); `reference` the opaque id of anything that an entry names: what
    it is about, a tool, an agreement; `entry` is (time, number) of one entry. `within` is what may be seen at all, whatever is asked: times
    ISO `from` and `to`, lists `schools` (ids) and `kinds`.
    """

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    actors: tuple[int, ...] | None = None
    students: tuple[int, ...] | None = None
    kind: str | None = None
    action: int | None = None
    purpose: str | None = None
    basis: str | None = None
    element: str | None = None
    decision: tuple[int | None, str] | None = None
    reference: str | None = None
    address: str | None = None
    request_id: str | None = None
    entry: tuple[dt.datetime, int] | None = None
    within: Mapping[str, Any] | None = None

    def as_told(self) -> dict[str, Any]:
        """The filters as the entry tells them and as the door reads them from it. The students stand in the entry's own list."""
        told = {
            "from": self.since and self.since.isoformat(),
            "to": self.until and self.until.isoformat(),
            "actors": None if self.actors is None else list(self.actors),
            "kind": self.kind,
            "action": self.action,
            "purpose": self.purpose,
            "basis": self.basis,
            "element": self.element,
            "decision": self.decision and {"grant": self.decision[0], "about": self.decision[1]},
            "reference": self.reference,
            "address": self.address,
            "cid": self.request_id,
            "entry": self.entry and {"at": self.entry[0].isoformat(), "id": self.entry[1]},
            "within": self.within,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Facts:
    """What every way of showing an entry shows of it: who did what, when, in which role, for what and by which right."""

    id: int
    at: dt.datetime
    kind: str
    action: int
    actor_id: int | None
    hat: str | None
    purpose: str | None
    basis: str | None


@dataclasses.dataclass(frozen=True)
class Line(Facts):
    """One entry as an auditor sees it. `students` is how many it names; `record_ids` who they are, where one entry was asked for."""

    grant_id: int | None
    rule_version: str | None
    elements: list[str] | None
    students: int
    record_ids: list[int] | None
    places: list[int] | None
    object_pk: str
    content_type_id: int | None
    cid: str | None
    remote_addr: str | None
    changes: dict[str, Any] | None
    additional_data: dict[str, Any] | None
    held: str | None
    held_until: dt.date | None
    login: str


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of entries, newest first. `days` counts the newest 10,001 by the district's calendar days; it is empty behind the first page.

    A search through much that does not fit ends when its patience is at an end: `reached` is how far back it came, and `counted_to` how far
    back it counted; None where everything was looked at.
    """

    lines: list[Line]
    has_older: bool
    has_newer: bool
    days: list[tuple[dt.date, int]]
    reached: dt.datetime | None = None
    counted_to: dt.datetime | None = None

    @property
    def counted(self) -> int:
        """How many entries were found, at most 10,001."""
        return sum(number for _, number in self.days)


Place = tuple[dt.datetime, int]
_AUDIT = "SELECT * FROM door.audit(%s, %s, %s, %s, %s * interval '1 second')"


def page(
    *,
    by: Any,
    hat: str | None,
    filters: Filters,
    before: Place | None = None,
    after: Place | None = None,
    event: Event = Event.TRAIL_SEARCHED,
    patience: float = 2.0,
    using: str = DEFAULT_DB_ALIAS,
) -> Page:
    """One page of what `filters` find: the newest, or from before or after a (time, number) on. Leaves a committed entry that says who searched for what.

    Two queries on the first page beside the entry, one on the others. After `patience` seconds it answers what it has, and how far it came.
    Raises InsideTransaction inside a transaction.
    """
    place, newer = after or before, after is not None
    told = {"after" if newer else "before": place[0].isoformat()} if place else {}
    written = open_door(event, by=by, hat=hat, filters=filters, told=told, using=using)
    names, rows = entries.open_with(written, _AUDIT, [*(place or (None, None)), PAGE + 1, newer, patience], using=using)
    found = [_line(names, row) for row in rows if row[0] is not None]
    reached = rows[-1][1] if rows and rows[-1][0] is None else None
    lines, is_more = found[:PAGE], len(found) > PAGE
    if newer:
        return Page(lines=lines[::-1], has_older=True, has_newer=is_more, days=[], reached=reached)
    days: list[tuple[dt.date, int]] = []
    counted_to = None
    if place is None and is_more:
        days, counted_to = _days(written, patience, using=using)
    elif place is None:
        days, counted_to = _days_of(lines), reached
    return Page(lines, has_older=is_more, has_newer=before is not None, days=days, reached=reached, counted_to=counted_to)


def _days(written: entries.Written, patience: float, *, using: str) -> tuple[list[tuple[dt.date, int]], dt.datetime | None]:
    _, rows = entries.open_with(
        written,
        "SELECT day, entries, reached FROM door.audit_days(%s, %s * interval '1 second')",
        [settings.TIME_ZONE, patience],
        using=using,
    )
    counts: collections.Counter[dt.date] = collections.Counter()
    for day, number, _ in rows:
        if day is not None:
            counts[day] += int(number)
    return sorted(counts.items()), next((reached for day, _, reached in rows if day is None), None)


def _days_of(lines: list[Line]) -> list[tuple[dt.date, int]]:
    zone = timezone.get_default_timezone()
    return sorted(collections.Counter(line.at.astimezone(zone).date() for line in lines).items())


def entry(*, by: Any, hat: str | None, at: dt.datetime, number: int, within: Mapping[str, Any] | None = None) -> Line | None:
    """One entry with the students it names; None where there is none, or none `within` what may be seen. A look like any other."""
    written = open_door(Event.TRAIL_SEARCHED, by=by, hat=hat, filters=Filters(entry=(at, number), within=within))
    names, rows = entries.open_with(written, "SELECT * FROM door.audit(NULL, NULL, 1)")
    return _line(names, rows[0]) if rows else None


def _line(names: list[str], row: tuple) -> Line:
    found = dict(zip(names, row, strict=True))
    for name in ("changes", "additional_data"):  # Django has the driver hand over jsonb as text
        if isinstance(found[name], str):
            found[name] = json.loads(found[name])
    return Line(**found)


def open_door(
    event: Event, *, by: Any, hat: str | None, filters: Filters, told: dict[str, Any] | None = None, using: str = DEFAULT_DB_ALIAS
) -> entries.Written:
    """Commit the entry of a look into the trail: it opens what `filters` find. `told` is what else the entry says, in words from fixed lists."""
    return entries.append_ahead(
        event,
        by=by,
        students=filters.students,
        elements={"audit"},
        data={"filters": filters.as_told(), **(told or {})},
        hat=hat,
        purpose=PURPOSE,
        basis=BASIS,
        using=using,
    )
