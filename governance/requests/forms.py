"""The shape of what people type about requests. Nothing is saved here."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.authority.models import Purpose
from governance.records.models import Section
from governance.vocabulary import Outcome

NO_NAMES = gettext_lazy("Do not write students' names.")


class Date(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **kwargs: Any):
        super().__init__(format="%Y-%m-%d", **kwargs)


@dataclasses.dataclass(frozen=True)
class Offer:
    """One kind of data that may be asked for, with what the rules say of it."""

    key: str
    title: str
    category: str
    outcome: Outcome
    note: str


@dataclasses.dataclass
class Line:
    """An element on the form: its box, the field that belongs to it, and its name."""

    title: str
    box: forms.BoundField
    text: forms.BoundField


def _choice_field(form: forms.Form, name: str) -> forms.ChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    return field


class PurposeForm(forms.Form):
    """The first step: what the data is for."""

    purpose = forms.ChoiceField(label=gettext_lazy("What do you need the data for?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, purposes: Sequence[Purpose], **kwargs: Any):
        super().__init__(*args, **kwargs)
        _choice_field(self, "purpose").choices = [
            (purpose.pk, format_html('{}<span class="choice-help">{}</span>', _(purpose.title), _(purpose.plain_description)))
            for purpose in purposes
        ]


class RequestForm(forms.Form):
    """The second step: for which students, which data and why each, until when. `key` makes a form that is sent twice one draft."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    what_for = forms.CharField(
        label=gettext_lazy("In a few words, what will you do with it?"),
        max_length=200,
        help_text=gettext_lazy("For example: reading groups in grade 7. Families can read this. Do not write students' names."),
    )
    sections = forms.MultipleChoiceField(
        label=gettext_lazy("For which classes?"), widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"})
    )
    wanted_until = forms.DateField(label=gettext_lazy("Until when do you need it?"), widget=Date)
    named_decider = forms.CharField(
        label=gettext_lazy("Who decides?"),
        max_length=120,
        help_text=gettext_lazy("A program may suggest, but a person decides. Name the educator who does."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        purpose: Purpose,
        sections: Sequence[tuple[Section, int]],
        offers: Sequence[Offer],
        named_students: int,
        on: dt.date,
        initial: dict[str, Any] | None = None,
    ):
        super().__init__(data, initial={"key": uuid.uuid4(), **(initial or {})})
        self.on, self.offers = on, list(offers)
        self.last_day = on + dt.timedelta(days=purpose.max_days)
        if named_students:
            del self.fields["sections"]
        else:
            _choice_field(self, "sections").choices = [
                (str(section.pk), format_html('{}<span class="choice-help">{}</span>', section.title, _students(count, section)))
                for section, count in sections
            ]
        if not purpose.named_decider_required:
            del self.fields["named_decider"]
        until = self.fields["wanted_until"]
        until.help_text = _("At most %(days)d days for this purpose. Access ends by itself on that day.") % {"days": purpose.max_days}
        until.widget.attrs.update({"min": on.isoformat(), "max": self.last_day.isoformat()})
        for offer in self.offers:
            self.fields[f"use-{offer.key}"] = forms.BooleanField(label=offer.title, required=False)
            self.fields[f"why-{offer.key}"] = forms.CharField(
                label=_("Reason for “%(element)s”") % {"element": offer.title}, max_length=200, required=False, help_text=NO_NAMES
            )

    def groups(self) -> Iterator[tuple[str, list[tuple[Offer, forms.BoundField, forms.BoundField]]]]:
        """The elements by category, as the page shows them."""
        by_category: dict[str, list[tuple[Offer, forms.BoundField, forms.BoundField]]] = {}
        for offer in self.offers:
            by_category.setdefault(offer.category, []).append((offer, self[f"use-{offer.key}"], self[f"why-{offer.key}"]))
        yield from sorted(by_category.items())

    def clean_wanted_until(self) -> dt.date:
        until = self.cleaned_data["wanted_until"]
        if until < self.on:
            raise forms.ValidationError(_("This day is past. Choose a later one."))
        if until > self.last_day:
            raise forms.ValidationError(
                _("This purpose allows at most %(day)s. Choose an earlier day.") % {"day": self.last_day.isoformat()}
            )
        return until

    def clean(self) -> dict[str, Any]:
        chosen = self.chosen()
        if not chosen:
            self.add_error(None, _("Choose at least one kind of data."))
        for key, reason in chosen.items():
            if not reason:
                self.add_error(f"why-{key}", _("Say in one line why you need it."))
        return self.cleaned_data

    def chosen(self) -> dict[str, str]:
        """The elements that are ticked, with their reasons, as far as they are good."""
        return {
            offer.key: (self.cleaned_data.get(f"why-{offer.key}") or "").strip()
            for offer in self.offers
            if self.cleaned_data.get(f"use-{offer.key}")
        }

    def kept(self) -> dict[str, Any]:
        """What of the typing is good enough to keep in the draft, errors elsewhere or not."""
        return {
            "what_for": self.cleaned_data.get("what_for", "")[:200],
            "sections": [int(pk) for pk in self.cleaned_data.get("sections", [])],
            "elements": self.chosen(),
            "wanted_until": self.cleaned_data.get("wanted_until") or self.on,
            "named_decider": self.cleaned_data.get("named_decider", ""),
        }


def _students(count: int, section: Section) -> str:
    return _("%(school)s · %(count)d students") % {"school": section.school_name or "", "count": count}


class MessageForm(forms.Form):
    """A question or an answer."""

    text = forms.CharField(label=gettext_lazy("Message"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}), help_text=NO_NAMES)

    def __init__(self, *args: Any, label: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        if label:
            self.fields["text"].label = label


class DecideForm(forms.Form):
    """The decision: which elements, for which classes, until when, and a reason that families can read."""

    sections = forms.MultipleChoiceField(label=gettext_lazy("For these classes"), widget=forms.CheckboxSelectMultiple)
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=Date)
    reason = forms.CharField(
        label=gettext_lazy("Reason (families can read this)"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Say what is needed and why, in plain words. Do not write students' names."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        elements: Sequence[tuple[str, str, str]],
        sections: Sequence[tuple[int, str]],
        first_day: dt.date,
        last_day: dt.date,
        initial: dict[str, Any] | None = None,
    ):
        super().__init__(data, initial=initial)
        self.elements, self.first_day, self.last_day = list(elements), first_day, last_day
        if len(sections) > 1:
            _choice_field(self, "sections").choices = [(str(pk), title) for pk, title in sections]
        else:
            del self.fields["sections"]
        self.fields["ends_on"].widget.attrs.update({"min": first_day.isoformat(), "max": last_day.isoformat()})
        for key, title, reason in self.elements:
            self.fields[f"allow-{key}"] = forms.BooleanField(label=title, help_text=_("“%(reason)s”") % {"reason": reason}, required=False)
            self.fields[f"without-{key}"] = forms.CharField(
                label=_("Why “%(element)s” is left out (the asker reads this)") % {"element": title}, max_length=200, required=False
            )

    def lines(self) -> list[Line]:
        """The elements with their boxes."""
        return [Line(title, self[f"allow-{key}"], self[f"without-{key}"]) for key, title, _reason in self.elements]

    def clean_ends_on(self) -> dt.date:
        ends_on = self.cleaned_data["ends_on"]
        if not self.first_day <= ends_on <= self.last_day:
            raise forms.ValidationError(
                _("Choose a day from %(first)s to %(last)s.") % {"first": self.first_day.isoformat(), "last": self.last_day.isoformat()}
            )
        return ends_on

    def allowed(self) -> list[str]:
        """The elements that are ticked."""
        return [key for key, _title, _reason in self.elements if self.cleaned_data.get(f"allow-{key}")]

    def left_out(self) -> dict[str, str]:
        """Why the others are left out, where that was said."""
        return {
            key: self.cleaned_data[f"without-{key}"].strip()
            for key, _title, _reason in self.elements
            if not self.cleaned_data.get(f"allow-{key}") and self.cleaned_data.get(f"without-{key}")
        }

    def chosen_sections(self) -> list[int] | None:
        """Ids of the classes that are ticked; None where there was nothing to choose."""
        return [int(pk) for pk in self.cleaned_data["sections"]] if "sections" in self.fields else None


class InboxFilter(forms.Form):
    """What the inbox shows."""

    MINE, ALL, QUESTIONS, CLOSED = "mine", "all", "questions", "closed"

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"}))
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    waits = forms.ChoiceField(
        label=gettext_lazy("Shows"),
        required=False,
        choices=[
            (MINE, gettext_lazy("Waits on me")),
            (ALL, gettext_lazy("All that wait")),
            (QUESTIONS, gettext_lazy("A question is open")),
            (CLOSED, gettext_lazy("Decided by me")),
        ],
    )

    def __init__(self, *args: Any, purposes: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        _choice_field(self, "purpose").choices = [("", _("All purposes")), *purposes]
