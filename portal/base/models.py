"""The outbox: what must follow from a change, written in the transaction of that change."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Message(models.Model):
    """One thing that must happen because something was committed. Carries ids, never a student's name or value."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    topic = models.CharField(max_length=60)
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    errors = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        db_table = "base_outbox"
        indexes = [models.Index(fields=["due_at"], condition=models.Q(done_at=None, failed_at=None), name="outbox_waiting")]
        constraints = [models.CheckConstraint(condition=models.Q(done_at=None) | models.Q(failed_at=None), name="outbox_ends_once")]

    def __str__(self) -> str:
        return f"{self.topic} {self.public_id}"
