"""The shape of an upload and of what somebody decides about a domain."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vendors.providers import queries as catalogue
from vendors.providers.models import Tool


class UploadForm(forms.Form):
    """A log or a list of domains."""

    file = forms.FileField(
        label=_("Log or list of domains"),
        help_text=_(
            "Text or CSV, at most 500 MB: a list of domains, a table with a column of domains, or the lines of a proxy or sign-in log."
        ),
    )


class ReviewForm(forms.Form):
    """What the tool is called, and who offers it."""

    name = forms.CharField(label=_("Name of the tool"), max_length=120)
    provider = forms.CharField(label=_("Company"), max_length=120, help_text=_("A company that the catalog knows is taken from there."))


class SameForm(forms.Form):
    """Which tool of the catalogue the domain belongs to."""

    tool = forms.ModelChoiceField(
        label=_("It belongs to"), queryset=Tool.objects.none(), to_field_name="slug", empty_label=_("Choose a tool")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choose = self.fields["tool"]
        assert isinstance(choose, forms.ModelChoiceField)
        choose.queryset = catalogue.listed()
        choose.label_from_instance = lambda tool: f"{tool.name} ({tool.provider.name})"  # type: ignore[method-assign,assignment]
