"""What a field of a form offers, where that is known only when the form is made."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import Model, QuerySet


class FoldedChoices(forms.CheckboxSelectMultiple):
    """Boxes in groups, for long lists: the first group stands open, all others in one fold, which is open where one of theirs is chosen."""

    template_name = "django/forms/widgets/folded_choices.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The widget's context: `first`, one group, and `rest`, with how many boxes it has and whether it is open."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        groups = [{"title": title, "options": options} for title, options, _index in context["widget"]["optgroups"]]
        boxes = [option for group in groups[1:] for option in group["options"]]
        context["widget"] |= {
            "first": groups[:1],
            "rest": groups[1:],
            "number": len(boxes),
            "open": any(option["selected"] for option in boxes),
        }
        return context


def grouped(rows: Iterable[tuple[str, str, str]], *, near: Collection[str], title: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices in groups, of rows of value, words and group: those in `near` first, under `title`, the others by the names of their groups."""
    first: list[tuple[str, str]] = []
    groups: dict[str, list[tuple[str, str]]] = {}
    for value, words, group in rows:
        (first if value in near else groups.setdefault(group, [])).append((value, words))
    return [*([(title, first)] if first else []), *sorted(groups.items())]


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
