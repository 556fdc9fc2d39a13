"""What those who handle an incident type about letters: days, what came back, and what came of answers and calls."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from breaches.letters import codes
from breaches.letters.models import Answer, Call
from portal.base import clock

MOST_CODES = 500


class HandleForm(forms.Form):
    """What became of an answer."""

    outcome = forms.ChoiceField(choices=Answer.Outcome.choices)


class PostedForm(forms.Form):
    """The day on which a printing went to the post."""

    posted_on = forms.DateField(label=_("Posted on"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_posted_on(self) -> Any:
        """The day, which has come."""
        day = self.cleaned_data["posted_on"]
        if day > clock.today():
            raise forms.ValidationError(_("This day has not come yet. Give the day on which the letters went to the post."))
        return day


class ReturnedForm(forms.Form):
    """References or codes of letters that came back, typed or scanned, one a line."""

    letters = forms.CharField(
        label=_("Letters that came back"),
        help_text=_("One a line: the reference on the label (such as P3-17), or the code in the letter. A scanner may type them."),
        max_length=MOST_CODES * (codes.LONGEST_TYPED + 1),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_letters(self) -> list[str]:
        """What was typed, line by line."""
        lines = [line.strip() for line in self.cleaned_data["letters"].splitlines() if line.strip()]
        if len(lines) > MOST_CODES:
            raise forms.ValidationError(_("That is too much at once. Enter at most %(most)s letters."), params={"most": MOST_CODES})
        return lines


class OutcomeForm(forms.Form):
    """What came of one call; nothing where it was not tried."""

    outcome = forms.ChoiceField(label=_("What came of it"), choices=[("", _("Not called yet")), *Call.Outcome.choices], required=False)
