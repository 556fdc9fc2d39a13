"""An export of the trail, from the wish to the day its file is gone. The words of its reason stay here: the trail holds words of lists alone."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    """Who wants which entries as which file and why; who agreed; how far it is; where the file lies and until when.

    `question` is what was searched for, as it stands in an address: opaque ids, days and words of lists. `file` and `proof` are what
    `portal.base.vault` needs to open them; both are empty before the file is there and after it is gone.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a second person")
        QUEUED = "queued", _("Waiting to be made")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready to download")
        GONE = "gone", _("Done: the file is gone")
        REFUSED = "refused", _("Refused")
        LAPSED = "lapsed", _("Not approved in time")
        CANCELLED = "cancelled", _("Called off")
        FAILED = "failed", _("It did not work")

    class Failure(models.TextChoices):
        ATTEMPTS = (
            "attempts",
            _("The worker was stopped again and again. Ask for it once more; if that fails too, tell whoever runs the server."),
        )
        ERROR = "error", _("Something went wrong that the portal did not expect. Whoever runs the server finds it in the log.")
        NOT_AS_SEALED = "not_as_sealed", _("The entries are not as they were sealed. Have the trail verified now, before anything else.")
        TOO_LONG = "too_long", _("There are too many lines for this kind of file. Choose CSV.")
        FORBIDDEN = "forbidden", _("You may no longer export the trail.")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    idempotency_key = models.UUIDField(unique=True, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exports")
    asked_at = models.DateTimeField()
    until = models.DateTimeField(help_text=_("the database's time when it was asked for: nothing later is in the file"))
    hat = models.CharField(max_length=40)
    question = models.CharField(max_length=2000, blank=True)
    purpose = models.CharField(max_length=40)
    reason = models.TextField(max_length=1000)
    form = models.CharField(max_length=10)
    language = models.CharField(max_length=10, default="en")
    entries = models.BigIntegerField()
    lines = models.BigIntegerField()
    students = models.BigIntegerField()
    whole_schools = models.BigIntegerField()
    all_counted = models.BooleanField()
    needs_second = models.BooleanField()
    lapses_on = models.DateField(null=True)
    state = models.CharField(max_length=20, choices=State.choices)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.TextField(max_length=1000, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField(null=True, help_text=_("the last sign of life of whoever makes it"))
    done = models.BigIntegerField(default=0)
    failure = models.CharField(max_length=20, choices=Failure.choices, blank=True)
    ready_at = models.DateTimeField(null=True)
    gone_after = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    file = models.JSONField(default=dict, blank=True)
    proof = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["asked_by", "-asked_at"], name="export_by_asker"),
            models.Index(fields=["state"], condition=Q(state__in=["waiting", "queued", "making", "ready"]), name="export_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="export_decided_by_someone",
            ),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="export_decided_by_another"),
            models.CheckConstraint(
                condition=Q(needs_second=False) | Q(decided_by__isnull=False) | Q(state__in=["waiting", "lapsed", "cancelled"]),
                name="export_not_made_without_second",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(ready_at__isnull=False, gone_after__isnull=False), name="export_ready_has_end"
            ),
            models.CheckConstraint(condition=Q(state="ready") | (Q(file={}) & Q(proof={})), name="export_file_only_when_ready"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
