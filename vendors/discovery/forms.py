"""The shape of an upload and of what somebody decides about a domain."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.base.fields import among
from vendors.providers import queries as catalogue
from vendors.providers.fields import ToolField


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

    tool = ToolField(label=_("It belongs to"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "tool", catalogue.listed())
