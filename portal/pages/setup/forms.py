"""What is attested before families come in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class Attest(forms.Form):
    """The launch gate: two statements, both needed."""

    loaded = forms.BooleanField(
        label=_("Every court order and safety flag that the schools hold is loaded"),
        help_text=_("From the file of family facts and the school offices' folders. Ask each school in writing."),
    )
    checked = forms.BooleanField(
        label=_("I, or a person I name to the superintendent, compared them with the papers"),
        help_text=_("Your name and the time stand in the trail and on the set-up page."),
    )
