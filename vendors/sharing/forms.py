"""What staff type about deliveries and stop tasks."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from governance.authority.models import Purpose
from vendors.providers.models import Tool


class OpenForm(forms.Form):
    """To which tool, and for what."""

    tool = forms.ChoiceField(label=gettext_lazy("Tool"))
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), help_text=gettext_lazy("Agreement and approval must both name it."))

    def __init__(self, *args: Any, tools: Collection[Tool], purposes: Collection[Purpose], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("tool", [(tool.slug, f"{tool.name} ({tool.provider.name})") for tool in tools]),
            ("purpose", [(purpose.pk, purpose.title) for purpose in purposes]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


class ConfirmForm(forms.Form):
    """How many children stood in the preview that is confirmed."""

    children = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class DoneForm(forms.Form):
    """What shows that a way is switched off."""

    seen = forms.CharField(
        label=gettext_lazy("What did you see?"),
        max_length=200,
        help_text=gettext_lazy("For example: the roster of tonight no longer names the tool. No names of students."),
    )
