"""What those who tell the public, or ask for a pack, are asked."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from breaches.postings.wording import LANGUAGES, PART_MOST, PARTS, TITLE_MOST

LANGUAGES_OF_PDF = (("en", "English"), ("es", "Español"))
_IN = {"en": _("in English"), "es": _("in Spanish")}


class WriteForm(forms.Form):
    """A text in English and Spanish, and whether the company is named."""

    name_provider = forms.BooleanField(
        label=_("Name the company"), required=False, help_text=_("Only where the district’s counsel agreed.")
    )
    counsel = forms.CharField(label=_("Who of counsel agreed, and when"), max_length=200, required=False)

    def __init__(self, *args: Any, has_provider: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        asked: dict[str, forms.Field] = {}
        for code in LANGUAGES:
            asked[f"title_{code}"] = forms.CharField(
                label=_("Title, %(language)s") % {"language": _IN[code]},
                max_length=TITLE_MOST,
                widget=forms.TextInput(attrs={"dir": "auto"}),
            )
            for part, label in PARTS.items():
                asked[f"{part}_{code}"] = forms.CharField(
                    label=f"{label}, {_IN[code]}", max_length=PART_MOST, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"})
                )
        self.fields = asked | (dict(self.fields) if has_provider else {})

    def said(self) -> dict[str, Any]:
        """What was typed, as the action takes it."""
        given = self.cleaned_data
        texts = {code: {part: given[f"{part}_{code}"] for part in ("title", *PARTS)} for code in LANGUAGES}
        return {"texts": texts, "name_provider": given.get("name_provider", False), "counsel": given.get("counsel", "")}


class TakeDownForm(forms.Form):
    """Why a text is taken off the public page."""

    reason = forms.CharField(
        label=_("Why the text is taken down"), max_length=300, help_text=_("The public reads it in place of the text.")
    )


class AskForm(forms.Form):
    """An evidence pack for an office of the state."""

    to = forms.CharField(label=_("For which office"), max_length=200)
    reason = forms.CharField(
        label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Whoever agrees reads it. Name no student.")
    )


class RefuseForm(forms.Form):
    """Why a pack is not made."""

    refusal = forms.CharField(label=_("Why not"), max_length=300)
