"""What teachers ask for and use. A request may name a tool that no catalogue knows; the office joins it with one later."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.constraints import both_or_neither, not_before
from vendors.providers.models import Tool
from vendors.reviews.models import Review


class ToolRequest(models.Model):
    """A teacher's wish: what students will do, with accounts or not, in which classes, by when. Which data that takes is not asked.

    Its state is worked out (`vendors.tool_requests.queries.state_of`): withdrawn, answered with the review's outcome, or waiting. `tool` is
    empty until somebody joins it with the catalogue; `review` is the one that answers it.
    """

    class Accounts(models.TextChoices):
        NONE = "none", _("No, I show it on my screen")
        TEACHER = "teacher", _("Only I have an account")
        STUDENTS = "students", _("Yes, each student")
        UNSURE = "unsure", _("I am not sure")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    idempotency_key = models.UUIDField(unique=True, null=True, editable=False)
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tool_requests")
    hat = models.CharField(max_length=40)
    tool = models.ForeignKey(Tool, models.PROTECT, null=True, related_name="requests")
    review = models.ForeignKey(Review, models.PROTECT, null=True, related_name="tool_requests")
    name = models.CharField(_("name of the tool"), max_length=120)
    link = models.CharField(_("link"), max_length=400, blank=True)
    activity = models.TextField(_("what students will do in it"), max_length=1000)
    accounts = models.CharField(_("accounts"), max_length=20, choices=Accounts.choices)
    sections = ArrayField(models.BigIntegerField(), default=list, blank=True, help_text=_("ids of the classes"))
    wanted_by = models.DateField(_("needed by"))
    used_now = models.CharField(_("used now"), max_length=200, blank=True)
    asked_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    joined_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, help_text=_("when the asker had an answer"))
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["asker", "-asked_at"], name="tool_request_of_asker")]
        constraints = [
            both_or_neither("joined_at", "joined_by", name="tool_request_joined_by_someone"),
            models.CheckConstraint(condition=Q(review=None) | Q(tool__isnull=False), name="reviewed_request_has_a_tool"),
            models.UniqueConstraint(
                fields=["asker", "tool"],
                condition=Q(answered_at=None, withdrawn_at=None, tool__isnull=False),
                name="one_open_request_per_asker_and_tool",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ToolUse(models.Model):
    """That somebody uses an approved tool with some of their classes, from a day to a day. Consents and deliveries start from it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="uses")
    teacher = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tool_uses")
    sections = ArrayField(models.BigIntegerField(), default=list, help_text=_("ids of the classes"))
    starts_on = models.DateField()
    ends_on = models.DateField()
    begun_at = models.DateTimeField()
    renewed_from = models.OneToOneField("self", models.PROTECT, null=True, related_name="renewed_as")
    allowed_what = models.TextField(_("what it let you do"), max_length=1000, blank=True, help_text=_("asked at renewal and at the end"))
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            not_before("ends_on", "starts_on", name="use_ends_after_start"),
            models.UniqueConstraint(fields=["tool", "teacher"], condition=Q(ended_at=None), name="one_open_use_per_teacher"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
