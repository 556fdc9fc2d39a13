"""Which column of a table that somebody brings is which field: the choice, its check, and forgetting the columns that mean nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from vendors.bringing import CannotBring


class Field(Protocol):
    """A column that a table has: its name in our own files, what people read, and whether the table is of no use without it."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str | Promise: ...
    @property
    def needed(self) -> bool: ...


class ColumnsForm(forms.Form):
    """One choice of a column for each field, with a guess (field -> number of its column)."""

    def __init__(self, data: Any = None, *, fields: Iterable[Field], header: Sequence[str], guessed: Mapping[str, int]):
        super().__init__(data)
        choices = [("", _("Not in this file")), *((str(at), name or f"#{at + 1}") for at, name in enumerate(header))]
        for field in fields:
            first = str(guessed[field.name]) if field.name in guessed else ""
            self.fields[field.name] = forms.ChoiceField(label=str(field.label), choices=choices, required=field.needed, initial=first)

    def mapping(self) -> dict[str, int]:
        """Field -> number of its column, of those that were chosen."""
        return {name: int(column) for name, column in self.cleaned_data.items() if column}


def check(mapping: Mapping[str, int], *, fields: Collection[Field], header: Sequence[str]) -> None:
    """Raises CannotBring without a column that is needed, for one column in two places, and for a field or a column that is not there."""
    missing = [str(field.label) for field in fields if field.needed and field.name not in mapping]
    if missing:
        raise CannotBring(_("Say which column holds: %(fields)s.") % {"fields": ", ".join(missing)}, code="missing_column")
    if len(set(mapping.values())) < len(mapping):
        raise CannotBring(_("One column is named twice. Each can be one thing."), code="column_twice")
    if set(mapping) - {field.name for field in fields} or not all(0 <= column < len(header) for column in mapping.values()):
        raise CannotBring(_("There is no such column. Load the page again."), code="no_column")


def narrowed(
    mapping: Mapping[str, int], header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[dict[str, int], list[str], list[list[str]]]:
    """(mapping, header, rows) with the columns that mean something, and no other."""
    kept = sorted(mapping.values())
    return (
        {name: kept.index(column) for name, column in mapping.items()},
        [header[column] for column in kept],
        [[row[column] for column in kept] for row in rows],
    )
