"""Whose signed reviews are taken in, and which came. What they say stands in `reviews.Advice`, which approves nothing."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vendors.constraints import both_or_neither
from vendors.reviews.models import Advice


class TrustedKey(models.Model):
    """The public key of a cooperative or another district. Two people add it; its files are taken while `confirmed_at` is set and `ended_at` is not."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=160)
    public_key = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            both_or_neither("confirmed_at", "confirmed_by", name="trusted_key_confirmed_by_someone"),
            both_or_neither("ended_at", "ended_by", name="trusted_key_ended_by_someone"),
            models.CheckConstraint(condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")), name="trusted_key_takes_two"),
            models.CheckConstraint(condition=Q(public_key__regex=r"^[0-9a-f]{64}$"), name="trusted_key_is_32_bytes"),
            models.UniqueConstraint(fields=["public_key"], condition=Q(ended_at=None), name="one_open_row_per_key"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SignedReview(models.Model):
    """A file that was taken in: which review of whom it is, so that none is taken twice, and no older one after a newer one."""

    advice = models.OneToOneField(Advice, models.CASCADE, related_name="file")
    key = models.ForeignKey(TrustedKey, models.PROTECT, related_name="files")
    review_id = models.UUIDField()
    sha256 = models.CharField(max_length=64, unique=True)
    valid_until = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "review_id"], name="signed_review_once")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.review_id}"
