"""The shape of what people type about providers and tools. Nothing is saved here."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.authority.models import Element
from governance.requests.forms import Date
from portal.base import clock
from portal.base.fields import offer
from vendors.providers import links
from vendors.providers.models import AutomatedDecision, Channel, Mark, Provider, Tool, ToolVersion
from vendors.providers.words import SUBJECTS

_TWO = {"class": "choices-two"}


def _country(value: str) -> str:
    code = value.strip().upper()
    if len(code) != 2 or not code.isalpha() or not code.isascii():
        raise forms.ValidationError(_("Two letters, such as US or CA."))
    return code


class SearchForm(forms.Form):
    """Which providers to show."""

    q = forms.CharField(
        label=gettext_lazy("Provider or tool"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )


class ProviderForm(forms.Form):
    """A provider's facts."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    legal_name = forms.CharField(label=gettext_lazy("Name in contracts"), required=False, max_length=160)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Provider.Kind.choices)
    domain = forms.CharField(label=gettext_lazy("Web domain"), required=False, max_length=120)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=2, initial="US", help_text=gettext_lazy("Two letters."))
    region = forms.CharField(label=gettext_lazy("State or region"), required=False, max_length=60)
    address = forms.CharField(label=gettext_lazy("Address"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    privacy_contact = forms.CharField(label=gettext_lazy("Privacy contact"), required=False, max_length=100)
    privacy_email = forms.EmailField(label=gettext_lazy("Privacy e-mail"), required=False)
    security_email = forms.EmailField(label=gettext_lazy("E-mail for security matters"), required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), required=False, max_length=40)
    policy_url = forms.URLField(label=gettext_lazy("Privacy policy (link)"), required=False, max_length=400, assume_scheme="https")

    def clean_domain(self) -> str:
        """A domain without www."""
        given: str = self.cleaned_data["domain"]
        if not given.strip():
            return ""
        link = links.parse(given)
        if link is None or link.kind != "domain":
            raise forms.ValidationError(_("This is no web domain. Write it like reading.example."))
        return link.value

    def clean_country(self) -> str:
        """Two letters."""
        return _country(self.cleaned_data["country"])


class ToolForm(forms.Form):
    """A tool's facts."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    summary = forms.CharField(label=gettext_lazy("In one sentence"), required=False, max_length=200)
    description = forms.CharField(
        label=gettext_lazy("What it does"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    subjects = forms.MultipleChoiceField(
        label=gettext_lazy("Subjects"), required=False, choices=list(SUBJECTS.items()), widget=forms.CheckboxSelectMultiple(attrs=_TWO)
    )
    purposes = forms.MultipleChoiceField(label=gettext_lazy("Purposes"), required=False, widget=forms.CheckboxSelectMultiple(attrs=_TWO))
    accounts = forms.ChoiceField(label=gettext_lazy("Accounts"), choices=Tool.Accounts.choices, widget=forms.RadioSelect)
    collects_nothing = forms.BooleanField(
        label=gettext_lazy("It collects nothing about students"),
        required=False,
        help_text=gettext_lazy("No account, no name, no id, no work that is kept."),
    )
    youngest_age = forms.IntegerField(
        label=gettext_lazy("Youngest age, by the provider's terms"), required=False, min_value=1, max_value=21
    )
    oldest_age = forms.IntegerField(label=gettext_lazy("Oldest age"), required=False, min_value=1, max_value=21)
    held_in = forms.CharField(
        label=gettext_lazy("Countries where data is held"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Two letters each, separated by commas: US, CA."),
    )
    held_by = forms.CharField(label=gettext_lazy("Hosting company"), required=False, max_length=160)
    policy_url = forms.URLField(label=gettext_lazy("Privacy policy (link)"), required=False, max_length=400, assume_scheme="https")
    accessibility = forms.CharField(
        label=gettext_lazy("Accessibility statement"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    accessibility_url = forms.URLField(
        label=gettext_lazy("Accessibility report (link)"), required=False, max_length=400, assume_scheme="https"
    )
    accessibility_on = forms.DateField(label=gettext_lazy("Date of that report"), required=False, widget=Date)

    def __init__(self, data: Any = None, *, purposes: Sequence[tuple[str, str]], initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        offer(self, "purposes", purposes)

    def clean_held_in(self) -> list[str]:
        """A list of country codes."""
        return [_country(part) for part in self.cleaned_data["held_in"].split(",") if part.strip()]

    def clean(self) -> dict[str, Any]:
        """Ages in order."""
        said = super().clean() or {}
        youngest, oldest = said.get("youngest_age"), said.get("oldest_age")
        if youngest and oldest and oldest < youngest:
            self.add_error("oldest_age", _("This is below the youngest age."))
        return said


class NewToolForm(ToolForm):
    """A new tool, with its address."""

    link = forms.CharField(
        label=gettext_lazy("Its link"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Teachers who paste this link find the tool."),
    )
    field_order = ("name", "link", "summary")


class ContactForm(forms.Form):
    """Somebody of the provider."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    may_sign = forms.BooleanField(label=gettext_lazy("May sign agreements for the provider"), required=False)
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=Date,
        help_text=gettext_lazy("After it the account ends by itself. Both sides are told 30 and 7 days ahead."),
    )


class LastDayForm(forms.Form):
    """Until when somebody acts for the provider."""

    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=Date)


class RetireForm(forms.Form):
    """Why nobody may use the tool any more."""

    because = forms.CharField(label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("Teachers can read this."))


# -- Parts of a tool -----------------------------------------------------------------------------------------------------------


class PartForm(forms.Form):
    """Base of the forms of a tool's parts: the elements where the part has some, and today as the first guess of a day."""

    def __init__(self, data: Any = None, files: Any = None, *, elements: Sequence[Element] = ()):
        super().__init__(data, files)
        if "elements" in self.fields:
            offer(self, "elements", [(each.key, f"{each.category}: {each.title}") for each in elements])
        for name in ("seen_on", "checked_on", "reviewed_on", "given_on"):
            if name in self.fields:
                self.fields[name].initial = clock.today()


class AddressForm(PartForm):
    """A link by which the tool is known."""

    link = forms.CharField(label=gettext_lazy("Link"), max_length=400, help_text=gettext_lazy("A web address or the page in an app store."))


class CollectsForm(PartForm):
    """What the tool collects."""

    elements = forms.MultipleChoiceField(label=gettext_lazy("Kinds of data"), widget=forms.CheckboxSelectMultiple(attrs=_TWO))
    required = forms.BooleanField(label=gettext_lazy("The tool does not work without them"), required=False, initial=True)
    why = forms.CharField(label=gettext_lazy("Why it needs them"), required=False, max_length=200)


class VersionForm(PartForm):
    """A form in which the tool is used."""

    form = forms.ChoiceField(label=gettext_lazy("Form"), choices=ToolVersion.Form.choices)
    label = forms.CharField(label=gettext_lazy("Version"), required=False, max_length=60)
    seen_on = forms.DateField(label=gettext_lazy("Looked at on"), widget=Date)
    note = forms.CharField(label=gettext_lazy("What differs"), required=False, max_length=200)


class SubprocessorForm(PartForm):
    """A supplier of the provider."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=2, initial="US", help_text=gettext_lazy("Two letters."))
    does = forms.CharField(label=gettext_lazy("What it does"), max_length=200)
    elements = forms.MultipleChoiceField(
        label=gettext_lazy("Data it gets"), required=False, widget=forms.CheckboxSelectMultiple(attrs=_TWO)
    )
    since = forms.DateField(label=gettext_lazy("Since"), required=False, widget=Date)

    def clean_country(self) -> str:
        """Two letters."""
        return _country(self.cleaned_data["country"])


class MarkForm(PartForm):
    """A rating, certificate or audit report."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Mark.Kind.choices)
    issuer = forms.CharField(label=gettext_lazy("Given by"), max_length=120)
    title = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    result = forms.CharField(label=gettext_lazy("Result"), required=False, max_length=80)
    given_on = forms.DateField(label=gettext_lazy("Date"), widget=Date)
    expires_on = forms.DateField(label=gettext_lazy("Valid until"), required=False, widget=Date)
    url = forms.URLField(label=gettext_lazy("Page of the issuer"), required=False, max_length=400, assume_scheme="https")
    verified = forms.ChoiceField(label=gettext_lazy("How it was checked"), choices=Mark.Verified.choices, initial="not")

    def clean(self) -> dict[str, Any]:
        """Days in order."""
        said = super().clean() or {}
        given, expires = said.get("given_on"), said.get("expires_on")
        if given and expires and expires < given:
            self.add_error("expires_on", _("This is before the date."))
        return said


class ChannelForm(PartForm):
    """A way on which data reaches the tool."""

    kind = forms.ChoiceField(label=gettext_lazy("Way"), choices=Channel.Kind.choices)
    name = forms.CharField(label=gettext_lazy("Name of the system"), required=False, max_length=120)
    elements = forms.MultipleChoiceField(
        label=gettext_lazy("Data that is really sent"), required=False, widget=forms.CheckboxSelectMultiple(attrs=_TWO)
    )
    switched_off_by = forms.CharField(label=gettext_lazy("Who can switch it off, and how to reach them"), max_length=160)
    checked_on = forms.DateField(label=gettext_lazy("Checked on"), required=False, widget=Date)
    evidence_note = forms.CharField(label=gettext_lazy("What was seen"), required=False, max_length=200)


class DecisionForm(PartForm):
    """A way in which the tool scores, ranks, predicts or decides."""

    kind = forms.ChoiceField(label=gettext_lazy("What it does"), choices=AutomatedDecision.Kind.choices)
    about = forms.CharField(label=gettext_lazy("About what, from which data"), max_length=200)
    educator = forms.CharField(
        label=gettext_lazy("Educator who decides"), max_length=120, help_text=gettext_lazy("The tool never has the last word.")
    )
    notice = forms.CharField(label=gettext_lazy("What families are told"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    objection = forms.CharField(label=gettext_lazy("How to object"), max_length=300)
    reviewed_on = forms.DateField(label=gettext_lazy("Reviewed on"), widget=Date)

    def clean(self) -> dict[str, Any]:
        """The next review is a year after the last."""
        said = super().clean() or {}
        if said.get("reviewed_on"):
            said["review_due_on"] = said["reviewed_on"] + dt.timedelta(days=365)
        return said
