"""What the cells of a list of earlier answers mean, and what is wrong with them."""

import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vendors.consents.models import Answer
from vendors.earlier.numbers import Person
from vendors.spreadsheets.checks import Fault, Wrong, read_day

_YES = frozenset({"yes", "y", "ok", "given", "allowed", "agree", "agreed", "true", "1", "si", "sí"})
_NO = frozenset({"no", "n", "refused", "denied", "opt out", "opted out", "false", "0"})


@dataclasses.dataclass(frozen=True)
class Column:
    """A column that a list has: its name in our own files, what people read, other names it goes by."""

    name: str
    label: str | Promise
    also: tuple[str, ...]
    needed: bool = True


COLUMNS = (
    Column("number", gettext_lazy("Student number"), ("student number", "student id", "local id", "id", "number", "student")),
    Column("said", gettext_lazy("Answer"), ("answer", "consent", "permission", "said", "response")),
    Column("signed_on", gettext_lazy("Date of the signature"), ("date", "signed", "signed on", "date signed")),
    Column("guardian", gettext_lazy("Who signed"), ("guardian", "parent", "signed by", "parent guardian", "signer"), needed=False),
)


@dataclasses.dataclass(frozen=True)
class Planned:
    """One answer that applying would register."""

    row: int
    person: Person
    link: Any
    said: str
    signed_on: dt.date


def guess(header: Sequence[str]) -> dict[str, int]:
    """Which column is meant by which field, by the columns' names; each column once."""
    plain = [re.sub(r"[^a-z0-9]+", " ", name.casefold()).strip() for name in header]
    found: dict[str, int] = {}
    for column in COLUMNS:
        for at, name in enumerate(plain):
            if column.name not in found and at not in found.values() and name in (column.name.replace("_", " "), *column.also):
                found[column.name] = at
    return found


def numbers_in(rows: Sequence[Sequence[str]], mapping: Mapping[str, int]) -> set[str]:
    """The student numbers of a list."""
    return {row[mapping["number"]] for row in rows if row[mapping["number"]]}


def dry_run(
    rows: Sequence[Sequence[str]],
    header: Sequence[str],
    mapping: Mapping[str, int],
    people: Mapping[str, Sequence[Person]],
    *,
    may_answer: Collection[int],
    on: dt.date,
) -> tuple[list[Planned], list[Fault]]:
    """What applying would register, and every fault by its cell. `may_answer`: ids of the links whose guardians may answer today."""
    planned: list[Planned] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 2):
        if not any(row):
            continue
        cells = {name: row[column] for name, column in mapping.items()}
        try:
            made = _row(number, cells, people, may_answer=may_answer, on=on)
            key = (cells["number"], str(made.link.pk))
            if key in seen:
                raise _At("number", _("Row %(row)d has the same student and signer. Leave one out.") % {"row": seen[key]})
            seen[key] = number
            planned.append(made)
        except _At as wrong:
            column = header[mapping[wrong.column]] if wrong.column in mapping else ""
            faults.append(Fault(number, column, cells.get(wrong.column, "")[:60], wrong.what_to_do))
    return planned, faults


class _At(Exception):
    def __init__(self, column: str, what_to_do: str):
        super().__init__(column)
        self.column, self.what_to_do = column, what_to_do


def _row(
    number: int, cells: Mapping[str, str], people: Mapping[str, Sequence[Person]], *, may_answer: Collection[int], on: dt.date
) -> Planned:
    if not cells["number"]:
        raise _At("number", _("This must not be empty."))
    found = people.get(cells["number"], ())
    if len(found) != 1:
        raise _At(
            "number",
            _("No student of your school has this number.")
            if not found
            else _("More than one student has this number. Register it by hand."),
        )
    said = _said(cells["said"])
    try:
        signed_on = read_day(cells["signed_on"])
    except Wrong as wrong:
        raise _At("signed_on", str(wrong)) from wrong
    if signed_on is None:
        raise _At("signed_on", _("This must not be empty."))
    if signed_on > on:
        raise _At("signed_on", _("The date of the signature is in the future. Look at the paper again."))
    person = found[0]
    name = cells.get("guardian", "").casefold()
    links = [link for known, link in person.guardians.items() if link.pk in may_answer and name in ("", known)]
    if len(links) != 1:
        raise _At("guardian", _signer(name, links))
    return Planned(number, person, links[0], said, signed_on)


def _said(cell: str) -> str:
    word = cell.casefold().strip()
    if word in _YES:
        return Answer.Said.GIVEN
    if word in _NO:
        return Answer.Said.REFUSED
    raise _At("said", _("Write yes or no."))


def _signer(name: str, links: Sequence[Any]) -> str:
    if name:
        return _("No guardian of this student with the right to answer has this name. Write it as the roster does.")
    if links:
        return _("Several guardians may answer for this student. Add a column with the name of who signed.")
    return _("Nobody may answer for this student, as far as the roster knows.")
