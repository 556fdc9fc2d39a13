"""Whom an incident touched: frozen lists of opaque ids with the elements and the days of each, and what two people changed afterwards.

What a list says is written by one function of the door (migrations/sql/0002_fill.sql); the application's own login can neither change
a list nor its members.
"""

import builtins
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from breaches.incidents.models import Incident
from governance.records.models import Student
from vendors.constraints import both_or_neither


class AffectedList(models.Model):
    """One answer to "whose data was it?", with the question that gave it. `query` is kept as it was asked; see actions.ask_*."""

    class How(models.TextChoices):
        PROVIDER = "provider", _("From what a provider had received")
        ACCOUNT = "account", _("From what an account opened in a time")
        FILE = "file", _("From one disclosure")
        HAND = "hand", _("Named one by one by two people")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="affected_lists")
    how = models.CharField(max_length=20, choices=How.choices)
    query = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    hat = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField(null=True)
    children = models.PositiveIntegerField(default=0, help_text=_("whose data were touched"))
    could = models.PositiveIntegerField(default=0, help_text=_("whose data could have been reached beside them, without a trace of it"))
    former = models.PositiveIntegerField(default=0, help_text=_("of all of them: who had left by then"))
    lines = models.BigIntegerField(default=0, help_text=_("lines and looks that the list was made from"))
    elements = ArrayField(models.CharField(max_length=120), default=builtins.list)  # `list` is a field above
    sha256 = models.CharField(max_length=64, blank=True, help_text=_("of the ids of all members, ascending, one a line"))

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(made_at=None) | ~Q(sha256=""), name="made_list_has_a_hash")]

    def __str__(self) -> str:
        return str(self.public_id)


class Member(models.Model):
    """A child of a list: which elements, from which day to which day, from how many lines or looks."""

    list = models.ForeignKey(AffectedList, models.PROTECT, related_name="members", db_index=False)
    student = models.ForeignKey(Student, models.DO_NOTHING, db_constraint=False, related_name="+")
    elements = ArrayField(models.CharField(max_length=120))
    first_on = models.DateField()
    last_on = models.DateField()
    lines = models.PositiveIntegerField()
    could = models.BooleanField(help_text=_("could have been reached; nothing shows that it was"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "student"], name="one_member_per_list_and_student")]

    def __str__(self) -> str:
        return f"member {self.pk}"


class Correction(models.Model):
    """A child that one person adds to a list or takes off it, and another one agrees or refuses. The list itself stays as it was made."""

    class Kind(models.TextChoices):
        ADD = "add", _("Added")
        REMOVE = "remove", _("Taken off")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    list = models.ForeignKey(AffectedList, models.PROTECT, related_name="corrections")
    student = models.ForeignKey(Student, models.DO_NOTHING, db_constraint=False, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    elements = ArrayField(models.CharField(max_length=120), default=builtins.list)  # `list` is the row above
    reason = models.CharField(max_length=300)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    refused = models.BooleanField(default=False)

    class Meta:
        ordering = ["proposed_at", "pk"]
        constraints = [
            both_or_neither("decided_at", "decided_by", name="correction_decided_by_someone"),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")), name="correction_decided_by_another"),
            models.CheckConstraint(condition=Q(refused=False) | Q(decided_at__isnull=False), name="refused_correction_was_decided"),
            models.CheckConstraint(condition=~Q(reason=""), name="correction_has_a_reason"),
            models.UniqueConstraint(fields=["list", "student"], condition=Q(decided_at=None), name="one_open_correction_per_child"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
