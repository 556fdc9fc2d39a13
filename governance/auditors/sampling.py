"""Random samples of the trail: announced with the seed and the size of the population, then drawn, then tested.

The seed stands in the trail before anybody can see what it draws, and the draw takes everything from that entry, so that nobody tries seeds until
one draws what they like. How to redo a draw without the portal: governance/auditors/README.md.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from governance.auditors import queries, rules
from governance.auditors.models import Engagement, Sample, SampleItem
from governance.people.models import User
from governance.trail import entries, search
from governance.vocabulary import Action, Event, Role
from portal.base.errors import CannotDo

LONGEST = "600s"
MARKS = ("yes", "no", "na")
SHOWN = 25
_FACTS: dict[str, Any] = {"hat": Role.AUDITOR, "purpose": search.PURPOSE, "basis": search.BASIS}


class CannotSample(CannotDo):
    """Nothing was drawn or changed; `what_to_do` says why."""


@dataclasses.dataclass(frozen=True)
class Line(search.Facts):
    """A drawn entry as its auditor sees it; `students` is how many it names."""

    grant_id: int | None
    rule_version: str | None
    elements: list[str] | None
    students: int
    object_pk: str
    remote_addr: str | None
    held: str | None
    held_until: dt.date | None
    leaf: str


def announce(
    *,
    engagement: Engagement,
    objective: str,
    since: dt.datetime,
    until: dt.datetime,
    only: Mapping[str, Any],
    strata: str,
    size: int,
    seed: str,
    attributes: Sequence[str],
    by: User,
    at: dt.datetime,
) -> Sample:
    """Count the population and write population, size and seed into the trail; nothing is drawn yet.

    `since` is included, `until` is not and must not lie ahead. `only` narrows the population: kinds (events by name), purpose, hat, element.
    Two committed entries: of the count, and of the announcement. Raises CannotSample; InsideTransaction inside a transaction.
    """
    if until > at:
        raise CannotSample(_("The period has to be over: its last day lies ahead."))
    filters = {"from": since.isoformat(), "to": until.isoformat(), **{name: value for name, value in only.items() if value}}
    if (narrowed := queries.within(queries.scope_in(engagement))) is not None:
        filters["within"] = narrowed
    counts = _count(filters, strata, by=by)
    population = sum(counts.values())
    if not population:
        raise CannotSample(_("No entry in your scope fits. Choose a longer period or fewer conditions."))
    shares = rules.shares_of(counts, size)
    with transaction.atomic():
        Engagement.objects.select_for_update().get(pk=engagement.pk)  # numbers one after the other
        last = Sample.objects.filter(engagement=engagement).aggregate(last=Max("number"))["last"] or 0
        sample = Sample(
            engagement=engagement,
            number=last + 1,
            objective=objective,
            filters=filters,
            strata=strata,
            size=size,
            seed=seed,
            attributes=list(attributes),
            population=population,
            counts={"counts": counts, "shares": shares},
        )
        written = entries.append(
            Event.SAMPLE_COMMITTED,
            action=Action.CREATE,
            by=by,
            about=sample,
            hat=Role.AUDITOR,
            data={
                "filters": filters,
                "strata": strata,
                "size": size,
                "seed": seed,
                "population": population,
                "counts": counts,
                "shares": shares,
            },
        )
        sample.committed_at, sample.commitment_id = written.timestamp, written.id
        sample.save()
    return sample


def _count(filters: Mapping[str, Any], strata: str, *, by: User) -> dict[str, int]:
    key = entries.append_ahead(
        Event.TRAIL_SEARCHED, by=by, students=None, elements={"audit"}, data={"filters": filters, "strata": strata}, **_FACTS
    )
    _names, rows = entries.open_with(
        key, "SELECT set_config('statement_timeout', %s, true); SELECT * FROM door.sample_population()", [LONGEST]
    )
    return {str(stratum): int(count) for stratum, count in rows}


def draw(*, sample_id: int, by: User, at: dt.datetime) -> Sample:
    """Draw what was announced. Drawing twice, or going on after a break, gives the same entries.

    Raises CannotSample where the population is no longer the one that was counted: entries left by their retention, or the trail was changed.
    """
    sample = Sample.objects.select_related("engagement").get(pk=sample_id)
    if sample.drawn_at is not None:
        return sample
    counts = _count(sample.filters, sample.strata, by=by)
    if counts != sample.counts["counts"]:
        raise CannotSample(_("The entries are not those that were counted. Announce a new sample, and tell the compliance officer."))
    key = entries.append_ahead(
        Event.SAMPLE_DRAWN,
        by=by,
        students=None,
        elements={"audit"},
        data={"sample": str(sample.public_id), "commitment": {"at": sample.committed_at.isoformat(), "id": sample.commitment_id}},
        **_FACTS,
    )
    _names, rows = entries.open_with(key, "SELECT set_config('statement_timeout', %s, true); SELECT * FROM door.sample_draw()", [LONGEST])
    with transaction.atomic():
        sample = Sample.objects.select_for_update(of=("self",)).select_related("engagement").get(pk=sample_id)
        if sample.drawn_at is None:
            SampleItem.objects.bulk_create(
                SampleItem(sample=sample, place=place, stratum=stratum, entry_id=number, entry_at=moment, leaf=leaf, ticket=ticket)
                for place, (stratum, number, moment, leaf, ticket) in enumerate(rows, start=1)
            )
            sample.drawn_at = at
            sample.save(update_fields=["drawn_at"])
    return sample


def lines_of(items: Sequence[SampleItem], *, engagement: Engagement, by: User) -> dict[tuple[int, dt.datetime], Line]:
    """The drawn entries as they stand in the trail, by (number, time): a look with an entry of its own that names them."""
    return opened(
        [(item.entry_id, item.entry_at) for item in items],
        engagement=engagement,
        by=by,
        data={"sample": str(items[0].sample.public_id)} if items else {},
    )


def opened(
    places: Sequence[tuple[int, dt.datetime]], *, engagement: Engagement, by: User, data: Mapping[str, Any] | None = None
) -> dict[tuple[int, dt.datetime], Line]:
    """Entries of the trail by (number, time), as far as the audit's scope reaches. At most 100."""
    if not places:
        return {}
    narrowed = queries.within(queries.scope_in(engagement))
    key = entries.append_ahead(
        Event.SAMPLE_OPENED,
        by=by,
        students=None,
        elements={"audit"},
        data={
            "filters": {"within": narrowed} if narrowed else {},
            "entries": [[number, moment.isoformat()] for number, moment in places],
            **(data or {}),
        },
        **_FACTS,
    )
    names, rows = entries.open_with(key, "SELECT * FROM door.audit_entries()")
    found = [Line(**dict(zip(names, row, strict=True))) for row in rows]
    return {(line.id, line.at): line for line in found}


@transaction.atomic
def mark(*, sample_id: int, place: int, marks: Mapping[str, str], note: str, by: User, at: dt.datetime) -> SampleItem:
    """Note what the test of one drawn entry gave: yes, no or na for each attribute (its number from 1), and a note of the auditor's own."""
    item = SampleItem.objects.select_for_update(of=("self",)).select_related("sample__engagement").get(sample_id=sample_id, place=place)
    item.marks = {name: mark for name, mark in marks.items() if mark in MARKS}
    item.note, item.tested_by, item.tested_at = note, by, at
    item.save(update_fields=["marks", "note", "tested_by", "tested_at"])
    entries.append(
        Event.SAMPLE_TESTED,
        action=Action.UPDATE,
        by=by,
        about=item.sample,
        hat=Role.AUDITOR,
        data={"place": place, "marks": item.marks},
    )
    return item
