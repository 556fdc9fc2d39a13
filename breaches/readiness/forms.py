"""What those who make ready for the day of a breach are asked."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from governance.authority.forms import PersonField
from governance.people.models import User
from portal.base.fields import among


def _phone() -> forms.CharField:
    return forms.CharField(label=_("Telephone number"), max_length=40, widget=forms.TextInput(attrs={"type": "tel"}))


class NameForm(forms.Form):
    """Somebody who keeps a way in."""

    user = PersonField(label=_("Who"), queryset=User.objects.none(), to_field_name="public_id")
    phone = _phone()

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        among(self, "user", people)
        self.fields["phone"].help_text = _("One that works when the district’s own telephones do not. It stands on the card alone.")


class MailForm(forms.Form):
    """Why mail goes the other way from now on."""

    reason = forms.CharField(label=_("Why"), max_length=300, help_text=_("For example: the first server is what was broken into."))


class NumberForm(forms.Form):
    """A number for the card."""

    title = forms.CharField(label=_("Whose number is it?"), max_length=80, help_text=_("For example: Cyber insurer, day and night."))
    name = forms.CharField(label=_("Whom to ask for"), max_length=80, required=False)
    phone = _phone()
