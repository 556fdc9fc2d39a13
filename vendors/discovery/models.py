"""What logs told of tools in use: domains and rounded counts. Of people, addresses and times of day there is no column."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.constraints import both_or_neither
from vendors.providers.models import Tool


class Upload(models.Model):
    """One log or list that was read, and let go while it was read."""

    class Form(models.TextChoices):
        LIST = "list", _("List of domains")
        TABLE = "table", _("Table with a column of domains")
        LOG = "log", _("Log lines")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    form = models.CharField(max_length=20, choices=Form.choices)
    lines = models.PositiveIntegerField(help_text=_("lines that were read"))
    ignored = models.PositiveIntegerField(help_text=_("how many domains every device asks for"))
    few = models.PositiveIntegerField(help_text=_("how many unknown domains were seen too seldom; their names were not kept"))
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return str(self.public_id)


class Domain(models.Model):
    """A domain that some upload held, and what somebody decided about it."""

    class Decision(models.TextChoices):
        REVIEW = "review", _("A tool of its own: reviewed")
        SAME = "same", _("Belongs to a tool of the catalog")
        NO_TOOL = "no_tool", _("Not a tool")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200, unique=True, help_text=_("lower case, without www. and without what stands below it"))
    first_seen_at = models.DateTimeField()
    decision = models.CharField(max_length=20, choices=Decision.choices, blank=True)
    tool = models.ForeignKey(Tool, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["name"]
        constraints = [
            both_or_neither("decided_at", "decided_by", name="domain_decided_by_someone"),
            models.CheckConstraint(condition=Q(decision="", decided_at=None) | (~Q(decision="") & Q(decided_at__isnull=False)), name="domain_decided_at_a_time"),
            models.CheckConstraint(
                condition=Q(decision__in=["review", "same"], tool__isnull=False) | Q(decision__in=["", "no_tool"], tool=None),
                name="domain_of_a_tool_names_it",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Sighting(models.Model):
    """That an upload held a domain, and about how often. Rounded down to 10, 20, 50, 100 and so on; 0: fewer than 10; empty: not counted."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="sightings")
    domain = models.ForeignKey(Domain, models.CASCADE, related_name="sightings")
    seen = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "domain"], name="domain_once_per_upload")]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.domain_id}"
