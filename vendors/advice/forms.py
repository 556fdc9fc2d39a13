"""The shape of a signed file and of a key."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vendors.providers import queries as catalogue
from vendors.providers.models import Tool


class FileForm(forms.Form):
    """A signed review, and of which tool it is."""

    tool = forms.ModelChoiceField(
        label=_("Which tool is it about?"), queryset=Tool.objects.none(), to_field_name="slug", empty_label=_("Choose a tool")
    )
    file = forms.FileField(label=_("Signed review"), help_text=_("The file as it came, ending in .json."))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choose = self.fields["tool"]
        assert isinstance(choose, forms.ModelChoiceField)
        choose.queryset = catalogue.listed()
        choose.label_from_instance = lambda tool: f"{tool.name} ({tool.provider.name})"  # type: ignore[method-assign,assignment]


class KeyForm(forms.Form):
    """Whose key it is, and the key."""

    name = forms.CharField(label=_("Whose key is it?"), max_length=160, help_text=_("The cooperative or the district."))
    public_key = forms.CharField(
        label=_("Public key"),
        max_length=200,
        help_text=_("64 digits and letters, as its owner told you. Compare it by phone."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
