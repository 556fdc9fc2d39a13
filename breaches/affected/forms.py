"""What those who handle incidents are asked about whom one touched."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from breaches.assessment.forms import MomentInput
from governance.authority.models import Element
from governance.people.forms import DayInput
from governance.people.models import User
from portal.base.fields import offer
from vendors.providers.models import Provider

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class AddressField(forms.CharField):
    """An opaque id, typed or pasted with the address of the page that it stands in: of ids in an address the last one counts."""

    def clean(self, value: Any) -> UUID:
        """The id as a UUID."""
        typed = super().clean(value)
        if not (found := _ID.findall(typed)):
            raise forms.ValidationError(_("There is no id in this. Open the page and copy its whole address."))
        return UUID(found[-1])


class ProviderForm(forms.Form):
    """Whose data a provider had."""

    provider = forms.ModelChoiceField(label=gettext_lazy("Provider"), queryset=Provider.objects.order_by("name"), to_field_name="public_id")
    since = forms.DateField(label=gettext_lazy("First day"), widget=DayInput)
    until = forms.DateField(label=gettext_lazy("Last day"), widget=DayInput)
    reach = forms.BooleanField(
        label=gettext_lazy("List beside them the children of classes that used its tools on these days"),
        help_text=gettext_lazy("What reached the provider past the portal stands in no line. They are kept apart as those who could be."),
        required=False,
    )


class AccountForm(forms.Form):
    """Whose records an account opened."""

    account = forms.EmailField(label=gettext_lazy("E-mail of the account"))
    since = forms.DateTimeField(label=gettext_lazy("From"), widget=MomentInput)
    until = forms.DateTimeField(label=gettext_lazy("Until"), widget=MomentInput)
    reach = forms.BooleanField(
        label=gettext_lazy("List beside them the children whom the account could have opened and did not"), required=False
    )

    def clean_account(self) -> User:
        """The account of that e-mail."""
        found = User.objects.filter(email__iexact=self.cleaned_data["account"]).first()
        if found is None:
            raise forms.ValidationError(_("No account has this e-mail. Look it up under People."))
        return found


class FileForm(forms.Form):
    """Whose data stood in one disclosure."""

    disclosure = AddressField(
        label=gettext_lazy("The line in the record of disclosures"),
        help_text=gettext_lazy(
            "Open a child’s record of disclosures, follow “written by mistake” on that line, and paste the address of that page here."
        ),
        max_length=400,
    )


class HandForm(forms.Form):
    """Nothing is asked: children are added one by one."""


class ProposeForm(forms.Form):
    """A child to add to a list, or to take off it."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What should change?"),
        choices=[("add", gettext_lazy("Add this child")), ("remove", gettext_lazy("Take this child off"))],
        widget=forms.RadioSelect,
    )
    student = AddressField(
        label=gettext_lazy("The child’s page"),
        help_text=gettext_lazy("Paste the address of the student’s page. No name is typed here."),
        max_length=400,
    )
    elements = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of data"),
        help_text=gettext_lazy("Which ones were touched, if the child is added."),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("Name no child."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "elements", Element.objects.order_by("title").values_list("key", "title"))

    def clean(self) -> dict[str, Any]:
        """A child who is added comes with the kinds of data that were touched."""
        given = super().clean() or {}
        if given.get("kind") == "add" and not given.get("elements"):
            self.add_error("elements", _("Choose at least one: the notice has to say what was touched."))
        return given
