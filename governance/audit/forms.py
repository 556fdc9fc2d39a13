"""The shape of what an auditor types. Nothing is saved here; names become opaque ids before they reach an address."""

import ipaddress
import re
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.audit import queries, references
from governance.audit.models import Period
from governance.audit.questions import MOST_PEOPLE, Question
from governance.vocabulary import Event

_KINDS: tuple[tuple[str, str | Promise], ...] = (
    ("records.", gettext_lazy("Students' records")),
    ("trail.", gettext_lazy("The trail itself")),
    ("governance.request", gettext_lazy("Data requests and permissions")),
    ("governance.", gettext_lazy("Rules and stewards")),
    ("people.", gettext_lazy("People and sign-in")),
    ("", gettext_lazy("Other")),
)


class Date(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **kwargs: Any):
        super().__init__(format="%Y-%m-%d", **kwargs)


class SearchForm(forms.Form):
    """Who, whom, what, why, when, from where. Its `question` holds what was found for the words typed."""

    person = forms.CharField(
        label=gettext_lazy("Who did it"), required=False, max_length=2000, help_text=gettext_lazy("Name or e-mail, or a part of it.")
    )
    student = forms.CharField(
        label=gettext_lazy("Student"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("The student's id. You can look it up by name below."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What happened"), required=False)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    basis = forms.ChoiceField(label=gettext_lazy("Basis"), required=False)
    element = forms.ChoiceField(label=gettext_lazy("Kind of data"), required=False)
    decision = forms.CharField(
        label=gettext_lazy("Decision"), required=False, max_length=20, help_text=gettext_lazy("The number of the data request: R-2041.")
    )
    reference = forms.CharField(
        label=gettext_lazy("Tool or agreement"),
        required=False,
        max_length=160,
        help_text=gettext_lazy("Name of a tool, a provider or an agreement, or the id of anything an entry is about."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("An IP address, or a network such as 10.20.0.0/16."),
    )
    first = forms.DateField(label=gettext_lazy("From"), required=False, widget=Date)
    last = forms.DateField(label=gettext_lazy("To"), required=False, widget=Date)
    request_id = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lists: queries.Lists, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._offer("kind", [("", _("Everything")), *_grouped_events()])
        for name, titles, everything in (
            ("purpose", lists.purposes, _("Any")),
            ("basis", lists.bases, _("Any")),
            ("element", lists.elements, _("Any")),
        ):
            self._offer(name, [("", everything), *((key, _(title)) for key, title in titles.items())])

    def _offer(self, name: str, choices: list[Any]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean_person(self) -> list[UUID]:
        found: dict[UUID, None] = {}
        for text in (part.strip() for part in self.cleaned_data["person"].split(";")):
            if not text:
                continue
            if len(text) < 2:
                raise ValidationError(_("Write at least two letters."))
            people = queries.people_named(text)
            if not people:
                raise ValidationError(_("Nobody with an account is called that."))
            found |= dict.fromkeys(person.public_id for person in people)
        if len(found) > MOST_PEOPLE:
            raise ValidationError(
                _("More than %(most)d people are called that. Write more of the name, or the e-mail.") % {"most": MOST_PEOPLE}
            )
        return list(found)

    def clean_student(self) -> UUID | None:
        text = self.cleaned_data["student"].strip()
        if not text:
            return None
        try:
            return UUID(text)
        except ValueError as error:
            raise ValidationError(
                _("This is not a student's id. Look the student up by name below, or copy the id from the student's page.")
            ) from error

    def clean_decision(self) -> int | None:
        text = self.cleaned_data["decision"].strip()
        if not text:
            return None
        found = re.fullmatch(r"(?:R-?)?(\d{1,9})", text, re.IGNORECASE)
        if not found:
            raise ValidationError(_("Write the number as it stands on the request: R-2041."))
        return int(found.group(1))

    def clean_reference(self) -> UUID | None:
        text = self.cleaned_data["reference"].strip()
        if not text:
            return None
        try:
            return UUID(text)
        except ValueError:
            found = references.named(text) if len(text) > 1 else []
        exact = (
            [one for one in found if str(one).casefold() == text.casefold()]
            or [one for one in found if one.name.casefold() == text.casefold()]
            or found
        )
        if not exact:
            raise ValidationError(_("No tool, provider or agreement is called that. Write a part of the name, or the id."))
        if len(exact) > 1:
            raise ValidationError(
                _("More than one is called that: %(names)s. Write one of them in full.") % {"names": "; ".join(map(str, exact[:6]))}
            )
        return exact[0].public_id

    def clean_address(self) -> str:
        text = self.cleaned_data["address"].strip()
        try:
            return str(ipaddress.ip_network(text, strict=False)) if text else ""
        except ValueError as error:
            raise ValidationError(_("This is not an IP address.")) from error

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            self.add_error("last", _("The last day is before the first."))
        for name in ("first", "last"):
            if (day := given.get(name)) and not 1970 <= day.year < 9999:
                self.add_error(name, _("There is nothing so far off."))
        if not self.errors and queries.filters_of(self.question) is None:
            self.add_error("student" if given.get("student") else "decision", _("There is none with this id or number."))
        return given

    @property
    def question(self) -> Question:
        """What was asked. Only after `is_valid`."""
        given = self.cleaned_data
        return Question(
            people=tuple(given.get("person") or ()),
            student=given.get("student"),
            kind=given.get("kind", ""),
            purpose=given.get("purpose", ""),
            basis=given.get("basis", ""),
            element=given.get("element", ""),
            decision=given.get("decision"),
            reference=given.get("reference"),
            address=given.get("address", ""),
            request_id=given.get("request_id", ""),
            first=given.get("first"),
            last=given.get("last"),
        )


class StudentForm(forms.Form):
    """A student's name, to find the id."""

    name = forms.CharField(
        label=gettext_lazy("First or last name"),
        min_length=2,
        max_length=60,
        help_text=gettext_lazy("The beginning of it is enough, at least two letters."),
    )


class SaveForm(forms.Form):
    """What a kept search is called, which days it goes through, and who may run it."""

    name = forms.CharField(
        label=gettext_lazy("Name of the search"),
        max_length=80,
        help_text=gettext_lazy("What you look for. Write no student's name: colleagues may read it."),
    )
    period = forms.ChoiceField(label=gettext_lazy("Days"), choices=Period.choices)
    shared = forms.BooleanField(label=gettext_lazy("Share it with everybody who may search the trail"), required=False)


def _grouped_events() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for event in Event:
        title = next(str(title) for prefix, title in _KINDS if str(event).startswith(prefix))
        groups.setdefault(title, []).append((str(event), str(event.label)))
    return list(groups.items())
