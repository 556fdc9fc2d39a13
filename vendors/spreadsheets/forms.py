"""The shape of an upload and of the mapping of columns."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vendors.spreadsheets.checks import FIELDS, guess
from vendors.spreadsheets.models import Sheet


class UploadForm(forms.Form):
    """A file and what it lists."""

    kind = forms.ChoiceField(label=_("What does it list?"), choices=Sheet.Kind.choices, widget=forms.RadioSelect)
    file = forms.FileField(label=_("File"), help_text=_("CSV, at most 5 MB and 5,000 rows. The first row names the columns."))


class ColumnsForm(forms.Form):
    """One choice of a column for each field, with a guess."""

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any):
        super().__init__(*args, **kwargs)
        guessed = guess(sheet.kind, sheet.header)
        for field in FIELDS[sheet.kind]:
            choices = [("", gettext("Not in this file")), *((str(at), name or f"#{at + 1}") for at, name in enumerate(sheet.header))]
            first = str(guessed[field.name]) if field.name in guessed else ""
            self.fields[field.name] = forms.ChoiceField(label=str(field.label), choices=choices, required=field.needed, initial=first)

    def mapping(self) -> dict[str, int]:
        """Field -> number of its column, of those that were chosen."""
        return {name: int(column) for name, column in self.cleaned_data.items() if column}
