"""The shape of what people type about agreements. Nothing is saved here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.authority.models import Element
from governance.requests.forms import Date
from portal.base.fields import offer
from vendors.agreements.models import Agreement, Clause, Signature, Version
from vendors.agreements.words import SAFEGUARDS
from vendors.providers import documents
from vendors.providers.models import Provider, Tool

_TWO = {"class": "choices-two"}


class ListFilter(forms.Form):
    """Which agreements to show."""

    q = forms.CharField(
        label=gettext_lazy("Title, provider or tool"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    ending = forms.BooleanField(label=gettext_lazy("Ends within 120 days"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "kind", [("", _("All")), *Agreement.Kind.choices])


class ProviderForm(forms.Form):
    """The first step: with whom."""

    provider = forms.ChoiceField(label=gettext_lazy("With which provider?"))

    def __init__(self, *args: Any, providers: Sequence[Provider], **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "provider", [(str(each.public_id), each.name) for each in providers])


class TermsForm(forms.Form):
    """The terms of a text: dates, purposes, the clocks, the safeguards."""

    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=Date)
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"), required=False, widget=Date, help_text=gettext_lazy("Empty: until somebody ends it.")
    )
    purposes = forms.MultipleChoiceField(label=gettext_lazy("Purposes"), widget=forms.CheckboxSelectMultiple(attrs=_TWO))
    breach_hours = forms.IntegerField(
        label=gettext_lazy("Hours to tell the district of a breach"),
        required=False,
        min_value=1,
        max_value=2_000,
        help_text=gettext_lazy("Empty where the text gives no number."),
    )
    breach_words = forms.CharField(label=gettext_lazy("What it says about breaches"), required=False, max_length=300)
    disposition = forms.ChoiceField(
        label=gettext_lazy("At the end (Exhibit D)"), choices=Version.Disposition.choices, widget=forms.RadioSelect, initial="destroy"
    )
    disposition_days = forms.IntegerField(
        label=gettext_lazy("Days to destroy or return the data"), required=False, min_value=1, max_value=1_000
    )
    disposition_words = forms.CharField(label=gettext_lazy("What it says about the end"), required=False, max_length=300)
    inspection_days = forms.IntegerField(
        label=gettext_lazy("Days to answer a family's request"), required=False, min_value=1, max_value=365
    )
    audit_days = forms.IntegerField(label=gettext_lazy("Days' notice before an audit"), required=False, min_value=1, max_value=365)
    safeguards = forms.MultipleChoiceField(
        label=gettext_lazy("Safeguards"), required=False, choices=list(SAFEGUARDS.items()), widget=forms.CheckboxSelectMultiple(attrs=_TWO)
    )
    offered_until = forms.DateField(
        label=gettext_lazy("Other districts may join until (Exhibit E)"),
        required=False,
        widget=Date,
        help_text=gettext_lazy("Empty: no general offer."),
    )

    def __init__(self, data: Any = None, *, purposes: Sequence[tuple[str, str]], initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        offer(self, "purposes", purposes)

    def clean(self) -> dict[str, Any]:
        """Days in order."""
        said = super().clean() or {}
        first, last = said.get("starts_on"), said.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("This is before the first day."))
        return said

    def terms(self) -> dict[str, Any]:
        """The terms as the actions take them, after a valid form."""
        return {name: self.cleaned_data[name] for name in TermsForm.base_fields}


class DraftForm(TermsForm):
    """The second step: what sort of agreement, for which tools, on which terms."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Agreement.Kind.choices, widget=forms.RadioSelect, initial="ndpa")
    title = forms.CharField(label=gettext_lazy("Title"), max_length=160)
    originator = forms.CharField(
        label=gettext_lazy("District that made it"),
        required=False,
        max_length=160,
        help_text=gettext_lazy("Only for a general offer that you join."),
    )
    risk = forms.ChoiceField(
        label=gettext_lazy("Risk of the terms"),
        required=False,
        help_text=gettext_lazy("Only for terms that one clicks to accept: nobody negotiated them."),
    )
    risk_words = forms.CharField(
        label=gettext_lazy("What the risk is"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    tools = forms.MultipleChoiceField(label=gettext_lazy("Tools it covers (Exhibit A)"), widget=forms.CheckboxSelectMultiple(attrs=_TWO))
    field_order = ("kind", "title", "originator", "risk", "risk_words", "tools")

    def __init__(
        self, data: Any = None, *, tools: Sequence[Tool], purposes: Sequence[tuple[str, str]], initial: dict[str, Any] | None = None
    ):
        super().__init__(data, purposes=purposes, initial=initial)
        offer(self, "tools", [(each.slug, each.name) for each in tools])
        offer(self, "risk", [("", _("Not clicked terms")), *Agreement.Risk.choices])


class ServicesForm(forms.Form):
    """Which tools the text covers."""

    tools = forms.MultipleChoiceField(label=gettext_lazy("Tools it covers (Exhibit A)"), widget=forms.CheckboxSelectMultiple(attrs=_TWO))

    def __init__(self, data: Any = None, *, tools: Sequence[Tool], initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        offer(self, "tools", [(each.slug, each.name) for each in tools])


class ScheduleForm(forms.Form):
    """The schedule of data of one tool: what is listed with whether it is needed, and what else to list."""

    def __init__(self, data: Any = None, *, listed: Mapping[str, bool], elements: Sequence[Element]):
        super().__init__(data)
        self.listed = [element for element in elements if element.key in listed]
        for element in self.listed:
            self.fields[f"use-{element.key}"] = forms.ChoiceField(
                label=element.title,
                choices=[("needed", _("Needed")), ("optional", _("Works without it")), ("", _("Not listed"))],
                required=False,
                initial="needed" if listed[element.key] else "optional",
            )
        groups: dict[str, list[tuple[str, str]]] = {}
        for element in elements:
            if element.key not in listed:
                groups.setdefault(element.category, []).append((element.key, element.title))
        self.fields["add"] = forms.MultipleChoiceField(
            label=_("More kinds of data"),
            required=False,
            choices=[(key, f"{category}: {title}") for category, pairs in groups.items() for key, title in pairs],
            widget=forms.CheckboxSelectMultiple(attrs=_TWO),
        )

    def lines(self) -> list[forms.BoundField]:
        """The fields of what is listed."""
        return [self[f"use-{element.key}"] for element in self.listed]

    def elements(self) -> dict[str, bool]:
        """Element -> needed, after a valid form."""
        said = {element.key: self.cleaned_data[f"use-{element.key}"] for element in self.listed}
        return {key: word == "needed" for key, word in said.items() if word} | dict.fromkeys(self.cleaned_data["add"], True)


class ClauseForm(forms.Form):
    """A passage of the text."""

    part = forms.ChoiceField(label=gettext_lazy("Part"), choices=Clause.Part.choices)
    state = forms.CharField(
        label=gettext_lazy("State"), required=False, max_length=5, help_text=gettext_lazy("Only for Exhibit G: two letters, such as WI.")
    )
    heading = forms.CharField(label=gettext_lazy("Heading"), max_length=120)
    words = forms.CharField(label=gettext_lazy("Text"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))

    def clean_state(self) -> str:
        """US-WI from WI."""
        state: str = self.cleaned_data["state"].strip().upper()
        return f"US-{state}" if len(state) == 2 else state


class PdfField(forms.FileField):
    """A PDF of at most 10 MB; its cleaned value is the bytes."""

    widget = forms.ClearableFileInput(attrs={"accept": "application/pdf"})

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        """The bytes of the PDF. Raises ValidationError with what to do."""
        file = super().clean(data, initial)
        if not isinstance(file, UploadedFile):
            return None
        try:
            return documents.read_pdf(file)
        except documents.CannotTake as refusal:
            raise forms.ValidationError(refusal.what_to_do) from refusal


class DocumentForm(forms.Form):
    """The agreement as a document."""

    document = PdfField(label=gettext_lazy("Document (PDF, 10 MB at most)"))


class SignForm(forms.Form):
    """Sign the text with this hash."""

    text_sha256 = forms.CharField(widget=forms.HiddenInput, min_length=64, max_length=64)
    title = forms.CharField(label=gettext_lazy("Your title"), required=False, max_length=120)
    read = forms.BooleanField(label=gettext_lazy("I have read this text and sign it."))


class PaperForm(forms.Form):
    """A signature on paper, with the scan."""

    text_sha256 = forms.CharField(widget=forms.HiddenInput, min_length=64, max_length=64)
    side = forms.ChoiceField(label=gettext_lazy("Whose signature?"), choices=Signature.Side.choices, widget=forms.RadioSelect)
    name = forms.CharField(label=gettext_lazy("Who signed"), max_length=120)
    title = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=120)
    signed_on = forms.DateField(label=gettext_lazy("Date of the signature"), widget=Date)
    scan = PdfField(label=gettext_lazy("Scan (PDF, 10 MB at most)"))


class EndForm(forms.Form):
    """Why it ends now, and what takes its place."""

    because = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
    superseded_by = forms.ChoiceField(label=gettext_lazy("Another agreement takes its place"), required=False)

    def __init__(self, data: Any = None, *, others: Sequence[Agreement] = ()):
        super().__init__(data)
        offer(self, "superseded_by", [("", _("None")), *((str(each.public_id), each.title) for each in others)])


class RenewForm(forms.Form):
    """Until when it goes on."""

    ends_on = forms.DateField(
        label=gettext_lazy("New last day"), required=False, widget=Date, help_text=gettext_lazy("Empty: until somebody ends it.")
    )


class JoinForm(forms.Form):
    """Another district that joined by the general offer."""

    district = forms.CharField(label=gettext_lazy("District"), max_length=160)
    state = forms.CharField(label=gettext_lazy("State"), required=False, max_length=5)
    joined_on = forms.DateField(label=gettext_lazy("Joined on"), widget=Date)
    document = PdfField(label=gettext_lazy("Its signature page (PDF)"), required=False)


def next_june(on: dt.date) -> dt.date:
    """June 30 of the school year after this one: where agreements usually end."""
    return dt.date(on.year + (2 if on.month >= 7 else 1), 6, 30)
