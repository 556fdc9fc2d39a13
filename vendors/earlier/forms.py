"""The shape of an upload."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.base.fields import offer


class UploadForm(forms.Form):
    """A list, the text that its answers are held to, and why they may be."""

    form = forms.ChoiceField(label=_("Which form do they answer?"))
    covers = forms.CharField(
        label=_("Why do these answers count for it?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: the paper of August 2026 names the same tool, data and purpose; it lies in the office. No names."),
    )
    file = forms.FileField(label=_("File"), help_text=_("CSV, at most 5 MB and 2,000 rows. The first row names the columns."))

    def __init__(self, *args: Any, texts: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "form", [("", gettext("Choose")), *texts])
