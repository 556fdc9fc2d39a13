"""The shape of what teachers type about tools. Nothing is saved here."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.records.models import Section
from governance.requests.forms import Date
from portal.base.fields import among
from vendors.providers import links
from vendors.providers.fields import ToolField
from vendors.providers.models import Tool
from vendors.providers.words import SUBJECTS
from vendors.tool_requests.models import ToolRequest

NO_NAMES = gettext_lazy("Do not write students' names.")


class SearchForm(forms.Form):
    """Find a tool by its name or its link; or look through a subject."""

    q = forms.CharField(
        label=gettext_lazy("Name of the tool, or its link"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    subject = forms.ChoiceField(label=gettext_lazy("Subject"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        subject = self.fields["subject"]
        assert isinstance(subject, forms.ChoiceField)
        subject.choices = [("", _("All")), *SUBJECTS.items()]


class AskForm(forms.Form):
    """What a teacher knows: what students will do, accounts or not, which classes, by when, what is used now. `key` makes a form that is
    sent twice one request."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("What is the tool called?"), max_length=120)
    link = forms.CharField(
        label=gettext_lazy("Its link"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("From the browser's address line or the app store. It helps to find the right one."),
    )
    activity = forms.CharField(
        label=gettext_lazy("What will students do in it?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_NAMES,
    )
    accounts = forms.ChoiceField(
        label=gettext_lazy("Will students have accounts?"), choices=ToolRequest.Accounts.choices, widget=forms.RadioSelect
    )
    sections = forms.MultipleChoiceField(
        label=gettext_lazy("With which classes?"), required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"})
    )
    wanted_by = forms.DateField(label=gettext_lazy("By when do you need it?"), widget=Date)
    used_now = forms.CharField(
        label=gettext_lazy("What do you use for this now?"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("“Nothing” is an answer too."),
    )

    def __init__(
        self, data: Any = None, *, sections: Sequence[Section], on: dt.date, tool: Tool | None = None, initial: dict[str, Any] | None = None
    ):
        super().__init__(data, initial={"key": uuid.uuid4(), **(initial or {})})
        self.on = on
        if tool is not None:
            del self.fields["name"], self.fields["link"]
        choose = self.fields["sections"]
        assert isinstance(choose, forms.MultipleChoiceField)
        choose.choices = [(str(section.pk), section.title) for section in sections]
        if not sections:
            del self.fields["sections"]
        self.fields["wanted_by"].widget.attrs["min"] = on.isoformat()

    def clean_wanted_by(self) -> dt.date:
        """A day from today on."""
        wanted: dt.date = self.cleaned_data["wanted_by"]
        if wanted < self.on:
            raise forms.ValidationError(_("This day has passed. Choose a day from today on."))
        return wanted

    def clean_link(self) -> str:
        """A link, or nothing."""
        link: str = self.cleaned_data["link"].strip()
        if link and links.parse(link) is None:
            raise forms.ValidationError(_("This is no web address. Copy it from the browser's address line, or leave it empty."))
        return link


class UseForm(forms.Form):
    """With which classes, until when."""

    sections = forms.MultipleChoiceField(
        label=gettext_lazy("With which classes?"), widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"})
    )

    def __init__(self, data: Any = None, *, sections: Iterable[Section], initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        choose = self.fields["sections"]
        assert isinstance(choose, forms.MultipleChoiceField)
        choose.choices = [(str(section.pk), section.title) for section in sections]


class AllowedWhatForm(forms.Form):
    """What the tool let the teacher do, asked at renewal and at the end."""

    allowed_what = forms.CharField(
        label=gettext_lazy("What did it let you do?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_NAMES,
    )


class JoinForm(forms.Form):
    """Which tool of the catalogue a request means."""

    tool = ToolField(label=gettext_lazy("It is this tool"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "tool", Tool.objects.filter(retired_at=None).select_related("provider").order_by("name"))
