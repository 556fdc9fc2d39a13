"""A family's question and the answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.records.models import LookQuestion


class AskForm(forms.Form):
    """What a family wants to know about a line."""

    words = forms.CharField(
        label=_("What would you like to know?"),
        help_text=_("You may write in your own language. You may also leave this empty: then we ask why the record was opened."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(forms.Form):
    """A standard answer, and words where they help."""

    answer = forms.ChoiceField(label=_("Why was it opened?"), choices=LookQuestion.Answer.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your own words"),
        help_text=_("The family reads this. Name no other student."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        """Another reason needs to be told."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") == LookQuestion.Answer.OTHER and not cleaned.get("words", "").strip():
            self.add_error("words", _("Say in a sentence why the record was opened."))
        return cleaned
