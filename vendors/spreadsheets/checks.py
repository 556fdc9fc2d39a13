"""What the cells of a sheet mean and what is wrong with them: the fields, guesses of columns, the dry run. Reads the catalogue, changes nothing."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vendors.agreements.models import Agreement
from vendors.providers import links
from vendors.providers.models import Address, Provider, Tool
from vendors.providers.words import SUBJECTS
from vendors.spreadsheets import presets
from vendors.spreadsheets.models import Sheet

FORMULA = ("=", "+", "-", "@")
_DATES = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y/%m/%d")
Kind = Agreement.Kind


class Wrong(Exception):
    """A cell cannot be taken; the words say what to do."""


@dataclasses.dataclass(frozen=True)
class Field:
    """A column that a kind of sheet knows: its name in our own files, what people read, other names it goes by, how a cell is read."""

    name: str
    label: str | Promise
    also: tuple[str, ...]
    read: Callable[[str], Any]
    needed: bool = False


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that is wrong: row (the header is 1), name of the column, what was there, what to do."""

    row: int
    column: str
    cell: str
    what_to_do: str


@dataclasses.dataclass(frozen=True)
class Planned:
    """What one row would make. `there_already`: the catalogue has it, and the row changes nothing."""

    row: int
    values: Mapping[str, Any]
    there_already: bool


@dataclasses.dataclass(frozen=True)
class DryRun:
    """What applying would do."""

    planned: tuple[Planned, ...]
    faults: tuple[Fault, ...]

    @property
    def new(self) -> list[Planned]:
        """Rows that would make something."""
        return [each for each in self.planned if not each.there_already]


def _text(most: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell.startswith(FORMULA):
            raise Wrong(_("A spreadsheet would run this as a formula. Write it without the first sign."))
        if len(cell) > most:
            raise Wrong(_("At most %(most)d letters.") % {"most": most})
        return cell

    return read


def _link(cell: str) -> str:
    if cell and links.parse(cell) is None:
        raise Wrong(_("This is no web address. Write it as in the browser, such as https://tool.example."))
    return cell


def _url(cell: str) -> str:
    if not cell:
        return ""
    text = cell if "://" in cell else f"https://{cell}"
    try:
        URLValidator(schemes=["http", "https"])(text)
    except ValidationError as error:
        raise Wrong(_("This is no web address. Write it as in the browser, such as https://tool.example.")) from error
    if len(text) > 400:
        raise Wrong(_("At most %(most)d letters.") % {"most": 400})
    return text


def read_day(cell: str) -> dt.date | None:
    if not cell:
        return None
    for form in _DATES:
        try:
            return dt.datetime.strptime(cell.split(" ")[0].split("T")[0], form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise Wrong(_("This is no date. Write it as 2026-11-24 or 11/24/2026."))


def _age(cell: str) -> int | None:
    if not cell:
        return None
    digits = cell.rstrip("+ ")
    if not digits.isascii() or not digits.isdecimal() or int(digits) > 99:
        raise Wrong(_("An age is a number up to 99."))
    return int(digits)


def _accounts(cell: str) -> str:
    return _one_of(cell, Tool.Accounts.choices, Tool.Accounts.STUDENTS)


def _subjects(cell: str) -> list[str]:
    return sorted({_one_of(part.strip(), list(SUBJECTS.items()), "") for part in re.split(r"[;,/]", cell) if part.strip()})


def _one_of(cell: str, choices: Sequence[tuple[str, Any]], empty: str) -> str:
    if not cell:
        return empty
    wanted = cell.casefold()
    for value, words in choices:
        if wanted in {str(value).casefold(), str(words).casefold()}:
            return str(value)
    raise Wrong(_("Use one of: %(words)s.") % {"words": ", ".join(str(value) for value, _words in choices)})


def _agreement_kind(cell: str) -> str:
    words = cell.casefold()
    if not words or words in Kind.values:
        return words or Kind.NDPA.value
    if "exhibit e" in words or "subscri" in words or "offer" in words or "piggyback" in words:
        return Kind.OFFER.value
    if "ndpa" in words or "national" in words or "dpa" in words.split() or "originator" in words or "data privacy" in words:
        return Kind.NDPA.value
    if "terms" in words or "click" in words:
        return Kind.TERMS.value
    if "contract" in words or "vendor" in words or "custom" in words:
        return Kind.CONTRACT.value
    raise Wrong(_("Use one of: %(words)s.") % {"words": ", ".join(Kind.values)})


def _products(cell: str) -> list[str]:
    names = [_text(120)(part.strip()) for part in cell.split(";")]
    return list(dict.fromkeys(name for name in names if name))


FIELDS: dict[str, tuple[Field, ...]] = {
    Sheet.Kind.TOOLS.value: (
        Field("name", gettext_lazy("Tool"), ("tool", "product", "app", "application", "resource", "software", "title"), _text(120), True),
        Field("provider", gettext_lazy("Provider"), ("company", "vendor", "publisher", "party"), _text(120), True),
        Field("link", gettext_lazy("Web address"), ("url", "website", "domain", "address", "site"), _link),
        Field("summary", gettext_lazy("In one sentence"), ("description", "about", "purpose"), _text(200)),
        Field("subjects", gettext_lazy("Subjects"), ("subject", "content area"), _subjects),
        Field("youngest_age", gettext_lazy("Youngest age"), ("age", "minimum age", "min age"), _age),
        Field("accounts", gettext_lazy("Accounts"), ("sign in", "login"), _accounts),
        Field("policy_url", gettext_lazy("Privacy policy"), ("privacy policy url", "policy", "privacy"), _url),
    ),
    Sheet.Kind.AGREEMENTS.value: (
        Field("provider", gettext_lazy("Provider"), ("company", "vendor", "publisher", "party"), _text(120), True),
        Field(
            "products",
            gettext_lazy("Products, separated by semicolons"),
            ("product", "tool", "resource", "app", "software"),
            _products,
            True,
        ),
        Field("kind", gettext_lazy("Agreement type"), ("agreement type", "type", "agreement"), _agreement_kind),
        Field(
            "starts_on",
            gettext_lazy("First day"),
            ("date approved", "approved", "start", "start date", "effective date", "date"),
            read_day,
            True,
        ),
        Field(
            "ends_on", gettext_lazy("Last day"), ("expiration", "date expired", "expires", "end", "end date", "expiration date"), read_day
        ),
        Field("status", gettext_lazy("Status in the list"), ("agreement status",), _text(60)),
        Field("district", gettext_lazy("District"), ("lea", "originator", "school district", "originating district"), _text(160)),
        Field("link", gettext_lazy("Link to the document"), ("pdf", "document", "url", "agreement url", "link to pdf"), _url),
    ),
}
assert set(FIELDS) == set(Sheet.Kind.values) == set(presets.PRESETS)


def guess(kind: str, header: Sequence[str]) -> dict[str, int]:
    """Which column is meant by which field, by the columns' names; each column once. What a preset recognizes comes first."""
    plain = [presets.plain(name) for name in header]
    recognized = presets.recognize(kind, header)
    found: dict[str, int] = dict(recognized.mapping) if recognized else {}
    for exact in (True, False):
        for field in FIELDS[kind]:
            if field.name in found:
                continue
            names = [field.name.replace("_", " "), str(field.label).casefold(), *field.also]
            for column, name in enumerate(plain):
                fits = name in names if exact else any(each in name.split() for each in names)
                if name and fits and column not in found.values():
                    found[field.name] = column
                    break
    return found


def dry_run(sheet: Sheet, at: dt.datetime) -> DryRun:
    """What applying the mapped sheet would make, and every fault by its cell. Two or three queries."""
    fields = [field for field in FIELDS[sheet.kind] if field.name in sheet.mapping]
    faults: list[Fault] = []
    read: list[tuple[int, dict[str, Any]]] = []
    for number, row in enumerate(sheet.rows, 2):
        if not any(row):
            continue
        values, sound = {}, True
        for field in fields:
            cell = row[sheet.mapping[field.name]]
            try:
                if field.needed and not cell:
                    raise Wrong(_("This must not be empty."))
                values[field.name] = field.read(cell)
            except Wrong as wrong:
                faults.append(Fault(number, sheet.header[sheet.mapping[field.name]], cell[:60], str(wrong)))
                sound = False
        if sound:
            read.append((number, values))
    planned = (_tools if sheet.kind == Sheet.Kind.TOOLS else _agreements)(sheet, read, faults, at)
    return DryRun(tuple(planned), tuple(sorted(faults, key=lambda fault: fault.row)))


def _tools(sheet: Sheet, read: list[tuple[int, dict[str, Any]]], faults: list[Fault], at: dt.datetime) -> list[Planned]:
    there = {(provider.casefold(), name.casefold()) for provider, name in Tool.objects.values_list("provider__name", "name")}
    addresses = {
        (kind, value, path): (provider.casefold(), name.casefold())
        for kind, value, path, provider, name in Address.objects.values_list("kind", "value", "path", "tool__provider__name", "tool__name")
    }
    planned: list[Planned] = []
    seen: dict[tuple[str, str], int] = {}
    for number, values in read:
        key = (values["provider"].casefold(), values["name"].casefold())
        if key in seen:
            faults.append(
                Fault(
                    number, _column(sheet, "name"), values["name"], _("Row %(row)d has the same tool. Leave one out.") % {"row": seen[key]}
                )
            )
            continue
        seen[key] = number
        link = links.parse(values.get("link") or "")
        owner = addresses.get((link.kind, link.value, link.path)) if link else None
        if owner is not None and owner != key and key not in there:
            faults.append(
                Fault(
                    number,
                    _column(sheet, "link"),
                    values["link"][:60],
                    _("Another tool of the catalogue or of this table has this address."),
                )
            )
            continue
        if link is not None and owner is None:
            addresses[link.kind, link.value, link.path] = key
        planned.append(Planned(number, values, key in there))
    return planned


def _agreements(sheet: Sheet, read: list[tuple[int, dict[str, Any]]], faults: list[Fault], at: dt.datetime) -> list[Planned]:
    providers = {name.casefold() for name in Provider.objects.values_list("name", flat=True)}
    tools = {(provider.casefold(), name.casefold()) for provider, name in Tool.objects.values_list("provider__name", "name")}
    there = {
        (provider.casefold(), kind, starts_on)
        for provider, kind, starts_on in Agreement.objects.values_list("provider__name", "kind", "versions__starts_on")
    }
    planned: list[Planned] = []
    seen: set[tuple[str, str, dt.date, tuple[str, ...]]] = set()
    for number, values in read:
        values = {"kind": Kind.NDPA.value, "ends_on": None, "status": "", "district": "", "link": ""} | values
        provider = values["provider"].casefold()
        before = len(faults)
        if provider not in providers:
            faults.append(
                Fault(
                    number,
                    _column(sheet, "provider"),
                    values["provider"],
                    _("The catalogue does not know this provider. Bring its tools first."),
                )
            )
        else:
            faults += [
                Fault(
                    number, _column(sheet, "products"), name, _("The catalogue has no such tool of this provider. Bring the tools first.")
                )
                for name in values["products"]
                if (provider, name.casefold()) not in tools
            ]
        if values["ends_on"] and values["ends_on"] < values["starts_on"]:
            faults.append(Fault(number, _column(sheet, "ends_on"), str(values["ends_on"]), _("The last day is ahead of the first day.")))
        if values["kind"] == Kind.OFFER and not values["district"]:
            faults.append(
                Fault(number, _column(sheet, "district"), "", _("A general offer needs the district whose agreement this one joins."))
            )
        key = (provider, values["kind"], values["starts_on"], tuple(name.casefold() for name in values["products"]))
        if key in seen:
            faults.append(Fault(number, _column(sheet, "provider"), values["provider"], _("The same line stands above. Leave one out.")))
        seen.add(key)
        if len(faults) == before:
            planned.append(Planned(number, values, key[:3] in there))
    return planned


def _column(sheet: Sheet, field: str) -> str:
    return sheet.header[sheet.mapping[field]] if field in sheet.mapping else ""
