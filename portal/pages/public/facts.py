"""What the rights page stands on: the reference data of governance/data, read once per process."""

import csv
import dataclasses
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import governance

FOLDER = Path(governance.__file__).parent / "data"

Translated = Mapping[str, str | None]
TranslatedList = Mapping[str, list[str] | None]


@dataclasses.dataclass(frozen=True)
class Law:
    """One law or rule. `verified`: its main claim was seen in a stored text (governance/data/README.md)."""

    id: str
    citation: str
    short_title: str
    url: str
    verified: bool


@dataclasses.dataclass(frozen=True)
class Clock:
    """By when, in words. `number` is the law's own (days or years, as the words say); None where the law gives none."""

    id: str
    words: Translated
    number: int | None
    citation: str
    verified: bool


@dataclasses.dataclass(frozen=True)
class Office:
    """An office outside the district. What was not checked is not given: an unverified one has its website alone."""

    id: str
    name: Translated
    web: str
    phone: str
    email: str
    mail: str
    verified: bool


@dataclasses.dataclass(frozen=True)
class Right:
    """One right. Texts by language code; a Hmong text that nobody wrote is None, never filled in by a machine."""

    id: str
    group: str
    citation: str
    title: Translated
    summary: Translated
    how: Translated
    if_nothing: Translated | None
    exceptions: TranslatedList
    choice: tuple[str, ...]
    who: tuple[str, ...]
    laws: tuple[Law, ...]
    clocks: tuple[Clock, ...]
    offices: tuple[Office, ...]
    verified: bool


@dataclasses.dataclass(frozen=True)
class Term:
    """A Hmong wording found in a published school notice, waiting for a translator's review."""

    english: str
    hmong: str


@dataclasses.dataclass(frozen=True)
class Book:
    """Everything the rights page shows apart from the district's own facts, in the order it is shown."""

    groups: Mapping[str, Translated]
    rights: tuple[Right, ...]
    terms: tuple[Term, ...]


@functools.cache
def book() -> Book:
    """The rights with their laws, clocks and offices. Raises KeyError where a row names another that is not there."""
    source = json.loads((FOLDER / "rights.json").read_text(encoding="utf-8"))
    laws = {row["id"]: _law(row) for row in _rows("laws.csv")}
    clocks = {row["id"]: row for row in _rows("deadlines.csv")}
    offices = {row["id"]: _office(row) for row in source["contacts"]}
    rights = [
        Right(
            id=row["id"],
            group=row["group"],
            citation=row["citation"],
            title=row["title"],
            summary=row["summary"],
            how=row["how"],
            if_nothing=row["if_nothing"],
            exceptions=row["exceptions"],
            choice=tuple(row["choice"] or ()),
            who=tuple(row["who_may_use"]),
            laws=tuple(laws[id_] for id_ in row["law_ids"]),
            clocks=tuple(_clock(clocks[id_], source["clock_words"][id_]) for id_ in row["deadline_ids"]),
            offices=tuple(offices[id_] for id_ in row["contact_ids"]),
            verified=row["verified"] == "yes",
        )
        for row in sorted(source["rights"], key=lambda row: row["order"])
    ]
    return Book(
        groups={row["id"]: row["title"] for row in source["groups"]},
        rights=tuple(rights),
        terms=tuple(Term(row["en"], row["hmn"]) for row in source["hmong_terms"]),
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _law(row: dict[str, str]) -> Law:
    return Law(row["id"], row["citation"], row["short_title"], row["url"], row["verified"] == "yes")


def _clock(row: dict[str, str], words: Translated) -> Clock:
    number = int(row["duration"]) if row["duration"].isdigit() else None
    return Clock(row["id"], words, number, row["citation"], row["verified"] == "yes")


def _office(row: dict[str, Any]) -> Office:
    checked = row["verified"] == "yes"
    return Office(
        id=row["id"],
        name=row["name"],
        web=row["web"],
        phone=row["phone"] if checked else "",
        email=row["email"] if checked else "",
        mail=row["mail"] if checked else "",
        verified=checked,
    )
