"""What people are asked in a drill."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from breaches.affected.models import AffectedList
from breaches.incidents.models import Step
from governance.authority.forms import PersonField
from governance.people.models import User
from portal.base.fields import among
from vendors.providers.models import Tool


class StartForm(forms.Form):
    """A drill begins."""

    tool = forms.ModelChoiceField(
        label=_("Tool that stands in for the one of the scenario"),
        help_text=_("So that the list of those affected comes from what was really sent to it. Nothing is sent, stopped or told."),
        queryset=Tool.objects.none(),
        to_field_name="public_id",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "tool", Tool.objects.filter(retired_at=None).order_by("name"))


class AnswerForm(forms.Form):
    """One question."""

    words = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}))


class HoldForm(forms.Form):
    """What would be stopped."""

    kind = forms.ChoiceField(label=_("What would you stop first?"), choices=Step.Kind.choices)
    words = forms.CharField(label=_("What or whom, and why"), max_length=300)


class ListField(forms.ModelChoiceField):
    """One of some lists, by its incident and how it was made."""

    def label_from_instance(self, obj: AffectedList) -> str:
        return f"{obj.incident}: {obj.incident.title} ({obj.get_how_display()})"


class CopyForm(forms.Form):
    """The list of a real incident."""

    source = ListField(
        label=_("List of a real incident"), queryset=AffectedList.objects.none(), to_field_name="public_id",
        help_text=_("It is asked anew from the same question. Nobody of it is told anything."),
    )  # fmt: skip

    def __init__(self, *args: Any, lists: QuerySet[AffectedList], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "source", lists)


class EndForm(forms.Form):
    """What was learned."""

    lessons = forms.CharField(
        label=_("What did you learn?"),
        help_text=_("What went well, what did not, what was missing. It stands in the report; name no student."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )


class ImproveForm(forms.Form):
    """Something to do because of the drill."""

    title = forms.CharField(label=_("What is to be done"), max_length=200)
    owner = PersonField(label=_("Who does it"), queryset=User.objects.none(), to_field_name="public_id")
    due_on = forms.DateField(label=_("By when"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "owner", people)


class DoneForm(forms.Form):
    """What came of it."""

    words = forms.CharField(label=_("What came of it"), max_length=500)
