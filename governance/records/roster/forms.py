"""The shape of an upload and of a file's columns. Nothing is saved here."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Choices = Sequence[tuple[str, str | Promise | Sequence[tuple[str, str | Promise]]]]


class RosterUploadForm(forms.Form):
    """A OneRoster zip."""

    file = forms.FileField(
        label=_("Roster file"),
        help_text=_(
            "The OneRoster export of your student information system: one zip with the CSV files, version 1.1 or 1.2, at most 100 MB."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )


class ValuesUploadForm(forms.Form):
    """A CSV with values of students."""

    file = forms.FileField(
        label=_("File with values"),
        help_text=_("A CSV file in UTF-8. Its first row names the columns; one of them holds the student’s number."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )


class ColumnsForm(forms.Form):
    """What each column of a file means; a field for each."""

    def __init__(self, *args: Any, headers: Sequence[str], choices: Choices, guessed: Mapping[str, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.headers = headers
        for number, header in enumerate(headers):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=header,
                choices=choices,
                required=False,
                initial=guessed.get(header, ""),
                error_messages={"invalid_choice": _("Choose one of the list.")},
            )
        self.fields["source"] = forms.CharField(
            label=_("Where the values come from"),
            max_length=60,
            required=False,
            help_text=_("The name of the system. It stands beside each value."),
        )

    def columns(self) -> list[forms.BoundField]:
        """The fields of the columns."""
        return [self[f"column_{number}"] for number in range(len(self.headers))]

    def pairs(self) -> list[tuple[str, str]]:
        """Header and meaning of the columns that were given one."""
        meanings = [self.cleaned_data.get(f"column_{number}", "") for number in range(len(self.headers))]
        return [(header, meaning) for header, meaning in zip(self.headers, meanings, strict=True) if meaning]
