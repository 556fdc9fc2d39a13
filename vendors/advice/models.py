"""Whose signed reviews are taken in, and which came. What they say stands in `reviews.Advice`, which approves nothing."""

from django.db import models
from django.db.models import Q

from vendors.proposals import Proposal, confirmed_by_another, steps_by_someone
from vendors.reviews.models import Advice


class TrustedKey(Proposal):
    """The public key of a cooperative or another district. Two people add it; its files are taken while `confirmed_at` is set and `ended_at` is not."""

    name = models.CharField(max_length=160)
    public_key = models.CharField(max_length=64)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            *steps_by_someone("trusted_key"),
            confirmed_by_another(name="trusted_key_takes_two"),
            models.CheckConstraint(condition=Q(public_key__regex=r"^[0-9a-f]{64}$"), name="trusted_key_is_32_bytes"),
            models.UniqueConstraint(fields=["public_key"], condition=Q(ended_at=None), name="one_open_row_per_key"),
        ]


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
