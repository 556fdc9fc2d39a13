"""The shape of a folder's upload, and of what each file is meant for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vendors.folders.models import File
from vendors.folders.queries import Target


class UploadForm(forms.Form):
    """A ZIP with PDF files."""

    file = forms.FileField(
        label=_("Folder"),
        help_text=_("A ZIP of PDF files, at most 100 MB and 200 files, each at most 10 MB. Their names say what they are."),
    )


class ChoicesForm(forms.Form):
    """One field for each file: the words of an agreement or of a provider, from the list that all fields share; empty leaves the file out."""

    def __init__(self, data: Any = None, *, files: Sequence[File], targets: Mapping[str, Target], list_id: str):
        super().__init__(data)
        self.by_label = {target.label: target.key for target in targets.values()}
        for file in files:
            target = targets.get(file.target)
            self.fields[str(file.public_id)] = forms.CharField(
                label=file.name,
                required=False,
                max_length=600,
                initial=target.label if target else "",
                widget=forms.TextInput(attrs={"list": list_id, "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        """Each field holds words of the list, or nothing."""
        said = super().clean() or {}
        for name, words in list(said.items()):
            if words and words not in self.by_label:
                self.add_error(name, gettext("Choose from the list, or leave it empty to leave the file out."))
        return said

    def choices(self) -> dict[UUID, str]:
        """File -> key of what it is meant for, after a valid form."""
        return {UUID(name): self.by_label.get(words, "") for name, words in self.cleaned_data.items()}
