"""What leaves for tools: deliveries, each release, and the tasks that stop the ways outside the portal. No value of a student stands here.

What left about which child is in the record of disclosures (`governance.disclosures`); a release names those lines by their opaque ids.
"""

import datetime as dt
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.people.models import User
from vendors.constraints import both_or_neither
from vendors.providers.models import Channel, Tool


class Delivery(models.Model):
    """That the portal sends data to a tool, for one purpose. The children and elements follow from approval, agreement, classes and
    families each time; `seen_children` and `seen_elements` are what somebody saw in the preview and answers for.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deliveries")
    purpose = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    hat = models.CharField(max_length=40)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    seen_children = models.PositiveIntegerField(default=0)
    seen_elements = ArrayField(models.CharField(max_length=120), default=list)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["tool__name", "-opened_at"]
        constraints = [
            both_or_neither("seen_at", "seen_by", name="delivery_seen_by_someone"),
            both_or_neither("stopped_at", "stopped_by", name="delivery_stopped_by_someone"),
            models.UniqueConstraint(fields=["tool"], condition=Q(stopped_at=None), name="one_open_delivery_per_tool"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Release(models.Model):
    """One time that data left, or was to leave. `disclosures` are the lines of the record of disclosures; numbers tell how many children
    were in them and how many were withheld, by a word for the reason.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Being made")
        MADE = "made", _("Sent")
        STOPPED = "stopped", _("Stopped in the middle")
        REFUSED = "refused", _("Refused")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="releases")
    state = models.CharField(max_length=20, choices=State.choices, default=State.RUNNING)
    because = models.CharField(max_length=40, blank=True, help_text=_("a word of sharing.words.REFUSALS"))
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    elements = ArrayField(models.CharField(max_length=120), default=list)
    children = models.PositiveIntegerField(default=0)
    withheld = models.JSONField(default=dict, help_text=_("how many children by a word of sharing.words.REASONS"))
    disclosures = ArrayField(models.UUIDField(), default=list)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["delivery", "-asked_at"], name="release_of_delivery")]
        constraints = [models.CheckConstraint(condition=~Q(state="refused") | ~Q(because=""), name="refused_release_says_why")]

    def __str__(self) -> str:
        return str(self.public_id)


class StopByHand(models.Model):
    """What a person has to stop until a moment, since the portal cannot; and what was seen that shows that it is done."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    seen = models.CharField(_("what was seen"), max_length=200, blank=True)

    class Meta:
        abstract = True
        ordering = ["due_at", "pk"]

    def __str__(self) -> str:
        return str(self.public_id)

    def close(self, *, seen: str, by: User, at: dt.datetime) -> list[str]:
        """Somebody says that it is done. Answers which fields the caller has to save."""
        self.done_at, self.done_by, self.seen = at, by, seen.strip()[:200]
        return ["done_at", "done_by", "seen"]


class StopTask(StopByHand):
    """A way of data that has to be switched off by a person, until a moment: the portal cannot do it."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="stop_tasks")
    because = models.CharField(max_length=40, help_text=_("a word of sharing.words.STOPS"))

    class Meta(StopByHand.Meta):
        constraints = [
            both_or_neither("done_at", "done_by", name="stop_task_done_by_someone"),
            models.UniqueConstraint(fields=["channel"], condition=Q(done_at=None), name="one_open_stop_task_per_channel"),
        ]
