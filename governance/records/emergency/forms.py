"""What an emergency asks: which student, which danger, and a sentence about it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.records.models import EmergencyOpening


class DeclareForm(forms.Form):
    """One of the students found, the danger, and what happened. `found` are (opaque id, words) of the students to choose from."""

    student = forms.UUIDField(label=_("Which student?"), widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=_("What is the danger?"), choices=EmergencyOpening.Reason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("What happened, in a sentence"),
        help_text=_("The data steward and the district admin read this. Families see the danger that you chose, and not this sentence."),
        min_length=5,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, found: Sequence[tuple[str, str]] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        # The names were opened for the page before; after a mistake the choice is kept and nothing is opened again.
        self.fields["student"].widget.choices = found or [(self.data.get("student", ""), _("The student you chose"))]
