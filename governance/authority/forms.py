"""The shape of what people type about rules and stewards. Nothing is saved here."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.authority import rules
from governance.authority.models import Basis, Element, Purpose
from governance.people.models import School, User
from governance.vocabulary import Kind, Outcome, Relation, Role


class Date(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **kwargs: Any):
        super().__init__(format="%Y-%m-%d", **kwargs)


def _choice_field(form: forms.Form, name: str) -> forms.ChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    return field


class RuleFilter(forms.Form):
    """What the list of rules shows."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"}))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of decision"),
        required=False,
        choices=[("", gettext_lazy("All kinds")), *((str(kind), kind.label) for kind in Kind)],
    )


def _elements_by_category() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for element in Element.objects.all():
        groups.setdefault(_(element.category), []).append((element.key, _(element.title)))
    return sorted(groups.items())


class RuleForm(forms.Form):
    """A draft of a rule's next version."""

    key = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=60,
        help_text=gettext_lazy("Small letters and hyphens. It stays for ever, with every decision."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind of decision"), choices=Kind.choices)
    title = forms.CharField(label=gettext_lazy("What it says, in one line"), max_length=120)
    words = forms.CharField(
        label=gettext_lazy("What it says, in words for people"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    outcome = forms.ChoiceField(label=gettext_lazy("What follows"), choices=Outcome.choices, widget=forms.RadioSelect)
    when = forms.CharField(
        label=gettext_lazy("When it applies"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=gettext_lazy("A condition in the rules' own language. The page for this rule shows it in words."),
    )
    elements = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of data that it names"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=gettext_lazy("None ticked: whatever the condition says."),
    )
    max_days = forms.IntegerField(label=gettext_lazy("Days at most"), required=False, min_value=1, max_value=1_000)
    citation = forms.CharField(label=gettext_lazy("Citation"), max_length=200)
    basis = forms.ChoiceField(label=gettext_lazy("Legal basis"), required=False)

    def __init__(self, *args: Any, existing: bool, known: Any, in_words: Callable[[rules.Fault], str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.known, self.in_words = known, in_words
        _choice_field(self, "elements").choices = _elements_by_category()
        _choice_field(self, "basis").choices = [
            ("", _("None")),
            *((basis.pk, f"{basis.title} ({basis.citation})") for basis in Basis.objects.order_by("title")),
        ]
        if existing:
            self.fields["key"].disabled = self.fields["kind"].disabled = True

    def clean_key(self) -> str:
        key = slugify(self.cleaned_data["key"])
        if key in {"", "new", "try"}:  # these are pages
            raise forms.ValidationError(_("Choose another short name."))
        return key

    def clean(self) -> dict[str, Any]:
        text, kind = self.cleaned_data.get("when"), self.cleaned_data.get("kind")
        if text and kind:
            try:
                when = json.loads(text)
            except json.JSONDecodeError as error:
                self.add_error(
                    "when", _("This is not JSON: line %(line)d, column %(column)d.") % {"line": error.lineno, "column": error.colno}
                )
            except RecursionError:
                self.add_error("when", _("The condition is too large or too deep."))
            else:
                for fault in rules.validate(when, Kind(kind), known=self.known):
                    self.add_error("when", self.in_words(fault))
                self.cleaned_data["when"] = when
        return self.cleaned_data


class EndForm(forms.Form):
    """Why a rule is to end."""

    reason = forms.CharField(
        label=gettext_lazy("Why should this rule end?"),
        help_text=gettext_lazy("It ends with nothing in its place. If another rule should hold, draft a new version instead."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ApproveForm(forms.Form):
    """When a draft takes effect."""

    in_force_from = forms.DateTimeField(
        label=gettext_lazy("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text=gettext_lazy("Leave empty for now."),
    )


class CaseForm(forms.Form):
    """A case to try the rules on."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    relation = forms.ChoiceField(label=gettext_lazy("Link to the students"), choices=Relation.choices)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    elements = forms.MultipleChoiceField(label=gettext_lazy("Kinds of data"), widget=forms.SelectMultiple(attrs={"size": 8}))
    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=0, max_value=3_650, initial=90)
    decider = forms.BooleanField(label=gettext_lazy("A person who decides is named"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _choice_field(self, "purpose").choices = [(purpose.pk, _(purpose.title)) for purpose in Purpose.objects.all()]
        _choice_field(self, "elements").choices = _elements_by_category()


class PersonField(forms.ModelChoiceField):
    """One of some people, by name and title."""

    def label_from_instance(self, obj: User) -> str:
        return f"{obj.name}, {obj.title}" if obj.title else obj.name


def _model_field(form: forms.Form, name: str) -> forms.ModelChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    return field


class DesignateForm(forms.Form):
    """The designation of a data steward."""

    title = forms.CharField(
        label=gettext_lazy("Title of the office"), max_length=120, help_text=gettext_lazy("For example: Steward of health records")
    )
    steward = PersonField(label=gettext_lazy("Data steward"), queryset=User.objects.none())
    deputy = PersonField(
        label=gettext_lazy("Deputy"),
        queryset=User.objects.none(),
        required=False,
        help_text=gettext_lazy("Decides while the steward is away."),
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Decides about"), widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"})
    )
    schools = forms.ModelMultipleChoiceField(
        label=gettext_lazy("At these schools"),
        queryset=School.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=gettext_lazy("None ticked: the whole district."),
    )
    order = forms.CharField(
        label=gettext_lazy("By which order"),
        max_length=200,
        help_text=gettext_lazy("For example: Order of the superintendent of August 12, 2026"),
    )
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=Date)
    ends_on = forms.DateField(label=gettext_lazy("Until"), required=False, widget=Date)

    def __init__(self, *args: Any, people: Any, categories: Sequence[str], schools: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("steward", "deputy"):
            _model_field(self, name).queryset = people
        _choice_field(self, "categories").choices = [(category, _(category)) for category in categories]
        _model_field(self, "schools").queryset = schools


class AbsenceForm(forms.Form):
    """Days on which the deputy decides."""

    starts_on = forms.DateField(label=gettext_lazy("First day away"), widget=Date)
    ends_on = forms.DateField(label=gettext_lazy("Last day away"), widget=Date)


class ElementFilter(forms.Form):
    """What the catalogue of elements shows."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"}))
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)

    def __init__(self, *args: Any, categories: Sequence[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        _choice_field(self, "category").choices = [("", _("All categories")), *((category, _(category)) for category in categories)]


class LawFilter(forms.Form):
    """What the list of laws shows."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"}))
    place = forms.ChoiceField(
        label=gettext_lazy("Where it holds"),
        required=False,
        choices=[("", gettext_lazy("Here: federal and Wisconsin")), ("others", gettext_lazy("Other states"))],
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All")), ("unchecked", gettext_lazy("Something to check first"))],
    )


def as_text(when: Any) -> str:
    """A condition as the form shows it."""
    return json.dumps(when, indent=2, ensure_ascii=False)
