"""What one person proposes and another one confirms, until somebody ends it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vendors.constraints import both_or_neither


class Proposal(models.Model):
    """It counts while `confirmed_at` is set and `ended_at` is not. A proposal that is taken back ends without having counted."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.public_id)


def steps_by_someone(noun: str) -> list[models.CheckConstraint]:
    """Each step has its person; named for what is proposed."""
    return [
        both_or_neither("confirmed_at", "confirmed_by", name=f"{noun}_confirmed_by_someone"),
        both_or_neither("ended_at", "ended_by", name=f"{noun}_ended_by_someone"),
    ]


def confirmed_by_another(*others: str, name: str) -> models.CheckConstraint:
    """Who confirms is not who proposed, nor whom one of the `others` names."""
    another = Q()
    for field in ("proposed_by", *others):
        another &= ~Q(confirmed_by=F(field))
    return models.CheckConstraint(condition=Q(confirmed_by=None) | another, name=name)
