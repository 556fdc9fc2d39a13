"""What people are asked about alerts, about the numbers behind them, and for a planted record."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.alerts import limits
from governance.alerts.models import Reason
from governance.people.models import School
from portal.base.fields import among

# Each number of limits.py as the form asks for it.
LABELS: dict[str, Any] = {
    "no_class.on": _("Watch for this"),
    "same_address.on": _("Watch for this"),
    "same_address.students": _("A look names at most this many students"),
    "burst.on": _("Watch for this"),
    "burst.ten_minutes": _("At least this many students in ten minutes"),
    "burst.hour": _("At least this many students in an hour"),
    "burst.times": _("And more than this many times the person’s usual"),
    "after_transfer.on": _("Watch for this"),
    "after_transfer.days": _("Days of grace after the student left"),
    "planted.on": _("Watch for this"),
    "many_schools.on": _("Watch for this"),
    "many_schools.schools": _("More than this many schools in an hour"),
    "sign_ins.on": _("Watch for this"),
    "sign_ins.tries": _("At least this many tries from one address in an hour"),
    "night.on": _("Watch for this"),
    "night.from_hour": _("From this hour (0 is midnight)"),
    "night.to_hour": _("Until this hour"),
    "night.students": _("At least this many students in an hour"),
}


class AskForm(forms.Form):
    """A question to the person concerned."""

    question = forms.CharField(
        label=_("Your question"),
        help_text=_("The person reads this and what was found. Ask; do not accuse. Name no student."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AnswerForm(forms.Form):
    """What the person concerned says."""

    words = forms.CharField(
        label=_("Your answer"),
        help_text=_("Say what the work was. Name no student."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class CloseForm(forms.Form):
    """How an alert ends."""

    reason = forms.ChoiceField(label=_("What was it?"), choices=Reason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("What you found, in words"),
        help_text=_("Whoever checks your work reads this. Name no student."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class LimitsForm(forms.Form):
    """Every number that says what is odd, and why it should change."""

    reason = forms.CharField(label=_("Why should this change?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, numbers: limits.Numbers, **kwargs: Any):
        super().__init__(*args, **kwargs)
        why = self.fields.pop("reason")
        for detector, known in limits.KNOWN.items():
            for name, number in known.items():
                key = f"{detector}.{name}"
                if number.least == number.most:
                    continue
                if name == "on":
                    self.fields[key] = forms.BooleanField(label=LABELS[key], required=False, initial=bool(numbers[detector][name]))
                else:
                    self.fields[key] = forms.IntegerField(
                        label=LABELS[key],
                        min_value=number.least,
                        max_value=number.most,
                        initial=numbers[detector][name],
                        help_text=_("From %(least)s to %(most)s; at first %(default)s.")
                        % {"least": number.least, "most": number.most, "default": number.default},
                    )
        self.fields["reason"] = why

    def clean(self) -> dict[str, Any]:
        """The small hours begin before they end."""
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("night.from_hour"), cleaned.get("night.to_hour")
        if begins is not None and ends is not None and begins >= ends:
            self.add_error("night.to_hour", _("This hour must be later than the first one."))
        return cleaned

    def numbers(self) -> dict[str, dict[str, int]]:
        """What was typed, in the shape of limits.py."""
        return {
            detector: {name: int(self.cleaned_data.get(f"{detector}.{name}", number.least)) for name, number in known.items()}
            for detector, known in limits.KNOWN.items()
        }


class PlantForm(forms.Form):
    """A record of nobody."""

    school = forms.ModelChoiceField(label=_("School"), queryset=School.objects.none(), to_field_name="public_id")
    given = forms.CharField(
        label=_("Invented first name"),
        help_text=_("Invent a name that nobody in the district has. It goes behind the door and is not shown again."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    family = forms.CharField(label=_("Invented last name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    grade = forms.CharField(label=_("Grade"), help_text=_("As the roster writes it, such as 07."), max_length=10)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "school", School.objects.filter(active=True, kind="school"))
