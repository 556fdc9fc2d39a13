"""What a field of a form offers, where that is known only when the form is made."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import Model, QuerySet


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
