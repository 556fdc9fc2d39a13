"""Tools, providers and agreements by their names, for auditors who search the trail: it holds their opaque ids alone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.audit import references
from governance.audit.references import MOST_FOUND, Finder, Named
from vendors.agreements.models import Agreement
from vendors.providers.models import Provider, Tool

_SORTS: tuple[tuple[str, type[Model], str, str | Promise], ...] = (
    ("tool", Tool, "name", _("tool")),
    ("provider", Provider, "name", _("provider")),
    ("agreement", Agreement, "title", _("agreement")),
)


def register() -> None:
    """Let auditors search by them. Called once, when the apps are ready."""
    for key, model, field, sort in _SORTS:
        references.register(key, Finder(_named(model, field, sort), _with_id(model, field, sort)))


def _named(model: Any, field: str, sort: str | Promise) -> Callable[[str], list[Named]]:
    def named(text: str) -> list[Named]:
        found = model.objects.filter(Q(**{f"{field}__icontains": text})).order_by(field, "pk")[:MOST_FOUND]
        return [Named(one.public_id, getattr(one, field), str(sort)) for one in found]

    return named


def _with_id(model: Any, field: str, sort: str | Promise) -> Callable[[UUID], Named | None]:
    def with_id(public_id: UUID) -> Named | None:
        one = model.objects.filter(public_id=public_id).first()
        return Named(public_id, getattr(one, field), str(sort)) if one is not None else None

    return with_id
