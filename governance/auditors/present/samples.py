"""Samples and the entries drawn, as plain values for templates and as a file."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.auditors.areas import areas_in
from governance.auditors.models import Sample, SampleItem
from governance.auditors.sampling import Line
from governance.people.models import User
from governance.people.present import name_of
from governance.vocabulary import Event, Role
from portal.base.components import Status
from portal.base.templatetags.portal import long_date


@dataclasses.dataclass(frozen=True)
class SampleRow:
    """A sample in a list."""

    url: str
    number: int
    objective: str
    size: int
    population: int
    tested: int
    status: Status


def sample_row(sample: Sample, *, tested: int, items: int) -> SampleRow:
    """A sample with how far its test is."""
    if sample.drawn_at is None:
        status = Status("wait", _("Announced, not drawn"))
    elif tested < items:
        status = Status("wait", _("%(tested)s of %(items)s tested") % {"tested": tested, "items": items})
    else:
        status = Status("ok", _("Tested"))
    return SampleRow(
        url=reverse("auditors:sample", args=[sample.public_id]),
        number=sample.number,
        objective=sample.objective,
        size=sample.size,
        population=sample.population,
        tested=tested,
        status=status,
    )


def event_words(kind: str) -> str:
    """What an event is called; its name where the portal knows it no more."""
    return str(Event(kind).label) if kind in Event else kind


def role_words(hat: str | None) -> str:
    """What a role is called."""
    return str(Role(hat).label) if hat in set(Role) else (hat or _("No role"))


def sample_facts(sample: Sample, *, titles: Mapping[str, str], same_population: int) -> list[dict[str, Any]]:
    """What was announced, term by term. `titles` names purposes and elements; `same_population`: samples announced over these entries."""
    filters = sample.filters
    facts: list[dict[str, Any]] = [
        {"term": _("Entries from"), "value": long_date(_moment(filters["from"]))},
        {"term": _("to, that day included"), "value": long_date(_moment(filters["to"]) - dt.timedelta(days=1))},
        {"term": _("What happened"), "value": _kinds_words(filters.get("kinds"))},
    ]
    for name, term in (("purpose", _("Purpose")), ("element", _("Kind of data"))):
        if name in filters:
            facts.append({"term": term, "value": titles.get(filters[name], filters[name])})
    if "hat" in filters:
        facts.append({"term": _("Role"), "value": role_words(filters["hat"])})
    facts += [
        {
            "term": _("Population"),
            "value": ngettext("%(count)s entry", "%(count)s entries", sample.population) % {"count": f"{sample.population:,}"},
        },
        {"term": _("Size of the sample"), "value": sample.size},
        {"term": _("Strata"), "value": str(Sample.Strata(sample.strata).label)},
        {"term": _("Seed"), "value": sample.seed, "note": _("recorded before the draw")},
        {"term": _("Announced in entry"), "value": sample.commitment_id},
    ]
    if same_population > 1:
        facts.append(
            {
                "term": _("Other samples"),
                "value": _("%(count)s samples were announced over these same entries.") % {"count": same_population},
                "note": _("Say in your paper why."),
            }
        )
    return facts


def _moment(text: str) -> dt.datetime:
    return timezone.localtime(dt.datetime.fromisoformat(text), timezone.get_default_timezone())


def _kinds_words(kinds: Sequence[str] | None) -> str:
    if not kinds:
        return _("Everything")
    return event_words(kinds[0]) if len(kinds) == 1 else "; ".join(str(title) for title in areas_in(kinds))


def strata_rows(sample: Sample) -> list[dict[str, Any]]:
    """For each stratum: what it is called, how many entries it has, how many it gives."""
    counts, shares = sample.counts["counts"], sample.counts["shares"]
    words = event_words if sample.strata == Sample.Strata.KIND else role_words
    return [{"label": words(name), "entries": counts[name], "drawn": shares.get(name, 0)} for name in sorted(counts)]


@dataclasses.dataclass(frozen=True)
class ItemRow:
    """A drawn entry, what it says, and its test."""

    place: int
    at: dt.datetime
    number: int
    what: str
    who: str
    role: str
    purpose: str
    elements: str
    students: int
    stratum: str
    ticket: str
    found: bool
    changed: bool
    form: Any
    tested_at: dt.datetime | None


def item_row(item: SampleItem, line: Line | None, *, form: Any, people: Mapping[int, User], titles: Mapping[str, str]) -> ItemRow:
    """A drawn entry; `line` is None where the trail no longer has it or the scope no longer reaches it."""
    person = people.get(line.actor_id) if line and line.actor_id else None
    return ItemRow(
        place=item.place,
        at=item.entry_at,
        number=item.entry_id,
        what=event_words(line.kind) if line else "",
        who=name_of(person) if line else "",
        role=role_words(line.hat) if line and line.hat else "",
        purpose=titles.get(line.purpose, line.purpose) if line and line.purpose else "",
        elements=", ".join(titles.get(element, element) for element in (line.elements or []) if element != "audit") if line else "",
        students=line.students if line else 0,
        stratum=event_words(item.stratum) if item.sample.strata == Sample.Strata.KIND else item.stratum,
        ticket=item.ticket,
        found=line is not None,
        changed=line is not None and line.leaf != item.leaf,
        form=form,
        tested_at=item.tested_at,
    )


def sample_file(sample: Sample, items: Sequence[SampleItem]) -> dict[str, Any]:
    """The sample as a JSON document: enough for an outsider with the population's leaf hashes to redo the draw."""
    return {
        "form": "trail-sample/1",
        "rule": "ticket = sha256(seed, UTF-8 || leaf hash, 32 bytes); each stratum gives its `shares` smallest tickets",
        "sample": str(sample.public_id),
        "number": sample.number,
        "announced": {"entry": sample.commitment_id, "at": sample.committed_at.isoformat()},
        "filters": sample.filters,
        "strata": sample.strata,
        "size": sample.size,
        "seed": sample.seed,
        "population": sample.population,
        **sample.counts,
        "entries": [
            {
                "place": one.place,
                "stratum": one.stratum,
                "entry": one.entry_id,
                "at": one.entry_at.isoformat(),
                "leaf": one.leaf,
                "ticket": one.ticket,
                "marks": one.marks,
                "note": one.note,
            }
            for one in items
        ],
        "attributes": sample.attributes,
    }
