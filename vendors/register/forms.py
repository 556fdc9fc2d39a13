"""What a reader of the register may ask for. By GET, without a token."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vendors.providers.words import SUBJECTS
from vendors.register.book import Book
from vendors.register.present import STATES


class FindForm(forms.Form):
    """Search and filters. What is not understood counts as not given."""

    q = forms.CharField(label=_("Name of the tool or the company"), required=False, max_length=100)
    status = forms.ChoiceField(label=_("Status"), required=False)
    subject = forms.ChoiceField(label=_("Subject"), required=False)
    element = forms.ChoiceField(label=_("Gets this about students"), required=False)

    def __init__(self, *args: Any, book: Book, **kwargs: Any):
        super().__init__(*args, **kwargs)
        used = {key for tool in book.tools for key in tool["data"]}
        names = sorted(((key, gettext(book.elements.get(key, key))) for key in used), key=lambda one: one[1])
        self._choose("status", [(value, words) for value, (_kind, words) in STATES.items()])
        self._choose("subject", list(SUBJECTS.items()))
        self._choose("element", names)

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", gettext("All")), *choices]

    def said(self) -> dict[str, str]:
        """What was understood: text, status, subject, element."""
        self.is_valid()
        found = self.cleaned_data
        return {
            "text": found.get("q", ""),
            "status": found.get("status", ""),
            "subject": found.get("subject", ""),
            "element": found.get("element", ""),
        }


class SinceForm(forms.Form):
    """From which day on."""

    since = forms.DateField(label=_("Changed since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
