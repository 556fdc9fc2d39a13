"""What staff type about ways of data: shape and words, no saving."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.authority.models import Element
from governance.people.forms import DayInput
from governance.people.models import User
from portal.base import clock
from portal.base.fields import FoldedChoices, grouped, offer
from vendors.ends.forms import pdf_of
from vendors.providers.models import Channel


class KeeperForm(forms.Form):
    """Who owns a way."""

    user = forms.ChoiceField(label=gettext_lazy("Owner"), help_text=gettext_lazy("Who gets the task when this way has to stop."))

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "user", [("", _("Choose")), *((str(user.pk), user.name) for user in people)])


class CheckForm(forms.Form):
    """What somebody saw that a way really sends."""

    elements = forms.MultipleChoiceField(label=gettext_lazy("Data that is really sent"), required=False, widget=FoldedChoices)
    checked_on = forms.DateField(label=gettext_lazy("Looked at on"), widget=DayInput())
    note = forms.CharField(
        label=gettext_lazy("What was seen, and where"),
        max_length=200,
        help_text=gettext_lazy("For example: the export of last night, opened in the roster service. No names of students."),
    )
    document = forms.FileField(
        label=gettext_lazy("Evidence (PDF)"), required=False, help_text=gettext_lazy("A picture of the settings, say, without students.")
    )

    def __init__(self, *args: Any, channel: Channel, agreed: Collection[str], elements: Sequence[Element], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial = {"elements": channel.elements, "checked_on": clock.today()}
        rows = [(each.key, _(each.title), _(each.category)) for each in elements]
        offer(self, "elements", grouped(rows, near={*agreed, *channel.elements}, title=_("Agreed, or seen before")))

    def clean_document(self) -> bytes | None:
        """The bytes of the PDF."""
        return pdf_of(self.cleaned_data["document"])
