"""A proof pack that is made in the background: who asked for it, how far it is, and until when it lies ready."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.records.models import Student


class Pack(models.Model):
    """One pack for one reader. The file lies encrypted in the data folder (portal.base.vault) and goes after a day; this row stays."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be made")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be made")
        GONE = "gone", _("Gone")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    as_auditor = models.BooleanField(default=False)
    year = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=60, blank=True)
    file_size = models.PositiveBigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_key = models.BinaryField(default=bytes)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | (Q(ready_at__isnull=False) & ~Q(file_name="")), name="ready_pack_has_a_file"
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="pack_is_done_at_most_once"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
