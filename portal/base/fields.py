"""What a field of a form offers, where that is known only when the form is made."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import Model, QuerySet


class FoldedChoices(forms.CheckboxSelectMultiple):
    """Boxes in groups, for long lists: the first group stands open, and each other one that holds a chosen box; the rest is folded."""

    template_name = "django/forms/widgets/folded_choices.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The widget's context, with its groups as folds."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["folds"] = [
            {"title": title, "options": options, "open": index == 0 or any(option["selected"] for option in options)}
            for title, options, index in context["widget"]["optgroups"]
        ]
        return context


def offer(form: forms.BaseForm, name: str, choices: Iterable[Sequence[Any]]) -> None:
    """Let the field of choices offer these: pairs of value and words."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(value, words) for value, words in choices]


def among(form: forms.BaseForm, name: str, rows: QuerySet[Model]) -> None:
    """Let the field of rows offer these rows alone."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
