"""The shape of an upload and of the mapping of columns."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.base.fields import offer
from vendors.earlier.checks import COLUMNS, guess
from vendors.earlier.models import EarlierSheet


class UploadForm(forms.Form):
    """A list, the text that its answers are held to, and why they may be."""

    form = forms.ChoiceField(label=_("Which form do they answer?"))
    covers = forms.CharField(
        label=_("Why do these answers count for it?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: the paper of August 2026 names the same tool, data and purpose; it lies in the office. No names."),
    )
    file = forms.FileField(label=_("File"), help_text=_("CSV, at most 5 MB and 2,000 rows. The first row names the columns."))

    def __init__(self, *args: Any, texts: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "form", [("", gettext("Choose")), *texts])


class ColumnsForm(forms.Form):
    """One choice of a column for each field, with a guess."""

    def __init__(self, *args: Any, sheet: EarlierSheet, **kwargs: Any):
        super().__init__(*args, **kwargs)
        guessed = guess(sheet.header)
        for field in COLUMNS:
            choices = [("", gettext("Not in this file")), *((str(at), name or f"#{at + 1}") for at, name in enumerate(sheet.header))]
            first = str(guessed[field.name]) if field.name in guessed else ""
            self.fields[field.name] = forms.ChoiceField(label=str(field.label), choices=choices, required=field.needed, initial=first)

    def mapping(self) -> dict[str, int]:
        """Field -> number of its column, of those that were chosen."""
        return {name: int(column) for name, column in self.cleaned_data.items() if column}
