"""Shapes of what people type about an assessment. Nothing is saved here."""

import re
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from breaches.assessment import laws
from breaches.assessment.actions import Answers
from breaches.assessment.models import FactSheet, LawReview, Override
from breaches.clocks import present as clocks
from breaches.clocks.rules import Start
from governance.authority.models import Element
from governance.people.forms import DayInput

_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA "
    "WA WV WI WY DC PR GU VI"
)
STATES = frozenset(_STATES.split())


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any):
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class ResidentsField(forms.CharField):
    """How many live in which state, one state a line: "WI 1200"."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> Any:
        """A mapping of US-WI to a number; empty where nothing was typed."""
        found: dict[str, int] = {}
        for number, line in enumerate((super().to_python(value) or "").splitlines(), start=1):
            if not line.strip():
                continue
            match = re.fullmatch(r"\s*(?:US-)?([A-Za-z]{2})\s*[:,=]?\s*(\d[\d,]{0,8})\s*", line)
            if match is None or match.group(1).upper() not in STATES:
                raise forms.ValidationError(
                    _("Line %(number)d: write a state’s two letters and a number, such as WI 1200.") % {"number": number}
                )
            state = f"US-{match.group(1).upper()}"
            if state in found:
                raise forms.ValidationError(_("Line %(number)d: this state stands above already.") % {"number": number})
            found[state] = int(match.group(2).replace(",", ""))
        return {state: count for state, count in found.items() if count}

    def prepare_value(self, value: Any) -> Any:
        """The mapping as lines again."""
        if isinstance(value, dict):
            return "\n".join(f"{state.removeprefix('US-')} {count}" for state, count in value.items())
        return value


class FactsForm(forms.Form):
    """The facts of an incident as answers. `seen` is the version that the person had before them."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    elements = forms.MultipleChoiceField(
        label=gettext_lazy("Which kinds of data were reached?"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=gettext_lazy(
            "Choose all that may have been reached; those that breach laws count come first. You can change this when you know more."
        ),
    )
    students = forms.IntegerField(
        label=gettext_lazy("How many people are affected?"),
        required=False,
        min_value=0,
        max_value=9_999_999,
        help_text=gettext_lazy("Leave it empty while nobody knows."),
    )
    residents = ResidentsField(
        label=gettext_lazy("Where do they live?"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("One state a line with how many live there: WI 1200. Former students too."),
    )
    protection = forms.ChoiceField(
        label=gettext_lazy("How was the data protected?"), choices=FactSheet.Protected.choices, widget=forms.RadioSelect
    )
    protected_by = forms.CharField(
        label=gettext_lazy("Protected how, and by whom?"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Such as: disk encryption of the laptop, set up by the district; the key was not with it."),
    )
    harm = forms.ChoiceField(
        label=gettext_lazy("How likely is harm to those affected?"), choices=FactSheet.HarmIs.choices, widget=forms.RadioSelect
    )
    harm_reason = forms.CharField(
        label=gettext_lazy("Why do you judge so?"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    found = forms.ChoiceField(label=gettext_lazy("How was it found?"), choices=FactSheet.Found.choices)
    at_provider = forms.TypedChoiceField(
        label=gettext_lazy("Did it happen at a provider?"),
        choices=[("no", gettext_lazy("No")), ("yes", gettext_lazy("Yes"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        everywhere, somewhere = laws.personal_elements()
        known = Element.objects.exclude(reference="none-no-student-data-collected").order_by("category", "title")
        choose = self.fields["elements"]
        assert isinstance(choose, forms.MultipleChoiceField)
        choose.choices = [
            (element.key, format_html('{}<span class="choice-help">{}</span>', element.title, element.category))
            for element in sorted(known, key=lambda each: (each.key not in everywhere, each.key not in somewhere))
        ]

    def clean(self) -> dict[str, Any]:
        """What was judged has a reason, and protection says how."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("protection") not in {None, FactSheet.Protected.NONE} and not said.get("protected_by", "").strip():
            self.add_error("protected_by", _("Say how the data was protected, and by whom."))
        if said.get("harm") not in {None, FactSheet.HarmIs.NOT_ASSESSED} and not said.get("harm_reason", "").strip():
            self.add_error("harm_reason", _("Say why, so that somebody else can follow it."))
        if said.get("students") is not None and sum((said.get("residents") or {}).values()) > said["students"]:
            self.add_error("residents", _("More people live in these states than are affected. Change one of the two numbers."))
        return said

    def answers(self) -> Answers:
        """The checked answers."""
        return Answers(**{name: value for name, value in self.cleaned_data.items() if name != "seen"})


class MomentForm(forms.Form):
    """When something that starts a clock took place."""

    start = forms.ChoiceField(
        label=gettext_lazy("What"), choices=[(start.value, clocks.STARTS[start]) for start in Start if start is not Start.HOLD_ENDED]
    )
    moment = forms.DateTimeField(label=gettext_lazy("When"), widget=MomentInput())
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Needed where the moment is later than the one on record: a second person then has to agree."),
    )


class HoldForm(forms.Form):
    """The police ask to wait with notices."""

    asked_by = forms.CharField(
        label=gettext_lazy("Who asks"), max_length=200, help_text=gettext_lazy("Agency, office and who asked. Name no child.")
    )
    in_writing = forms.BooleanField(
        label=gettext_lazy("The request is in writing"),
        required=False,
        help_text=gettext_lazy("A clock waits only for a written request, and only where its law says so."),
    )
    since = forms.DateTimeField(label=gettext_lazy("Asked on"), widget=MomentInput())
    until = forms.DateTimeField(
        label=gettext_lazy("Until"), required=False, widget=MomentInput(), help_text=gettext_lazy("Leave it empty while its end is open.")
    )


class OverrideForm(forms.Form):
    """Counsel's answer in place of the computed one."""

    says = forms.ChoiceField(label=gettext_lazy("Counsel says"), choices=Override.Says.choices, widget=forms.RadioSelect)
    counsel = forms.CharField(label=gettext_lazy("Counsel’s name"), max_length=120)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class MeetForm(forms.Form):
    """What was done for a duty, and when."""

    met_at = forms.DateTimeField(label=gettext_lazy("When was it done?"), widget=MomentInput())
    words = forms.CharField(
        label=gettext_lazy("What was done?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("So that somebody can check it: which letter, to whom, sent how. Name no child."),
    )


class ReviewForm(forms.Form):
    """Counsel's review of one row. `content` is the hash of the row on the page."""

    content = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reach = forms.ChoiceField(label=gettext_lazy("Counsel says"), choices=LawReview.Reach.choices, widget=forms.RadioSelect)
    counsel = forms.CharField(label=gettext_lazy("Counsel’s name"), max_length=120)
    reviewed_on = forms.DateField(label=gettext_lazy("Reviewed on"), widget=DayInput())
    words = forms.CharField(
        label=gettext_lazy("In counsel’s words"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
