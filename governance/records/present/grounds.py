"""Why something may be opened: the law, the purpose, the decision behind it; and what was asked for and not given."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.urls import reverse

from governance.authority.grounds import Ground
from governance.authority.models import Basis, Element
from governance.authority.plain_words import plain_words
from governance.records.plain_words import element_heading, element_list, purpose_words
from governance.records.queries import Decided, Titles


@dataclasses.dataclass(frozen=True)
class DecisionLine:
    """A decision in one line: its name, its page (for staff), who decided, until when, and the reason that families can read."""

    name: str
    url: str
    who: str
    decided_at: dt.datetime | None
    ends_on: dt.date
    reason: str
    holder: str = ""
    elements: str = ""
    purpose: str = ""


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why something may be opened: in plain words, for what, under which law and, where somebody decided, under which decision."""

    mark: int
    words: str
    purpose: str
    citation: str
    law_url: str
    decision: DecisionLine | None
    elements: str


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """An element that was asked for and not given, with the reason."""

    heading: str
    reason: str


def reasons_of(grounds: Sequence[Ground], titles: Titles, decisions: Mapping[int, Decided]) -> list[Reason]:
    """The grounds of a reading, numbered from 1."""
    return [
        Reason(
            mark=mark,
            words=basis_words(ground.basis, titles.bases),
            purpose=purpose_words(ground.purpose, titles.purposes.get(ground.purpose, "")),
            citation=citation_of(ground.basis, titles.bases),
            law_url=law_url_of(ground.basis, titles.bases),
            decision=decision_line(decisions.get(ground.grant_id)) if ground.grant_id else None,
            elements=element_list(ground.elements),
        )
        for mark, ground in enumerate(grounds, start=1)
    ]


def marks_of(grounds: Sequence[Ground]) -> dict[str, int]:
    """For each element the number of the ground on which it was opened."""
    return {element: mark for mark, ground in enumerate(grounds, start=1) for element in ground.elements}


def basis_words(basis: str | None, bases: Mapping[str, Basis]) -> str:
    """Why it is lawful, as a family reads it."""
    if not basis:
        return ""
    found = bases.get(basis)
    return plain_words(basis, otherwise=found.title if found else "")


def citation_of(basis: str | None, bases: Mapping[str, Basis]) -> str:
    """The law behind it."""
    found = bases.get(basis or "")
    return found.citation if found else ""


def law_url_of(basis: str | None, bases: Mapping[str, Basis]) -> str:
    """Where the law can be read; empty where no address is known."""
    found = bases.get(basis or "")
    return found.law.url if found and found.law else ""


def decision_line(decided: Decided | None) -> DecisionLine | None:
    """A decision in one line; None where there is none."""
    if decided is None:
        return None
    who = ", ".join(part for part in (decided.decided_by, decided.decided_by_title) if part)
    return DecisionLine(
        name=f"R-{decided.number}" if decided.number else "",
        url=request_url(decided),
        who=who,
        decided_at=decided.decided_at,
        ends_on=decided.ends_on,
        reason=decided.reason or "",
        holder=", ".join(part for part in (decided.holder_name, decided.holder_title) if part),
        elements=element_list(decided.elements),
        purpose=purpose_words(decided.purpose_id, decided.purpose_title),
    )


def request_url(decided: Decided) -> str:
    """The page of the data request, for staff."""
    return reverse("requests:detail", args=[decided.request_id]) if decided.request_id else ""


def left_out(withheld: Mapping[str, str], given: Collection[str], titles: Mapping[str, Element]) -> list[LeftOut]:
    """What was asked for and not given, with the reason, as far as no other ground gives it."""
    return [
        LeftOut(element_heading(key, titles[key].title if key in titles else ""), reason)
        for key, reason in sorted(withheld.items(), key=lambda pair: element_heading(pair[0]))
        if key not in given
    ]
