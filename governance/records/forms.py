"""What the pages of students' records ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.people.models import School

SHORTEST, LONGEST = 2, 60
MOST_SCHOOLS = 50  # that one search may go through


class FindStudentForm(forms.Form):
    """The beginning of a name. It is sent by POST, so that no name stands in an address."""

    term = forms.CharField(
        label=_("First or last name"),
        help_text=_("The first two letters or more."),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "type": "search"}),
    )
    school = forms.ModelChoiceField(
        label=_("School"), queryset=School.objects.none(), to_field_name="public_id", empty_label=_("All my schools"), required=False
    )

    def __init__(self, *args: Any, schools: Sequence[School] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.schools = list(schools)
        chooser = self.fields.pop("school")
        if len(self.schools) > 1 and isinstance(chooser, forms.ModelChoiceField):
            chooser.queryset = School.objects.filter(pk__in=[school.pk for school in self.schools])
            chooser.required = len(self.schools) > MOST_SCHOOLS
            self.fields["school"] = chooser

    def places(self) -> list[int]:
        """Ids of the schools to look in."""
        chosen = self.cleaned_data.get("school")
        return [chosen.pk] if chosen else [school.pk for school in self.schools]


class NameFilterForm(forms.Form):
    """A part of a name, to shorten an opened class list."""

    name = forms.CharField(
        label=_("Find a name in this list"),
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "type": "search"}),
    )
