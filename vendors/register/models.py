"""What the public register said and says: the record of each tool as it was last looked at, and every change since, which stays.

Nothing here is the register itself: that is worked out anew from catalogue, agreements and reviews (`vendors.register.book`).
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Published(models.Model):
    """The record of one tool as it stood when changes were last looked for. Compared with the present one, then replaced."""

    slug = models.SlugField(max_length=80, unique=True)
    record = models.JSONField(help_text=_("the facts that are compared, as the register's own words"))

    def __str__(self) -> str:
        return self.slug


class Change(models.Model):
    """One fact of one tool that changed in the register. Never changed, never removed: a trigger holds it."""

    class What(models.TextChoices):
        ADDED = "added", _("New in the register")
        REMOVED = "removed", _("No longer in the register")
        NAME = "name", _("Name")
        STATUS = "status", _("Status")
        LIMITS = "limits", _("Limits")
        DATA = "data", _("Data")
        PURPOSES = "purposes", _("Purposes")
        SAFEGUARDS = "safeguards", _("Safeguards")
        SUPPLIERS = "suppliers", _("Suppliers that get data")
        AGREEMENT = "agreement", _("Agreement")
        CHANNELS = "channels", _("How data travels")
        DECISIONS = "decisions", _("Scores, predictions and decisions")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, help_text=_("the tool's; no link between tables, so that the history outlives the tool"))
    name = models.CharField(max_length=120)
    company = models.CharField(max_length=120)
    what = models.CharField(max_length=20, choices=What.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    found_at = models.DateTimeField(help_text=_("when the portal noticed, at most ten minutes after it happened"))

    class Meta:
        ordering = ["-found_at", "-pk"]
        indexes = [
            models.Index(fields=["-found_at", "-id"], name="register_changes"),
            models.Index(fields=["slug"], name="changes_of_tool"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(slug=""), name="change_names_its_tool")]

    def __str__(self) -> str:
        return f"{self.slug} {self.what}"
