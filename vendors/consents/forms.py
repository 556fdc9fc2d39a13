"""The shape of what is typed about forms for families. Nothing is saved here."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.people.forms import DayInput
from governance.records.models import Section
from portal.base import clock
from portal.base.fields import offer
from vendors.consents.models import Answer, Policy
from vendors.consents.present import REGISTERED, SLIPS
from vendors.ends.forms import pdf_of

SIGN = gettext_lazy("I have read this, and I am the one who decides. This counts like my signature.")


class AnswerForm(forms.Form):
    """The last question. `key` makes a page that is sent twice one answer, `text` names the text that was read."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    sure = forms.BooleanField(label=SIGN, error_messages={"required": gettext_lazy("Mark this to say OK.")})

    def __init__(self, *args: Any, said: str, text: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial = {"key": uuid.uuid4(), "text": text}
        if said != Answer.Said.GIVEN:  # a no takes no oath
            del self.fields["sure"]


class PaperForm(forms.Form):
    """What stands on a paper that came back."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    matter = forms.ChoiceField(label=gettext_lazy("Which form?"))
    number = forms.IntegerField(
        label=gettext_lazy("Number of the text"), min_value=1, help_text=gettext_lazy("It stands at the foot of the paper.")
    )
    link = forms.ChoiceField(label=gettext_lazy("Who signed?"), widget=forms.RadioSelect)
    said = forms.ChoiceField(label=gettext_lazy("What does it say?"), widget=forms.RadioSelect, choices=list(REGISTERED.items()))
    language = forms.ChoiceField(
        label=gettext_lazy("In which language?"), choices=[("en", gettext_lazy("English")), ("es", gettext_lazy("Spanish"))]
    )
    signed_on = forms.DateField(label=gettext_lazy("Date of the signature"), widget=DayInput())
    scan = forms.FileField(
        label=gettext_lazy("Scan of the paper (PDF)"),
        required=False,
        help_text=gettext_lazy("Kept encrypted. Whoever opens it stands in the child’s log."),
    )

    def __init__(self, *args: Any, matters: Sequence[tuple[str, str]], links: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial = {"key": uuid.uuid4()}
        offer(self, "matter", [("", _("Choose")), *matters])
        offer(self, "link", links)

    def clean_scan(self) -> bytes | None:
        """The bytes of the PDF."""
        return pdf_of(self.cleaned_data["scan"])


class MistakeForm(forms.Form):
    """Why a paper that was registered does not count."""

    why = forms.ChoiceField(label=gettext_lazy("What went wrong?"), choices=list(SLIPS.items()), widget=forms.RadioSelect)


class CampaignForm(forms.Form):
    """Which classes are asked, by when, and on which days the rest is reminded."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    sections = forms.MultipleChoiceField(
        label=gettext_lazy("Which classes?"), widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"})
    )
    answer_by = forms.DateField(label=gettext_lazy("Answer by"), widget=DayInput())
    remind_1 = forms.DateField(label=gettext_lazy("First reminder"), widget=DayInput(), required=False)
    remind_2 = forms.DateField(label=gettext_lazy("Second reminder"), widget=DayInput(), required=False)
    remind_3 = forms.DateField(
        label=gettext_lazy("Third reminder"),
        widget=DayInput(),
        required=False,
        help_text=gettext_lazy("Only families that have not answered get it. There are three at most."),
    )

    def __init__(self, *args: Any, sections: Sequence[Section] | None, **kwargs: Any):
        on = clock.today()
        super().__init__(*args, **kwargs)
        self.initial = {"key": uuid.uuid4(), "answer_by": on + dt.timedelta(days=21), "remind_1": on + dt.timedelta(days=7)}
        if sections is None:
            del self.fields["sections"]
        else:
            offer(self, "sections", [(str(section.pk), section.title) for section in sections])

    def reminders(self) -> list[dt.date]:
        """The days that were filled in."""
        return [day for number in (1, 2, 3) if (day := self.cleaned_data.get(f"remind_{number}")) is not None]


class PolicyForm(forms.Form):
    """Who says OK for children under 13, and on which legal basis."""

    coppa = forms.ChoiceField(label=gettext_lazy("For students under 13"), choices=Policy.Coppa.choices, widget=forms.RadioSelect)
    basis = forms.CharField(
        label=gettext_lazy("On which legal basis?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Families can read it. The rule of 2025 (16 CFR 312) settled no exception for schools, so ask counsel."),
    )
