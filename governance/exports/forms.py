"""The shape of what is typed: why and as which file; a second person's answer; the period of a report."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.audit.forms import Date
from governance.exports import words
from governance.exports.queries import Size
from governance.exports.reports import MOST_ENTRIES
from portal.base.templatetags.portal import count

MOST_WORDS = 1000
LANGUAGES_OF_PDF = (("en", gettext_lazy("English")), ("es", gettext_lazy("Spanish")))


class AskForm(forms.Form):
    """Purpose, reason and kind of file. `size` is how much the file would hold."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("What do you need the file for?"), widget=forms.RadioSelect, choices=list(words.PURPOSES.items())
    )
    reason = forms.CharField(
        label=gettext_lazy("Why, in your own words"),
        widget=forms.Textarea(attrs={"rows": 3}),
        min_length=10,
        max_length=MOST_WORDS,
        help_text=gettext_lazy("One or two sentences. A second person, where one is needed, decides by this. Name no student."),
    )
    form = forms.ChoiceField(label=gettext_lazy("File"), widget=forms.RadioSelect, choices=list(words.FORMS.items()), initial="csv")
    language = forms.ChoiceField(
        label=gettext_lazy("Language of a PDF report"),
        choices=[("en", gettext_lazy("English")), ("es", gettext_lazy("Spanish"))],
        required=False,
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, size: Size, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._size = size

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or "en"

    def clean_form(self) -> str:
        form: str = self.cleaned_data["form"]
        if form == "pdf" and self._size.entries > MOST_ENTRIES:
            raise ValidationError(
                _("A PDF report holds %(most)s entries at most, and these are %(found)s. Choose CSV or Excel, or fewer days.")
                % {"most": count(MOST_ENTRIES), "found": count(self._size.entries)}
            )
        return form


class RefuseForm(forms.Form):
    """Why not."""

    reason = forms.CharField(
        label=gettext_lazy("Why not?"),
        widget=forms.Textarea(attrs={"rows": 2}),
        min_length=3,
        max_length=MOST_WORDS,
        help_text=gettext_lazy("Whoever asked reads this."),
    )


class PeriodForm(forms.Form):
    """From when to when a report tells."""

    LONGEST = dt.timedelta(days=400)

    first = forms.DateField(label=gettext_lazy("From"), widget=Date)
    last = forms.DateField(label=gettext_lazy("To"), widget=Date)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            self.add_error("last", _("The last day is before the first."))
        elif first and last and last - first > self.LONGEST:
            self.add_error("first", _("A report tells of 400 days at most."))
        for name in ("first", "last"):
            if (day := given.get(name)) and not 1971 <= day.year < 9999:
                self.add_error(name, _("There is nothing so far off."))
        return given
