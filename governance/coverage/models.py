"""Other systems that hold students' data: what each records, what it never does, and when it last reported here."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.people.models import User


class System(models.Model):
    """One system beside this portal. Its words are about the system, never about a person."""

    class Complete(models.TextChoices):
        NOTHING = "nothing", _("Nothing is reported here")
        PARTS = "parts", _("Parts of it are reported here")
        ALL = "all", _("All that it records is reported here")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("system"), max_length=100)
    covers = models.CharField(_("what it records"), max_length=300)
    not_logged = models.CharField(_("what it does not record"), max_length=300, blank=True)
    complete = models.CharField(_("how complete"), max_length=8, choices=Complete.choices, default=Complete.NOTHING)
    since = models.DateField(_("reports here since"), null=True, blank=True)
    last_received_on = models.DateField(_("last report received on"), null=True, blank=True)
    gaps = models.CharField(_("gaps so far"), max_length=300, blank=True)
    described_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    described_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False), name="system_ended_by_someone"),
            models.CheckConstraint(condition=~Q(complete="nothing") | Q(since=None, last_received_on=None), name="system_reports_or_not"),
            models.CheckConstraint(condition=Q(complete="nothing") | Q(since__isnull=False), name="system_reports_since"),
            models.CheckConstraint(condition=Q(last_received_on=None) | Q(last_received_on__gte=F("since")), name="system_received_after_begin"),
        ]  # fmt: skip
