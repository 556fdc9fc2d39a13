"""Shapes of what people type about accounts and roles. Nothing is saved here."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from governance.people import permissions
from governance.people.models import District, School, SecondStepReset, User
from governance.vocabulary import Role
from portal.base.fields import among, offer

# What an admin gives here; families come in by the school office's codes, auditors with a scope.
_ELSEWHERE = permissions.FAMILY_ROLES | permissions.SCOPED_ROLES
GIVEN_HERE = [("", _("Choose a role")), *((role.value, role.label) for role in Role if role not in _ELSEWHERE)]


class DayInput(forms.DateInput):
    """A date as browsers pick it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class FindPeople(forms.Form):
    """Whom to list. Sent by POST: a name or an e-mail stands in no address."""

    term = forms.CharField(label=_("Name or e-mail"), max_length=100, required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "role", [("", _("Every role")), *Role.choices])


class NewAccount(forms.Form):
    """An account for a member of staff or a provider's contact."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    title = forms.CharField(
        label=_("Title"), max_length=80, required=False, help_text=_("As families will read it: Science teacher, School secretary.")
    )
    staff_number = forms.CharField(
        label=_("Staff id in the roster"),
        max_length=255,
        required=False,
        help_text=_("Joins the account to the classes of the roster. An e-mail alone never does."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, initial="en")


class ResetSecondStep(forms.Form):
    """How the admin made sure who is asking."""

    checked = forms.ChoiceField(
        label=_("How did you make sure who is asking?"), choices=SecondStepReset.Checked.choices, widget=forms.RadioSelect
    )


class GiveRole(forms.Form):
    """A role for a place, from a day to a day."""

    role = forms.ChoiceField(label=_("Role"))
    school = forms.ModelChoiceField(
        label=_("Where"), queryset=School.objects.none(), to_field_name="public_id", required=False, empty_label=_("The whole district")
    )
    starts_on = forms.DateField(label=_("From"), widget=DayInput())
    ends_on = forms.DateField(
        label=_("Until, that day included"), widget=DayInput(), required=False, help_text=_("Leave empty if no end is known.")
    )
    reason = forms.CharField(
        label=_("Why"), max_length=200, required=False, help_text=_("Needed for roles that two people give. The second person reads it.")
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = today
        offer(self, "role", GIVEN_HERE)
        among(self, "school", School.objects.filter(active=True, kind="school"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        starts, ends = given.get("starts_on"), given.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day lies before the first."))
        if given.get("role") in permissions.TWO_KEY_ROLES:
            if not given.get("reason"):
                self.add_error("reason", _("Say why: a second person decides on it."))
            if given.get("school"):
                self.add_error("school", _("This role is for the whole district."))
        return given


class AloneReason(forms.Form):
    """Why somebody goes on with one key."""

    reason = forms.CharField(label=_("Why nobody else can confirm"), max_length=200)


class ChoosePassword(forms.Form):
    """A first password, twice."""

    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=200,
        help_text=password_validators_help_text_html,
    )
    again = forms.CharField(
        label=_("The same password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False, max_length=200
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", _("The two passwords differ."))
        elif given.get("password"):
            try:
                validate_password(given["password"], self.user)
            except ValidationError as weak:
                self.add_error("password", weak)
        return given


class Language(forms.Form):
    """The language of one's own pages and mail."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class DistrictFacts(forms.ModelForm):
    """One part of the district's facts; `fields` says which."""

    languages = forms.MultipleChoiceField(
        label=_("Languages of the district's families"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple, required=False
    )
    website = forms.URLField(label=_("website"), max_length=200, required=False, assume_scheme="https")

    class Meta:
        model = District
        fields = [
            "name",
            "short_name",
            "code",
            "address",
            "website",
            "languages",
            "contact_name",
            "contact_title",
            "contact_phone",
            "contact_email",
            "contact_checked_on",
            "deputy_name",
            "office_hours",
            "superintendent",
            "board_clerk",
            "server_access_count",
            "records_since",
            "roster_source",
            "rules_adopted_on",
            "legal_texts_reviewed_on",
            "legal_texts_reviewed_by",
        ]
        widgets = {
            "address": forms.Textarea(attrs={"rows": 3}),
            "contact_checked_on": DayInput(),
            "records_since": DayInput(),
            "rules_adopted_on": DayInput(),
            "legal_texts_reviewed_on": DayInput(),
        }

    def __init__(self, *args: Any, part: tuple[str, ...], needed: tuple[str, ...] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            if name not in part:
                del self.fields[name]
        for name in needed:
            self.fields[name].required = True
