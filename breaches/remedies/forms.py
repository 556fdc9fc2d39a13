"""What those who carry out remedies are asked."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from breaches.affected.models import AffectedList
from breaches.incidents.models import Evidence
from breaches.remedies.wording import TITLE_MOST, WORDS_MOST
from portal.base.fields import among

MOST_BYTES = 20_000_000


def _title(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=TITLE_MOST, widget=forms.TextInput(attrs={"dir": "auto"}))


def _words(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=WORDS_MOST, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}))


def _day(label: Any, *, help_text: Any = "", required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ListChoice(forms.ModelChoiceField):
    """One list of those affected, by how and when it was made."""

    def label_from_instance(self, obj: AffectedList) -> str:
        """How it was made, how many are on it."""
        return f"{AffectedList.How(obj.how).label} ({obj.children})"


class OfferForm(forms.Form):
    """A remedy for everybody on a list, in English and Spanish."""

    title_en = _title(_("Title, in English"))
    words_en = _words(_("What families read, in English"))
    title_es = _title(_("Title, in Spanish"))
    words_es = _words(_("What families read, in Spanish"))
    affected = ListChoice(label=_("For whom"), queryset=AffectedList.objects.none(), to_field_name="public_id")
    with_could = forms.BooleanField(label=_("Also for those whose data could have been reached, without a trace of it"), required=False)
    answer_by = _day(_("Last day to answer"), help_text=_("Families can say yes or no until the end of this day."))
    lasts_until = _day(_("Until when the help lasts"), help_text=_("Leave it empty where it ends when it is done."), required=False)

    def __init__(self, *args: Any, lists: QuerySet[AffectedList], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "affected", lists)

    def said(self) -> dict[str, Any]:
        """What was typed, as the action takes it."""
        given = self.cleaned_data
        texts = {code: {"title": given[f"title_{code}"], "words": given[f"words_{code}"]} for code in ("en", "es")}
        chosen: AffectedList = given["affected"]
        until: dt.date | None = given["lasts_until"]
        return {
            "texts": texts, "affected": chosen.public_id, "with_could": given["with_could"], "answer_by": given["answer_by"],
            "lasts_until": until,
        }  # fmt: skip


class CodesForm(forms.Form):
    """A file of codes."""

    file = forms.FileField(label=_("File with the codes"), help_text=_("A text file or a CSV of one column, one code on each line."))

    def clean_file(self) -> str:
        """The text of the file."""
        found = self.cleaned_data["file"]
        if found.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 20 MB. Take the codes in parts."))
        try:
            return str(found.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This is no text file. Save the codes as text or CSV in UTF-8.")) from None


class EvidenceField(forms.ModelChoiceField):
    """One piece of evidence, by its title."""

    def label_from_instance(self, obj: Evidence) -> str:
        """Its title."""
        return obj.title


class DoneForm(forms.Form):
    """What shows that a remedy was carried out."""

    words = forms.CharField(label=_("What shows that it was done"), max_length=300, help_text=_("Name no student."))
    evidence = EvidenceField(
        label=_("Evidence of this incident"), queryset=Evidence.objects.none(), to_field_name="public_id", required=False
    )

    def __init__(self, *args: Any, evidence: QuerySet[Evidence], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "evidence", evidence)


class WithdrawForm(forms.Form):
    """Why something is not offered any more."""

    reason = forms.CharField(label=_("Why it is not offered any more"), max_length=300)
