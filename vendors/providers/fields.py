"""The choice of a tool in a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from vendors.providers.models import Tool


class ToolField(forms.ModelChoiceField):
    """A tool by its slug, read with its provider's name. Which ones are offered is said when the form is made: `portal.base.fields.among`."""

    def __init__(self, **kwargs: Any):
        super().__init__(queryset=Tool.objects.none(), to_field_name="slug", empty_label=gettext_lazy("Choose a tool"), **kwargs)

    def label_from_instance(self, obj: Tool) -> str:
        """Tool and provider."""
        return f"{obj.name} ({obj.provider.name})"
