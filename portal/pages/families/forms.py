"""What is typed at the office's desk, and by families with a code."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from governance.authority.models import Element
from governance.people.forms import DayInput
from governance.people.models import User
from governance.records.models import Guardianship
from portal.base.fields import offer

Limit = Guardianship.Limit
ALWAYS_SHOWN = ("name", "preferred-name", "grade")


class FindChild(forms.Form):
    """A name, sent by POST."""

    term = forms.CharField(label=_("First letters of the first or last name"), min_length=2, max_length=60)


class TakeQuestion(forms.Form):
    """What a guardian asked by phone or at the desk."""

    words = forms.CharField(
        label=_("What does the family want to know?"),
        help_text=_("In their words, with the day and the person if they name one. Name no other student."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class SetLimit(forms.Form):
    """The questions of people.md A3b: what did the court take away?"""

    limit = forms.ChoiceField(
        label=_("What does the order say?"),
        widget=forms.RadioSelect,
        choices=[
            (Limit.PLACEMENT_DENIED, _("It denies this parent physical placement: no access to the record (s. 118.125(2)(m))")),
            (
                Limit.NO_CONTACT,
                _("It forbids contact, or the other parent's address is confidential: nothing that tells a place or a schedule"),
            ),
            (Limit.RECORDS_LIMITED, _("It limits some records: mark them at the end of this form")),
        ],
    )
    elements = forms.MultipleChoiceField(
        label=_("Records that the order names"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=_(
            "A parent without legal custody keeps the right to see the record unless the order says otherwise "
            "(34 CFR 99.4). Mark only what it names."
        ),
    )
    papers_here = forms.TypedChoiceField(
        label=_("Do you have the papers?"),
        widget=forms.RadioSelect,
        choices=[("yes", _("Yes, they lie here")), ("no", _("No: limit now, papers follow within 72 hours"))],
        coerce=lambda answer: answer == "yes",
    )
    order_on = forms.DateField(label=_("Date of the order"), widget=DayInput(), required=False)
    ends_on = forms.DateField(
        label=_("The order ends on"), widget=DayInput(), required=False, help_text=_("Leave empty if it names no end.")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        held = Element.objects.exclude(held_in="").order_by("category", "title").values_list("key", "title", "category")
        offer(self, "elements", [(key, f"{category}: {title}") for key, title, category in held if key not in ALWAYS_SHOWN])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("limit") == Limit.RECORDS_LIMITED and not given.get("elements"):
            self.add_error("elements", _("Mark the records that the order names."))
        if given.get("limit") != Limit.RECORDS_LIMITED:
            given["elements"] = []
        if given.get("papers_here") and not given.get("order_on"):
            self.add_error("order_on", _("The date stands on the first page of the order."))
        if given.get("order_on") and given.get("ends_on") and given["ends_on"] < given["order_on"]:
            self.add_error("ends_on", _("The order cannot end before its date."))
        return given


class PapersCame(forms.Form):
    """The dates on an order that came later."""

    order_on = forms.DateField(label=_("Date of the order"), widget=DayInput())
    ends_on = forms.DateField(
        label=_("The order ends on"), widget=DayInput(), required=False, help_text=_("Leave empty if it names no end.")
    )


class UseCode(forms.Form):
    """A code, for an account that is there already."""

    code = forms.CharField(
        label=_("Code from the school office"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


class Join(UseCode):
    """A code, and what a new account needs."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("Your e-mail"), max_length=254)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=200,
        help_text=password_validators_help_text_html,
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password"):
            try:
                validate_password(given["password"], User(email=given.get("email") or "", name=given.get("name") or ""))
            except ValidationError as weak:
                self.add_error("password", weak)
        return given
