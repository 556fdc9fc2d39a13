"""What people are asked in a drill."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from breaches.affected.models import AffectedList
from breaches.incidents.models import Step
from governance.people.models import User
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
        self.fields["tool"].queryset = Tool.objects.filter(retired_at=None).order_by("name")  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """One question."""

    words = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}))


class HoldForm(forms.Form):
    """What would be stopped."""

    kind = forms.ChoiceField(label=_("What would you stop first?"), choices=Step.Kind.choices)
    words = forms.CharField(label=_("What or whom, and why"), max_length=300)


class CopyForm(forms.Form):
    """The list of a real incident."""

    source = forms.ModelChoiceField(
        label=_("List of a real incident"), queryset=AffectedList.objects.none(), to_field_name="public_id",
        help_text=_("It is asked anew from the same question. Nobody of it is told anything."),
    )  # fmt: skip

    def __init__(self, *args: Any, lists: QuerySet[AffectedList], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["source"]
        field.queryset = lists
        field.label_from_instance = lambda one: f"{one.incident}: {one.incident.title} ({one.get_how_display()})"


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
    owner = forms.ModelChoiceField(label=_("Who does it"), queryset=User.objects.none(), to_field_name="public_id")
    due_on = forms.DateField(label=_("By when"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class DoneForm(forms.Form):
    """What came of it."""

    words = forms.CharField(label=_("What came of it"), max_length=500)
