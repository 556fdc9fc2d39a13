"""A list of earlier answers on its way in: its columns, who brought it, what came of it. Its cells lie encrypted in the vault, never here."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.consents.models import Answer, Form
from vendors.constraints import both_or_neither


class EarlierSheet(models.Model):
    """One uploaded list. `form` is the text that its answers are held to, `covers` why they may be. The file goes when it is applied or dropped."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    form = models.ForeignKey(Form, models.PROTECT, related_name="+")
    covers = models.CharField(max_length=300)
    header = ArrayField(models.CharField(max_length=2000), default=list, help_text=_("names of the columns that are kept"))
    mapping = models.JSONField(default=dict, help_text=_("field -> number of its column; empty until somebody said so"))
    lines = models.PositiveIntegerField()
    file = models.CharField(max_length=80, blank=True)
    file_key = models.BinaryField(default=bytes)
    file_size = models.PositiveIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(null=True, help_text=_("by nobody where the portal dropped it after its days"))

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            both_or_neither("applied_at", "applied_by", name="earlier_applied_by_someone"),
            both_or_neither("undone_at", "undone_by", name="earlier_undone_by_someone"),
            models.CheckConstraint(condition=Q(undone_at=None) | Q(applied_at__isnull=False), name="undone_earlier_was_applied"),
            models.CheckConstraint(condition=Q(dropped_at=None) | Q(applied_at=None), name="applied_earlier_was_not_dropped"),
            models.CheckConstraint(condition=Q(applied_at=None, dropped_at=None) | Q(file=""), name="closed_earlier_holds_no_cells"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Brought(models.Model):
    """An answer that a list made."""

    sheet = models.ForeignKey(EarlierSheet, models.CASCADE, related_name="brought")
    answer = models.OneToOneField(Answer, models.CASCADE, related_name="+")
    row = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"brought {self.pk}"
