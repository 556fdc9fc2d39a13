"""What somebody types who writes down a disclosure."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.disclosures import queries, rules
from governance.disclosures.actions import Said
from governance.disclosures.words import Channel, HeldBecause, MistakenBecause, Notice, Outcome, PartyKind
from governance.people.forms import DayInput
from governance.records.plain_words import element_heading, group_of
from portal.base import clock
from portal.base.fields import offer

LARGEST_DOCUMENT = 20 * 1024 * 1024
MOST_STUDENTS = 200
_FAULTS = {
    ("happened_on", "future"): _("This day has not come yet."),
    ("basis", "no_ground"): _("Nothing may leave on this ground. Choose another one."),
    ("interest", "missing"): _("Say what they need it for: the law asks for it (34 CFR 99.32(a)(3))."),
    ("threat", "missing"): _("Say what the danger was and to whom: the law asks for it (34 CFR 99.32(a)(5))."),
    ("notice", "missing"): _("Say how the family was told before (34 CFR 99.31(a)(9)(ii))."),
    ("channel", "outcome"): _("If it was given, say how it left. If it was refused, nothing left."),
    ("held", "basis"): _(
        "A line may be kept back only for court orders, dangers and child protection. Choose another ground or show the line."
    ),
    ("held", "forbidden"): _("If the court forbids to tell, the line must be kept back."),
    ("held_because", "missing"): _("Say why the family may not see it yet."),
    ("held_until", "range"): _("Choose a day from tomorrow on, at most two years ahead."),
}


class FindStudent(forms.Form):
    """A name, sent by POST."""

    term = forms.CharField(label=_("First letters of the first or last name"), min_length=2, max_length=60)


class RecordForm(forms.Form):
    """Who received or asked for what about whom, on which ground."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label=_("What happened?"), choices=Outcome.choices, widget=forms.RadioSelect)
    happened_on = forms.DateField(label=_("On which day?"), widget=DayInput())
    party = forms.CharField(
        label=_("Who received it or asked for it?"), max_length=200, help_text=_("The school, office, company or person.")
    )
    party_kind = forms.ChoiceField(label=_("What kind of party is it?"), choices=[("", _("Choose")), *PartyKind.choices])
    contact = forms.CharField(label=_("How to reach them"), max_length=200, required=False)
    basis = forms.ChoiceField(label=_("On which ground?"))
    interest = forms.CharField(
        label=_("What do they need it for?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Their legitimate interest. The family reads it."),
    )
    threat = forms.CharField(
        label=_("In an emergency: what was the danger, and to whom?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("An articulable and significant threat (34 CFR 99.36). The family reads it."),
    )
    notice = forms.ChoiceField(
        label=_("For a court order or subpoena: was the family told before?"), choices=[("", _("Choose")), *Notice.choices], required=False
    )
    elements = forms.MultipleChoiceField(label=_("What was it?"), widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}))
    channel = forms.ChoiceField(label=_("How did it leave?"), choices=[("", _("Choose")), *Channel.choices])
    onward = forms.CharField(
        label=_("Whom may they pass it on to, and why?"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    reference = forms.CharField(
        label=_("Number of the order, agreement or request"), max_length=120, required=False, help_text=_("No name of a student.")
    )
    document = forms.FileField(
        label=_("The paper behind it"),
        required=False,
        help_text=_("The portal keeps its fingerprint (SHA-256) and not the file, so that you can show later that it is the same paper."),
    )
    held = forms.ChoiceField(
        label=_("May the family see this line?"),
        choices=[
            ("", _("Yes, at once")),
            ("announced", _("Not yet: they see that a line is kept back, until a day")),
            ("silent", _("Not yet, and they may not learn that there is one")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    held_because = forms.ChoiceField(label=_("Why not yet?"), choices=[("", _("Choose")), *HeldBecause.choices], required=False)
    held_until = forms.DateField(label=_("Until which day?"), widget=DayInput(), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(
            self,
            "basis",
            [
                ("", _("Choose")),
                *((basis.pk, f"{basis.title} ({basis.citation})") for basis in queries.grounds()),
            ],
        )
        offer(self, "elements", [(key, f"{group}: {heading}") for _order, group, heading, key in sorted(_every_element())])

    def clean_document(self) -> str | None:
        """The fingerprint of the paper."""
        given = self.cleaned_data["document"]
        if given is None:
            return None
        if given.size > LARGEST_DOCUMENT:
            raise forms.ValidationError(_("This file is larger than 20 MB. Leave it out, or choose a smaller scan."))
        digest = hashlib.sha256()
        for piece in given.chunks():
            digest.update(piece)
        return digest.hexdigest()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if {"happened_on", "basis", "outcome", "channel"} <= given.keys():
            for field, code in rules.faults_of(self.said(given).facts(today=clock.today())).items():
                if field not in self.errors:
                    self.add_error(field, _FAULTS[field, code])
        return given

    def said(self, given: dict[str, Any] | None = None) -> Said:
        """What was typed, as the action takes it."""
        found = self.cleaned_data if given is None else given
        typed = {field.name for field in dataclasses.fields(Said)} - {"elements", "document_sha256", "held_until"}
        return Said(
            **{name: found.get(name, "") for name in typed},
            elements=frozenset(found.get("elements") or ()),
            document_sha256=found.get("document"),
            held_until=found.get("held_until"),
        )


class MistakeForm(forms.Form):
    """Why a line is wrong."""

    because = forms.ChoiceField(label=_("What is wrong with it?"), choices=MistakenBecause.choices, widget=forms.RadioSelect)


def chosen_in(given: Sequence[str]) -> list[UUID]:
    """The students marked on a page, as far as they are ids; at most 200."""
    found = []
    for text in given[:MOST_STUDENTS]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _every_element() -> list[tuple[str, str, str, str]]:
    rows = []
    for element in queries.elements():
        order, group = group_of(element.category)
        rows.append((order, group, element_heading(element.key, element.title), element.key))
    return rows
