"""Shapes of what people type about audits. Nothing is saved here."""

import datetime as dt
import re
import secrets
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.auditors.areas import AREAS, area_of
from governance.auditors.models import PaperAnswer, PaperVersion, Sample
from governance.authority.models import Element, Purpose
from governance.people.forms import DayInput
from governance.people.models import School
from governance.vocabulary import STAFF_ROLES, Event, Role

MOST_ATTRIBUTES = 6


class Invite(forms.Form):
    """An outside auditor, what they may see and until when."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    organization = forms.CharField(label=gettext_lazy("Whom they audit for"), max_length=120)
    reason = forms.CharField(
        label=gettext_lazy("Why this audit"),
        max_length=200,
        help_text=gettext_lazy("The second person reads it, and the auditor too."),
    )
    starts_on = forms.DateField(label=gettext_lazy("Access from"), widget=DayInput())
    ends_on = forms.DateField(
        label=gettext_lazy("Access until, that day included"),
        widget=DayInput(),
        help_text=gettext_lazy("At midnight after it the access ends by itself. A year at most."),
    )
    entries_from = forms.DateField(label=gettext_lazy("Entries from"), widget=DayInput(), required=False)
    entries_to = forms.DateField(
        label=gettext_lazy("Entries until, that day included"),
        widget=DayInput(),
        required=False,
        help_text=gettext_lazy("Leave both empty for the whole trail."),
    )
    schools = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Schools"),
        queryset=School.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=gettext_lazy("None chosen: the whole district."),
    )
    areas = forms.MultipleChoiceField(
        label=gettext_lazy("What the entries are about"),
        choices=[(name, title) for name, (title, _beginnings) in AREAS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=gettext_lazy("None chosen: everything."),
    )
    may_export = forms.BooleanField(label=gettext_lazy("May take exports"), required=False)
    may_see_names = forms.BooleanField(
        label=gettext_lazy("May ask for students' names"),
        required=False,
        help_text=gettext_lazy("Each name that is opened is recorded, and the child's family sees it. The district's rules still decide."),
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = today
        cast(forms.ModelMultipleChoiceField, self.fields["schools"]).queryset = School.objects.filter(active=True, kind="school")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for first, last in (("starts_on", "ends_on"), ("entries_from", "entries_to")):
            if given.get(first) and given.get(last) and given[last] < given[first]:
                self.add_error(last, _("The last day lies before the first."))
        return given


class Longer(forms.Form):
    """A later last day."""

    until = forms.DateField(label=gettext_lazy("New last day"), widget=DayInput())


def _events() -> list[tuple[str | Promise, Any]]:
    groups: dict[str, list[tuple[str, str | Promise]]] = {name: [] for name in AREAS}
    for event in Event:
        groups[area_of(event)].append((str(event), event.label))
    whole = [(f"area:{name}", title) for name, (title, _beginnings) in AREAS.items()]
    return [
        ("", _("Everything in your scope")),
        (_("A whole area"), whole),
        *((AREAS[name][0], choices) for name, choices in groups.items() if choices),
    ]


class NewSample(forms.Form):
    """What a sample is drawn from, how large it is, and by which seed."""

    objective = forms.CharField(
        label=gettext_lazy("What the sample shall show"),
        max_length=200,
        help_text=gettext_lazy("In your own words; no name of a child."),
    )
    first = forms.DateField(label=gettext_lazy("From"), widget=DayInput())
    last = forms.DateField(
        label=gettext_lazy("To, that day included"), widget=DayInput(), help_text=gettext_lazy("Yesterday at the latest.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("What happened"), required=False)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    hat = forms.ChoiceField(label=gettext_lazy("Role of who did it"), required=False)
    element = forms.ChoiceField(label=gettext_lazy("Kind of data"), required=False)
    strata = forms.ChoiceField(
        label=gettext_lazy("Strata"),
        choices=Sample.Strata.choices,
        required=False,
        help_text=gettext_lazy("Each stratum gives in proportion to its size, and at least one."),
    )
    size = forms.IntegerField(label=gettext_lazy("How many entries"), min_value=1, max_value=1000, initial=40)
    seed = forms.CharField(
        label=gettext_lazy("Seed"),
        min_length=8,
        max_length=64,
        help_text=gettext_lazy(
            "8 to 64 digits or letters a to f: from dice, or as proposed here. It is recorded before anything is drawn."
        ),
    )
    attributes = forms.CharField(
        label=gettext_lazy("What you test of each entry"),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        max_length=800,
        help_text=gettext_lazy("One question a line, six at most, such as: The purpose fits the role."),
    )

    def __init__(self, *args: Any, yesterday: dt.date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._yesterday = yesterday
        self.fields["seed"].initial = secrets.token_hex(16)
        self.fields["last"].initial = yesterday
        self._offer("kind", _events())
        self._offer("purpose", [("", _("Any")), *Purpose.objects.values_list("pk", "title")])
        roles = [role for role in Role if role in STAFF_ROLES | {Role.GUARDIAN, Role.STUDENT}]
        self._offer("hat", [("", _("Any")), *((str(role), role.label) for role in roles)])
        self._offer("element", [("", _("Any")), *Element.objects.exclude(held_in="").order_by("title").values_list("key", "title")])

    def _offer(self, name: str, choices: list[Any]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean_seed(self) -> str:
        seed = self.cleaned_data["seed"].strip().lower()
        if not re.fullmatch(r"[0-9a-f]{8,64}", seed):
            raise ValidationError(_("Use 8 to 64 digits or letters from a to f, without spaces."))
        return str(seed)

    def clean_attributes(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["attributes"].splitlines() if line.strip()]
        if len(lines) > MOST_ATTRIBUTES:
            raise ValidationError(_("Six questions at most."))
        if any(len(line) > 120 for line in lines):
            raise ValidationError(_("A question has 120 characters at most."))
        return lines

    def clean_last(self) -> dt.date:
        last: dt.date = self.cleaned_data["last"]
        if last > self._yesterday:
            raise ValidationError(_("The period has to be over: choose yesterday or a day before it."))
        return last

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("first") and given.get("last") and given["last"] < given["first"]:
            self.add_error("last", _("The last day lies before the first."))
        if given.get("first") and given["first"].year < 1970:
            self.add_error("first", _("There is nothing so far off."))
        return given


class Marks(forms.Form):
    """What the test of one drawn entry gave."""

    place = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False, max_length=2000)

    def __init__(self, *args: Any, attributes: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [("", _("Not tested")), ("yes", _("Yes")), ("no", _("No")), ("na", _("Does not apply"))]
        for number, question in enumerate(attributes, start=1):
            self.fields[f"a{number}"] = forms.ChoiceField(label=question, choices=choices, required=False)
        self.order_fields(["place", *(f"a{number}" for number in range(1, len(attributes) + 1)), "note"])

    @property
    def marks(self) -> dict[str, str]:
        """The marks by the number of their question, from 1. Only after `is_valid`."""
        return {name[1:]: value for name, value in self.cleaned_data.items() if name.startswith("a") and value}


class Paper(forms.Form):
    """A work paper, in the parts that auditors use."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    standing = forms.ChoiceField(label=gettext_lazy("Where it stands"), choices=PaperVersion.Standing.choices)
    criteria = forms.CharField(
        label=gettext_lazy("Criteria"), help_text=gettext_lazy("What should be: the law, the rule, the policy."), required=False
    )
    condition = forms.CharField(label=gettext_lazy("Condition"), help_text=gettext_lazy("What is: what you found."), required=False)
    cause = forms.CharField(label=gettext_lazy("Cause"), help_text=gettext_lazy("Why it is so."), required=False)
    effect = forms.CharField(label=gettext_lazy("Effect"), help_text=gettext_lazy("What follows from it."), required=False)
    recommendation = forms.CharField(
        label=gettext_lazy("Recommendation"), help_text=gettext_lazy("What the district should do."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("criteria", "condition", "cause", "effect", "recommendation"):
            field = cast(forms.CharField, self.fields[name])
            field.widget = forms.Textarea(attrs={"rows": 4, "maxlength": 10_000})
            field.max_length = 10_000
            field.validators.append(MaxLengthValidator(10_000))


class Evidence(forms.Form):
    """One piece of evidence: what it is, where it is, its sha256."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What"), choices=[("", gettext_lazy("None")), *PaperVersion.Evidence.choices], required=False
    )
    ref = forms.CharField(label=gettext_lazy("Address, number or id"), max_length=200, required=False)
    sha256 = forms.CharField(label="SHA-256", max_length=64, required=False)
    note = forms.CharField(label=gettext_lazy("What it shows"), max_length=300, required=False)

    def clean_sha256(self) -> str:
        given = self.cleaned_data["sha256"].strip().lower()
        if given and not re.fullmatch(r"[0-9a-f]{64}", given):
            raise ValidationError(_("A SHA-256 has 64 digits and letters from a to f. Leave it empty for entries and samples."))
        return str(given)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if (given.get("ref") or given.get("note") or given.get("sha256")) and not given.get("kind"):
            self.add_error("kind", _("Say what it is."))
        if given.get("kind") and not given.get("ref"):
            self.add_error("ref", _("Say where it is."))
        return given


EvidenceSet = forms.formset_factory(Evidence, extra=3, max_num=20, validate_max=True, absolute_max=20)


class Answer(forms.Form):
    """Management's response."""

    agreement = forms.ChoiceField(
        label=gettext_lazy("Does the district agree?"), choices=PaperAnswer.Agreement.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(label=gettext_lazy("Answer"), widget=forms.Textarea(attrs={"rows": 5}), max_length=10_000)
    done_by = forms.DateField(label=gettext_lazy("Done by"), widget=DayInput(), required=False)
