"""What a reporter is asked. Against machines: a signed form, a field that people leave empty, and an easy question where many come."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from breaches.reports.models import Report, SafetyContact, Topic
from portal.base import clock

OPEN_FOR = dt.timedelta(hours=12)
FASTEST = dt.timedelta(seconds=3)
_SALT = "breaches.reports.form"
MORE_WORDS = 4000


def fresh_token(*, at: dt.datetime) -> str:
    """A signed number for one sending: when it was made, and the two numbers of its question."""
    numbers = [secrets.randbelow(8) + 2 for _ in range(2)]
    return signing.dumps({"id": secrets.token_hex(16), "at": at.timestamp(), "sum": numbers}, salt=_SALT)


class ReportForm(forms.Form):
    """The public page's form. `asks` says whether the easy question is asked; `may_be_named_as` is the account of somebody signed in."""

    topic = forms.ChoiceField(label=_("What is it about?"), choices=Topic.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("What happened?"),
        help_text=_("Write in any language. Say what you saw, where, and who was there. You do not need to be sure."),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
    )
    when = forms.CharField(label=_("When was it?"), help_text=_("About is fine."), max_length=200, required=False)
    name = forms.CharField(
        label=_("Your name"),
        help_text=_("You can leave this empty. Only people in two roles may see it, and each time is written down."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reach = forms.CharField(
        label=_("How can we reach you?"),
        help_text=_("A phone number or an e-mail. You can leave this empty and use the code instead."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    with_account = forms.BooleanField(label=_("Add the name of my account"), required=False)
    website = forms.CharField(
        label=_("Leave this empty"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False)
    answer = forms.IntegerField(label="", required=False)

    def __init__(self, *args: Any, asks: bool, signed_in: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asks = asks
        if not signed_in:
            del self.fields["with_account"]
        self.sending = self._opened(self.data.get("token", "")) if self.is_bound else None
        token = self.data.get("token", "") if self.sending else fresh_token(at=clock.now())
        opened = self._opened(token)
        assert opened is not None  # it was opened above, or is fresh
        numbers = opened["sum"]
        self.fields["answer"].label = _("How much is %(first)s plus %(second)s?") % {"first": numbers[0], "second": numbers[1]}
        self.initial["token"] = token
        if self.is_bound and not self.sending:
            self.data = dict(self.data.items()) | {"token": token}

    def clean(self) -> dict[str, Any]:
        """What people do without noticing, and machines do not."""
        cleaned = super().clean() or {}
        now = clock.now().timestamp()
        if cleaned.get("website"):
            self.add_error("website", _("Leave this field empty. It is there to catch machines."))
        if self.sending is None:
            self.add_error(None, _("This page was open for a long time. Your words are still here. Please send them again."))
        elif now - self.sending["at"] < FASTEST.total_seconds():
            self.add_error(None, _("That was very fast. Please wait a moment and send it again."))
        elif self.asks and cleaned.get("answer") != sum(self.sending["sum"]):
            self.add_error("answer", _("Many reports are coming in. Please answer this question, so that we know you are a person."))
        return cleaned

    @property
    def sending_hash(self) -> bytes:
        """The hash of this form's own number."""
        return hashlib.sha256(self.sending["id"].encode()).digest() if self.sending else b""

    @staticmethod
    def _opened(token: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = signing.loads(token, salt=_SALT, max_age=None)
        except signing.BadSignature:
            return None
        return found if clock.now().timestamp() - found["at"] < OPEN_FOR.total_seconds() else None


class CodeForm(forms.Form):
    """The code that was shown once."""

    code = forms.CharField(
        label=_("Your code"),
        help_text=_("Twenty letters and numbers. Small letters and spaces are fine."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


class MoreForm(forms.Form):
    """What the reporter adds."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=60)
    words = forms.CharField(
        label=_("Answer, or tell us more"), max_length=MORE_WORDS, widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"})
    )


class AskForm(forms.Form):
    """A question to the reporter."""

    words = forms.CharField(
        label=_("Write to the reporter"),
        help_text=_(
            "The person reads this with the code. Use plain words, and the person’s language where you can. Do not ask for the name."
        ),
        max_length=MORE_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CloseForm(forms.Form):
    """How a report ends that becomes no incident."""

    outcome = forms.ChoiceField(
        label=_("How does it end?"),
        choices=[choice for choice in Report.Outcome.choices if choice[0] != Report.Outcome.INCIDENT],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why"), help_text=_("The reporter reads this with the code."), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


class ContactForm(forms.ModelForm):
    """Whom worries about safety go to."""

    class Meta:
        model = SafetyContact
        fields = ["name", "title", "phone", "email", "hours"]
