"""Shapes of what people type about retention. Nothing is saved here."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.people.forms import DayInput
from governance.records.models import Student
from governance.retention.classes import CLASSES
from governance.retention.models import Hold

MOST_STUDENTS = 1000


class ProposeRule(forms.Form):
    """How long a class is kept, as the board adopted it."""

    subject = forms.ChoiceField(label=gettext_lazy("What"), choices=[(key, kept.title) for key, kept in CLASSES.items()])
    months = forms.IntegerField(
        label=gettext_lazy("Months"),
        min_value=0,
        max_value=1200,
        help_text=gettext_lazy("Of the trail, from the end of each month; of values, from the day a student left."),
    )
    citation = forms.CharField(
        label=gettext_lazy("Board's resolution or schedule"),
        max_length=200,
        help_text=gettext_lazy("By its number, such as: Resolution 2026-14."),
    )
    decided_on = forms.DateField(label=gettext_lazy("Decided by the board on"), widget=DayInput())


class PlaceHold(forms.Form):
    """What must not be destroyed, and why."""

    kind = forms.ChoiceField(label=gettext_lazy("Why"), choices=Hold.Kind.choices)
    reason = forms.CharField(
        label=gettext_lazy("In a sentence"),
        max_length=300,
        help_text=gettext_lazy("Whoever sees this page reads it. Name no child."),
    )
    reference = forms.CharField(label=gettext_lazy("Case or request number"), max_length=120, required=False)
    holds_trail = forms.BooleanField(label=gettext_lazy("Months of the trail"), required=False, initial=True)
    trail_from = forms.DateField(label=gettext_lazy("from"), widget=DayInput(), required=False)
    trail_to = forms.DateField(
        label=gettext_lazy("to, that day included"),
        widget=DayInput(),
        required=False,
        help_text=gettext_lazy("Leave both empty for the whole trail."),
    )
    holds_values = forms.BooleanField(label=gettext_lazy("Students' values"), required=False, initial=True)
    students = forms.CharField(
        label=gettext_lazy("Students"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=40_000,
        help_text=gettext_lazy("Their ids, as they stand in the address of their pages, one a line. Empty: every student."),
    )

    def clean_students(self) -> list[Student]:
        words = self.cleaned_data["students"].replace(",", " ").split()
        if len(words) > MOST_STUDENTS:
            raise ValidationError(_("At most 1,000 students. Hold everybody's values, or place several holds."))
        try:
            wanted = {UUID(word) for word in words}
        except ValueError as error:
            raise ValidationError(_("One of these is not a student's id. Copy the ids from the students' pages.")) from error
        found = list(Student.objects.filter(public_id__in=wanted))
        if len(found) != len(wanted):
            raise ValidationError(_("There is no student with one of these ids."))
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("holds_trail") and not given.get("holds_values"):
            self.add_error("holds_trail", _("Say what is held: the trail, values, or both."))
        first, last = given.get("trail_from"), given.get("trail_to")
        if first and last and last < first:
            self.add_error("trail_to", _("The last day lies before the first."))
        return given
