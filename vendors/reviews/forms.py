"""The shape of what reviewers and providers type. Nothing is saved here."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.people.models import User
from governance.requests.forms import Date
from portal.base.fields import offer
from vendors.reviews.checklist import Item, Question
from vendors.reviews.models import Check, ConsentNeeded

GRADES = tuple(
    (code, gettext_lazy("Kindergarten") if code == "KG" else code.lstrip("0"))
    for code in ("KG", *(f"{number:02d}" for number in range(1, 13)))
)
ANSWERS = (
    ("yes", gettext_lazy("Yes")),
    ("no", gettext_lazy("No")),
    ("partly", gettext_lazy("Partly")),
    ("not_applicable", gettext_lazy("Does not apply")),
)


class ChecklistForm(forms.Form):
    """Yes, no or does not apply for each item, with a note. What is left open stays open."""

    def __init__(self, data: Any = None, *, items: Sequence[Item], said: Mapping[str, Check]):
        super().__init__(data)
        self.items = list(items)
        for item in self.items:
            known = said.get(item.id)
            self.fields[f"said-{item.id}"] = forms.ChoiceField(
                label=_(item.question),
                help_text=_(item.help),
                required=False,
                choices=[("", _("Not answered")), *Check.Answer.choices],
                initial=known.answer if known else "",
            )
            self.fields[f"note-{item.id}"] = forms.CharField(
                label=_("Note"), required=False, max_length=300, initial=known.note if known else ""
            )

    def groups(self) -> Iterator[tuple[str, list[tuple[Item, forms.BoundField, forms.BoundField]]]]:
        """The items by law, each with its two fields."""
        by_group: dict[str, list[tuple[Item, forms.BoundField, forms.BoundField]]] = {}
        for item in self.items:
            by_group.setdefault(_(item.group), []).append((item, self[f"said-{item.id}"], self[f"note-{item.id}"]))
        yield from by_group.items()

    def answers(self) -> dict[str, tuple[str, str]]:
        """Item -> (answer, note), after a valid form."""
        return {item.id: (self.cleaned_data[f"said-{item.id}"], self.cleaned_data[f"note-{item.id}"].strip()) for item in self.items}


class QuestionnaireForm(forms.Form):
    """The provider's security questionnaire; every question needs an answer, words where "partly" or unwanted."""

    def __init__(self, data: Any = None, *, questions: Sequence[Question]):
        super().__init__(data)
        self.questions = list(questions)
        for question in self.questions:
            self.fields[f"said-{question.id}"] = forms.ChoiceField(label=_(question.question), choices=ANSWERS, widget=forms.RadioSelect)
            self.fields[f"words-{question.id}"] = forms.CharField(
                label=_("In your words"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
            )

    def groups(self) -> Iterator[tuple[str, list[tuple[Question, forms.BoundField, forms.BoundField]]]]:
        """The questions by group, each with its two fields."""
        by_group: dict[str, list[tuple[Question, forms.BoundField, forms.BoundField]]] = {}
        for question in self.questions:
            by_group.setdefault(_(question.group), []).append((question, self[f"said-{question.id}"], self[f"words-{question.id}"]))
        yield from by_group.items()

    def clean(self) -> dict[str, Any]:
        """An answer other than the wanted one says why."""
        said = super().clean() or {}
        for question in self.questions:
            answer = said.get(f"said-{question.id}")
            if answer and answer != question.wanted and not said.get(f"words-{question.id}", "").strip():
                self.add_error(f"words-{question.id}", _("Say in a sentence how it is, or what you do about it."))
        return said

    def answers(self) -> dict[str, tuple[str, str]]:
        """Question -> (answer, words), after a valid form."""
        return {
            question.id: (self.cleaned_data[f"said-{question.id}"], self.cleaned_data[f"words-{question.id}"].strip())
            for question in self.questions
        }


class ApproveForm(forms.Form):
    """For what, with which data, on which conditions, until when, and why."""

    elements = forms.MultipleChoiceField(
        label=gettext_lazy("Data that may go there"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=gettext_lazy("The agreement's schedule. Leave out what the tool works without."),
    )
    purposes = forms.MultipleChoiceField(label=gettext_lazy("Purposes"), required=False, widget=forms.CheckboxSelectMultiple)
    consent = forms.ChoiceField(label=gettext_lazy("What families are asked"), choices=ConsentNeeded.choices, widget=forms.RadioSelect)
    consent_basis = forms.ChoiceField(label=gettext_lazy("Reason in law"), required=False)
    youngest_age = forms.IntegerField(label=gettext_lazy("Youngest age"), required=False, min_value=1, max_value=21)
    oldest_age = forms.IntegerField(label=gettext_lazy("Oldest age"), required=False, min_value=1, max_value=21)
    grades = forms.MultipleChoiceField(
        label=gettext_lazy("Grades"),
        required=False,
        choices=GRADES,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=gettext_lazy("None ticked: all grades."),
    )
    no_names = forms.BooleanField(label=gettext_lazy("Nobody types real names"), required=False)
    conditions = forms.CharField(
        label=gettext_lazy("Further conditions for teachers"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line."),
    )
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=Date)
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=Date)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Teachers and families can read this."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        elements: Sequence[tuple[str, str, str]],
        purposes: Sequence[tuple[str, str]],
        bases: Sequence[tuple[str, str]],
        initial: dict[str, Any] | None = None,
    ):
        super().__init__(data, initial=initial)
        offer(self, "elements", [(key, format_html('{}<span class="choice-help">{}</span>', title, note)) for key, title, note in elements])
        offer(self, "purposes", purposes)
        offer(self, "consent_basis", [("", _("None named")), *bases])
        if not elements:
            del self.fields["elements"], self.fields["purposes"]

    def clean(self) -> dict[str, Any]:
        """Ages and days in order."""
        said = super().clean() or {}
        youngest, oldest = said.get("youngest_age"), said.get("oldest_age")
        if youngest and oldest and oldest < youngest:
            self.add_error("oldest_age", _("This is below the youngest age."))
        first, last = said.get("starts_on"), said.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("This is before the first day."))
        return said


class RefuseForm(forms.Form):
    """Why not, and what to use instead."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Teachers and families can read this."),
    )
    alternatives = forms.MultipleChoiceField(
        label=gettext_lazy("Tools to use instead"), required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"})
    )

    def __init__(self, data: Any = None, *, tools: Sequence[tuple[str, str]], initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        offer(self, "alternatives", tools)
        if not tools:
            del self.fields["alternatives"]


class DropForm(forms.Form):
    """Why a review closes without an outcome."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class AssignForm(forms.Form):
    """Who reviews, until when."""

    reviewer = forms.ChoiceField(label=gettext_lazy("Reviewer"))
    due_on = forms.DateField(label=gettext_lazy("Until"), widget=Date)

    def __init__(self, data: Any = None, *, people: Sequence[User], initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        offer(self, "reviewer", [(str(person.public_id), person.name) for person in people])


class GuidanceForm(forms.Form):
    """What teachers read on the tool's page."""

    setup = forms.CharField(
        label=gettext_lazy("Safe set-up"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One step a line."),
    )
    without_account = forms.CharField(
        label=gettext_lazy("Students without an account"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("How to run the lesson so that nobody stands out."),
    )
    families_en = forms.CharField(
        label=gettext_lazy("Message to families, in English"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 6})
    )
    families_es = forms.CharField(
        label=gettext_lazy("Message to families, in Spanish"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6, "lang": "es"}),
    )
    whom_to_call = forms.CharField(label=gettext_lazy("Whom to call"), required=False, max_length=200)


def one_year_from(on: dt.date) -> dt.date:
    """The same day next year; the 28th for a 29th of February."""
    try:
        return on.replace(year=on.year + 1)
    except ValueError:
        return on.replace(year=on.year + 1, day=28)
