"""What a provider's contacts type: shape and words, no saving."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.authority.models import Element
from governance.requests.forms import Date
from portal.base.fields import FoldedChoices, grouped, offer
from vendors.company.models import SupplierNotice
from vendors.providers.models import Tool
from vendors.reviews.forms import QuestionnaireForm


class AnswersForm(QuestionnaireForm):
    """The security questionnaire, with what was saved before."""

    def __init__(self, data: Any = None, *, saved: dict[str, list[str]], **more: Any):
        super().__init__(data, **more)
        self.initial = {
            name: value
            for question, (said, words) in saved.items()
            for name, value in ((f"said-{question}", said), (f"words-{question}", words))
        }

    def so_far(self) -> dict[str, tuple[str, str]]:
        """What is filled in, complete or not: for the draft."""
        return {
            question.id: (str(self.data.get(f"said-{question.id}", ""))[:20], str(self.data.get(f"words-{question.id}", "")).strip())
            for question in self.questions
        }


class BreachForm(forms.Form):
    """What the provider knows so far. Nothing that names a student."""

    tools = forms.MultipleChoiceField(label=gettext_lazy("Tools concerned"), widget=forms.CheckboxSelectMultiple)
    discovered_at = forms.DateTimeField(
        label=gettext_lazy("When you discovered it"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("The district's time. Your clock runs from this moment, not from when you are sure."),
    )
    happened = forms.CharField(
        label=gettext_lazy("What happened"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("What you know now. Write no student's name; you can send a second notice when you know more."),
    )
    data = forms.CharField(label=gettext_lazy("Which kinds of data"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))  # type: ignore[assignment]  # Form.data, which it hides in the class alone
    people_about = forms.IntegerField(
        label=gettext_lazy("About how many students"),
        required=False,
        min_value=0,
        max_value=10_000_000,
        help_text=gettext_lazy("Empty: not known yet."),
    )
    contained = forms.BooleanField(label=gettext_lazy("It has stopped"), required=False)
    measures = forms.CharField(
        label=gettext_lazy("What you do about it"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reach = forms.CharField(
        label=gettext_lazy("Whom the district can call now"), max_length=200, help_text=gettext_lazy("Name and telephone number.")
    )

    def __init__(self, data: Any = None, *, tools: Sequence[Tool]):
        super().__init__(data)
        offer(self, "tools", [(str(tool.public_id), tool.name) for tool in tools])


class SupplierForm(forms.Form):
    """A supplier who comes or goes."""

    tool = forms.ChoiceField(label=gettext_lazy("Tool"))
    change = forms.ChoiceField(
        label=gettext_lazy("Change"), choices=SupplierNotice.Change.choices, widget=forms.RadioSelect, initial="added"
    )
    name = forms.CharField(label=gettext_lazy("Supplier"), max_length=120)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$", label=gettext_lazy("Country"), initial="US", help_text=gettext_lazy("Two letters, such as US.")
    )
    does = forms.CharField(label=gettext_lazy("What it does"), max_length=200)
    elements = forms.MultipleChoiceField(label=gettext_lazy("Which data it gets"), required=False, widget=FoldedChoices)
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=Date)

    def __init__(self, data: Any = None, *, tools: Sequence[Tool], elements: Sequence[Element]):
        super().__init__(data)
        offer(self, "tool", [(str(tool.public_id), tool.name) for tool in tools])
        own = {each.element_id for tool in tools for each in tool.collects.all()}
        rows = [(each.key, _(each.title), _(each.category)) for each in elements]
        offer(self, "elements", grouped(rows, near=own, title=_("Data of your tools")))

    def clean_country(self) -> str:
        """In capital letters."""
        return str(self.cleaned_data["country"]).upper()
