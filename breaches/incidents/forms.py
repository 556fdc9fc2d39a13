"""What those who handle incidents are asked."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from breaches.clocks.rules import Start
from breaches.incidents.models import Incident
from governance.authority.forms import PersonField
from governance.people.models import User
from portal.base.fields import among
from vendors.providers.models import Tool

STARTS = {
    Start.DISCOVERY: _("The district learned of it"),
    Start.PROVIDER_DISCOVERY: _("The company learned of it"),
    Start.PROVIDER_NOTICE: _("The company told the district"),
    Start.PEOPLE_TOLD: _("The people affected were told"),
    Start.STATE_TOLD: _("The state was told"),
    Start.HOLD_ENDED: _("The police ended their wish to wait"),
}


def _words(label: Any, *, most: int, rows: int = 3, help_text: Any = "", required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=most, required=required, widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"})
    )


def _time(label: Any, *, help_text: Any = "", required: bool = True) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


def _person(label: Any, people: QuerySet[User], *, help_text: Any = "", required: bool = True) -> forms.ModelChoiceField:
    return PersonField(label=label, queryset=people, to_field_name="public_id", help_text=help_text, required=required)


class _Account(forms.Form):
    """An account, named by its e-mail."""

    def clean_account(self) -> User | None:
        typed = self.cleaned_data["account"]
        if not typed:
            return None
        found = User.objects.filter(email__iexact=typed).first()
        if found is None:
            raise forms.ValidationError(_("No account has this e-mail. Look it up under People."))
        return found


class OpenForm(_Account):
    """A new incident."""

    title = forms.CharField(label=_("What to call it"), help_text=_("Short. Name no student."), max_length=120)
    kind = forms.ChoiceField(label=_("What sort is it?"), choices=Incident.Kind.choices, widget=forms.RadioSelect)
    severity = forms.TypedChoiceField(
        label=_("How severe does it look?"), choices=Incident.Severity.choices, coerce=int, widget=forms.RadioSelect
    )
    discovered_at = _time(_("When did the district learn of it?"), help_text=_("The clocks of the law run from here."))
    account = forms.EmailField(
        label=_("E-mail of the account it is about"),
        help_text=_("Whose acts it is about, or whose account was stolen. That person can then neither open nor handle it."),
        required=False,
    )


class FromReportForm(OpenForm):
    """A report becomes an incident, or belongs to one."""

    reason = _words(_("What the reporter reads"), most=2000, help_text=_("Say that you look into it, and what happens next. Name nobody."))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.fields["discovered_at"]


class AddToForm(forms.Form):
    """An incident that is open."""

    incident = forms.ModelChoiceField(label=_("Incident"), queryset=Incident.objects.none(), to_field_name="public_id")
    reason = _words(_("What the reporter reads"), most=2000)

    def __init__(self, *args: Any, incidents: QuerySet[Incident], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "incident", incidents)


class NoteForm(forms.Form):
    """A note on the timeline."""

    words = _words(_("What happened or was found"), most=4000, help_text=_("Name no student."))
    happened_at = _time(_("When it took place"))
    privileged = forms.BooleanField(label=_("For counsel and the lead alone"), required=False)


class DecisionForm(forms.Form):
    """A decision in words."""

    words = forms.CharField(label=_("What is decided"), max_length=300)
    reason = _words(_("Why"), most=2000)


class BreachForm(forms.Form):
    """Whether it was a breach."""

    is_breach = forms.TypedChoiceField(
        label=_("Was it a breach?"),
        help_text=_("A breach is confirmed access by somebody who had no right. It starts clocks."),
        choices=[("yes", _("Yes, it was a breach")), ("no", _("No, it was none"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = _words(_("Why"), most=2000)


class SeverityForm(forms.Form):
    """How severe it is."""

    severity = forms.TypedChoiceField(label=_("Severity"), choices=Incident.Severity.choices, coerce=int)
    reason = _words(_("Why"), most=2000)


class PersonForm(forms.Form):
    """Somebody who leads or advises."""

    person = _person(_("Person"), User.objects.none())
    reason = _words(_("Why"), most=2000)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "person", people)


class CauseForm(forms.Form):
    """The first incident of the same cause."""

    cause = forms.ModelChoiceField(label=_("The first incident of that cause"), queryset=Incident.objects.none(), to_field_name="public_id")
    reason = _words(_("Why"), most=2000)

    def __init__(self, *args: Any, incidents: QuerySet[Incident], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "cause", incidents)


class TaskForm(forms.Form):
    """Something to do."""

    title = forms.CharField(label=_("What to do"), max_length=200)
    owner = _person(_("Who does it"), User.objects.none())
    due_at = _time(_("By when"))

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "owner", people)


class MomentForm(forms.Form):
    """When something that starts a clock took place."""

    start = forms.TypedChoiceField(
        label=_("What took place"), choices=[(start.value, words) for start, words in STARTS.items()], coerce=Start
    )
    moment = _time(_("When"))
    reason = forms.CharField(
        label=_("Why the earlier one was wrong"),
        help_text=_("Only where this is later than what is on record: a second person then confirms it."),
        max_length=300,
        required=False,
    )


class OutsideForm(forms.Form):
    """A step outside the portal."""

    words = forms.CharField(label=_("What was done outside the portal"), max_length=500)


class ContainForm(_Account):
    """Whose account, or which tool, a button acts on."""

    account = forms.EmailField(label=_("E-mail of the account"), required=False)
    tool = forms.ModelChoiceField(label=_("Tool"), queryset=Tool.objects.none(), to_field_name="public_id", required=False)

    def __init__(self, *args: Any, tools: QuerySet[Tool], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "tool", tools)


class EvidenceForm(forms.Form):
    """Something to keep as evidence."""

    title = forms.CharField(label=_("What it is"), help_text=_("Name no student."), max_length=200)
    came_from = forms.CharField(label=_("Where it was taken from, and how"), max_length=200)
    file = forms.FileField(label=_("File"), help_text=_("At most 50 MB. It is kept encrypted."))


class CustodyForm(forms.Form):
    """Why evidence is opened, or to whom it goes."""

    reason = forms.CharField(label=_("Why"), max_length=300, required=False)
    to = forms.CharField(label=_("To whom (for handing over)"), max_length=200, required=False)


class FinishForm(forms.Form):
    """How a task ended."""

    words = forms.CharField(label=_("What came of it"), max_length=500, required=False)


class CloseForm(forms.Form):
    """How an incident ends."""

    outcome = forms.ChoiceField(label=_("How does it end?"), choices=Incident.Outcome.choices, widget=forms.RadioSelect)
    found = _words(_("What was found"), most=4000)
    done = _words(_("What was done"), most=4000, required=False)
    told = _words(
        _("What families are told"),
        most=2000,
        required=False,
        help_text=_("Say too how to complain: to the district, to the state’s department, to the U.S. Department of Education."),
    )
    lessons = _words(_("What was learned"), most=4000, required=False)
