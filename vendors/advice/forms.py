"""The shape of a signed file and of a key."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.base.fields import among
from vendors.providers import queries as catalogue
from vendors.providers.fields import ToolField


class FileForm(forms.Form):
    """A signed review, and of which tool it is."""

    tool = ToolField(label=_("Which tool is it about?"))
    file = forms.FileField(label=_("Signed review"), help_text=_("The file as it came, ending in .json."))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "tool", catalogue.listed())


class KeyForm(forms.Form):
    """Whose key it is, and the key."""

    name = forms.CharField(label=_("Whose key is it?"), max_length=160, help_text=_("The cooperative or the district."))
    public_key = forms.CharField(
        label=_("Public key"),
        max_length=200,
        help_text=_("64 digits and letters, as its owner told you. Compare it by phone."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
