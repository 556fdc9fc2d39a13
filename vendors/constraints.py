"""Conditions that the tables of these rooms share."""

from django.db import models
from django.db.models import Q


def both_or_neither(first: str, second: str, *, name: str) -> models.CheckConstraint:
    """A time never stands without the person who did it, nor the person without the time."""
    return models.CheckConstraint(
        condition=Q(**{f"{first}__isnull": True, f"{second}__isnull": True}) | Q(**{f"{first}__isnull": False, f"{second}__isnull": False}),
        name=name,
    )


def not_before(later: str, earlier: str, *, name: str) -> models.CheckConstraint:
    """`later`, where it is given, is no earlier than `earlier`."""
    return models.CheckConstraint(condition=Q(**{f"{later}__isnull": True}) | Q(**{f"{later}__gte": models.F(earlier)}), name=name)
