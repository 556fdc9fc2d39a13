"""The shape of an upload."""

from django import forms
from django.utils.translation import gettext_lazy as _

from vendors.spreadsheets.models import Sheet


class UploadForm(forms.Form):
    """A file and what it lists."""

    kind = forms.ChoiceField(label=_("What does it list?"), choices=Sheet.Kind.choices, widget=forms.RadioSelect)
    file = forms.FileField(label=_("File"), help_text=_("CSV, at most 5 MB and 5,000 rows. The first row names the columns."))
