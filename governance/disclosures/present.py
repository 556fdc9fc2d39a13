"""The record of disclosures as plain values, in plain words."""

import csv
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.authority.models import Basis
from governance.disclosures.words import Channel, HeldBecause, MistakenBecause, Notice, Outcome, PartyKind
from governance.people.models import User
from governance.records.family.present import harmless
from governance.records.plain_words import element_list, purpose_words
from governance.records.present import basis_words, citation_of, law_url_of
from governance.records.queries import Titles
from governance.trail import addresses
from portal.base.components import Status

COLUMNS = ("day", "outcome", "who", "kind", "contact", "what", "why", "lawful", "law", "how", "onward", "asked_for_by_law", "note")


@dataclasses.dataclass(frozen=True)
class Line:
    """One line for a reader. `left_out`: an order keeps from this reader who it was."""

    day: dt.date
    held_until: dt.date | None = None
    held: Status | None = None
    left_out: bool = False
    outcome: str = ""
    refused: bool = False
    who: str = ""
    kind: str = ""
    contact: str = ""
    what: str = ""
    why: str = ""
    purpose: str = ""
    lawful: str = ""
    citation: str = ""
    law_url: str = ""
    how: str = ""
    onward: str = ""
    details: Sequence[tuple[str, str]] = ()
    required: bool = False
    mistaken: str = ""
    # For staff
    reference: str = ""
    document: str = ""
    recorded: str = ""
    recorded_at: dt.datetime | None = None
    mistake_url: str = ""


def family_lines(rows: Iterable[Mapping[str, Any]], titles: Titles) -> list[Line]:
    """Lines for the family."""
    return [_line(row, titles.bases, titles.purposes, {}, for_staff=False) for row in rows]


def staff_lines(
    rows: Iterable[Mapping[str, Any]], titles: Titles, people: Mapping[int, User], *, student: Any, may_mark: bool
) -> list[Line]:
    """Lines for who keeps and checks the record."""
    found = []
    for row in rows:
        line = _line(row, titles.bases, titles.purposes, people, for_staff=True)
        if may_mark and row["shown"] and row["mistaken_at"] is None:
            line = dataclasses.replace(line, mistake_url=reverse("disclosures:mistake", args=[student.public_id, row["public_id"]]))
        found.append(line)
    return found


def _line(
    row: Mapping[str, Any], bases: Mapping[str, Basis], purposes: Mapping[str, str], people: Mapping[int, User], *, for_staff: bool
) -> Line:
    if not row["shown"]:
        return Line(day=row["happened_on"], held_until=row["held_until"])
    outcome, mistaken = Outcome(row["outcome"]), row["mistaken_because"]
    common = Line(
        day=row["happened_on"],
        left_out=row["left_out"],
        outcome=str(outcome.label),
        refused=outcome is Outcome.REFUSED,
        what=element_list(row["elements"] or ()),
        required=row["required"],
        mistaken=str(MistakenBecause(mistaken).label) if mistaken else "",
    )
    if row["left_out"]:
        return common
    told = dataclasses.replace(
        common,
        who=row["party"],
        kind=str(PartyKind(row["party_kind"]).label),
        contact=row["contact"],
        why=row["interest"],
        purpose=purpose_words(row["purpose"], purposes.get(row["purpose"], "")) if row["purpose"] else "",
        lawful=basis_words(row["basis"], bases),
        citation=citation_of(row["basis"], bases),
        law_url=law_url_of(row["basis"], bases),
        how=str(Channel(row["channel"]).label) if outcome is Outcome.GIVEN else "",
        onward=row["onward"],
        details=_details(row["details"] or {}),
    )
    if not for_staff:
        return told
    person = people.get(row["recorded_by"] or 0)
    return dataclasses.replace(
        told,
        held=_held(row),
        reference=row["reference"],
        document=row["document_sha256"] or "",
        recorded=person.name if person else _("The portal itself"),
        recorded_at=row["recorded_at"],
    )


def _details(told: Mapping[str, str]) -> list[tuple[str, str]]:
    rows = []
    if told.get("threat"):
        rows.append((_("The danger"), told["threat"]))
    if told.get("notice") in set(Notice):
        rows.append((_("Told before"), str(Notice(told["notice"]).label)))
    if told.get("held_because") in set(HeldBecause):
        rows.append((_("Kept back at first"), str(HeldBecause(told["held_because"]).label)))
    return rows


def _held(row: Mapping[str, Any]) -> Status | None:
    if row["held"] is None:
        return None
    until = {"day": row["held_until"].isoformat()}
    if row["held"] == "silent":
        return Status("warn", _("The family sees nothing of it until %(day)s") % until)
    return Status("info", _("The family sees that a line is kept back until %(day)s") % until)


@dataclasses.dataclass(frozen=True)
class MadeRow:
    """One disclosure in the list of all: how many children, and none of them."""

    day: dt.date
    who: str
    kind: str
    children: int
    outcome: str
    lawful: str
    citation: str
    required: bool
    held: Status | None
    mistaken: bool


def made_rows(rows: Iterable[Mapping[str, Any]], bases: Mapping[str, Basis]) -> list[MadeRow]:
    """All disclosures of the district, for who oversees them."""
    return [
        MadeRow(
            day=row["happened_on"],
            who=row["party"],
            kind=str(PartyKind(row["party_kind"]).label),
            children=row["children"],
            outcome=str(Outcome(row["outcome"]).label),
            lawful=bases[row["basis"]].title if row["basis"] in bases else row["basis"],
            citation=citation_of(row["basis"], bases),
            required=row["required"],
            held=_held(row),
            mistaken=row["mistaken_at"] is not None,
        )
        for row in rows
    ]


def address_below(rows: Sequence[Mapping[str, Any]], *, shown: int) -> str:
    """How the next page's address names the last line of this one; empty where there is no next."""
    if len(rows) <= shown:
        return ""
    last = rows[shown - 1]
    return str(addresses.address_of(dt.datetime.combine(last["happened_on"], dt.time(), dt.UTC), last["id"]))


def flat_rows(lines: Iterable[Line]) -> list[dict[str, str]]:
    """Every line that is shown, as one flat row; a line that is kept back says so."""
    return [_flat(line) for line in lines]


def _flat(line: Line) -> dict[str, str]:
    if line.held_until is not None:
        note = _("The law does not let us show this line yet. It can be shown on %(day)s.") % {"day": line.held_until.isoformat()}
        return dict.fromkeys(COLUMNS, "") | {"day": line.day.isoformat(), "note": note}
    notes = [f"{term}: {value}" for term, value in line.details]
    if line.mistaken:
        notes.insert(0, _("Written by mistake: %(why)s") % {"why": line.mistaken})
    if line.left_out:
        notes.append(_("A court order or a safety rule keeps the rest of this line back."))
    return {
        "day": line.day.isoformat(),
        "outcome": line.outcome,
        "who": line.who,
        "kind": line.kind,
        "contact": line.contact,
        "what": line.what,
        "why": line.why or line.purpose,
        "lawful": line.lawful,
        "law": line.citation,
        "how": line.how,
        "onward": line.onward,
        "asked_for_by_law": "yes" if line.required else "no",
        "note": "; ".join(notes),
    }


def csv_copy(rows: Sequence[Mapping[str, str]]) -> str:
    """The rows for a spreadsheet, RFC 4180; a cell that a spreadsheet would run is made harmless."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=COLUMNS)
    writer.writeheader()
    writer.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def json_copy(rows: Sequence[Mapping[str, str]], *, made_at: dt.datetime, district: str) -> str:
    """The rows for a program."""
    about = {"district": district, "made_at": timezone.localtime(made_at).isoformat(timespec="seconds"), "disclosures": list(rows)}
    return json.dumps(about, ensure_ascii=False, indent=1)
