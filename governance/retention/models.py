"""Rules of how long, holds, and receipts of what has left. Rules and holds take two people where they let something go."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.records.models import Student

_USER = settings.AUTH_USER_MODEL


def _pair(first: str, second: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{first: None, second: None}) | Q(**{f"{first}__isnull": False, f"{second}__isnull": False}), name=name
    )


class RetentionRule(models.Model):
    """How many months a class is kept, as the school board adopted it. Never edited: the newest adopted one of a class counts."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        ADOPTED = "adopted", _("Adopted")
        REFUSED = "refused", _("Not adopted")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject = models.CharField(max_length=20, help_text=_("a key of retention.classes.CLASSES"))
    months = models.PositiveIntegerField()
    # The elements that the rule destroys, fixed when it was proposed; empty for the trail.
    elements = ArrayField(models.CharField(max_length=80), default=list)
    citation = models.CharField(max_length=200, help_text=_("the board's resolution or the schedule, by number"))
    decided_on = models.DateField(help_text=_("the day of the board's decision"))
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    proposed_by = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    adopted_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            _pair("adopted_at", "adopted_by", "retention_decided_by_someone"),
            models.CheckConstraint(condition=~Q(state="adopted") | ~Q(adopted_by=F("proposed_by")), name="retention_adopted_by_another"),
            models.CheckConstraint(condition=Q(state="waiting") | Q(adopted_at__isnull=False), name="retention_decided_at"),
            models.CheckConstraint(condition=~Q(subject="trail") | Q(months__gte=84), name="trail_seven_years"),
            models.CheckConstraint(condition=~Q(subject="behavioral") | Q(months__lte=12), name="behavioral_one_year"),
            models.CheckConstraint(condition=~Q(subject="progress") | Q(months__gte=60), name="progress_five_years"),
            models.CheckConstraint(condition=Q(subject__in=["trail", "behavioral", "progress", "health"]), name="retention_subject"),
            models.UniqueConstraint(fields=["subject"], condition=Q(state="waiting"), name="one_waiting_rule_per_class"),
        ]

    def __str__(self) -> str:
        return f"retention rule {self.public_id}"


class Hold(models.Model):
    """Nothing within it is destroyed while it stands. One person places it, two end it."""

    class Kind(models.TextChoices):
        LITIGATION = "litigation", _("Lawsuit, or one that is expected")
        INVESTIGATION = "investigation", _("Investigation or audit")
        REQUEST = "request", _("Public records request")
        PUPIL = "pupil", _("The pupil asked in writing to keep records longer")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    reference = models.CharField(max_length=120, blank=True)
    holds_trail = models.BooleanField(default=True)
    holds_values = models.BooleanField(default=True)
    # Which months of the trail; none: all.
    trail_from = models.DateField(null=True)
    trail_to = models.DateField(null=True)
    # Whose values; none: everybody's.
    students = models.ManyToManyField(Student, related_name="+", db_constraint=False)
    for_all = models.BooleanField(default=False)
    placed_by = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    end_asked_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")
    end_asked_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            _pair("end_asked_at", "end_asked_by", "hold_end_asked_by_someone"),
            _pair("ended_at", "ended_by", "hold_ended_by_someone"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(end_asked_at__isnull=False), name="hold_end_was_asked"),
            models.CheckConstraint(condition=Q(ended_by=None) | ~Q(ended_by=F("end_asked_by")), name="hold_ended_by_two"),
            models.CheckConstraint(
                condition=Q(trail_from=None) | Q(trail_to=None) | Q(trail_to__gte=F("trail_from")), name="hold_has_days"
            ),
            models.CheckConstraint(condition=Q(holds_trail=True) | Q(holds_values=True), name="hold_holds_something"),
        ]

    def __str__(self) -> str:
        return f"hold {self.public_id}"


class Receipt(models.Model):
    """What left, when, by which rule. Written by the procedures that let it go, in the same transaction; nobody changes it."""

    class Kind(models.TextChoices):
        MONTH = "month", _("Month of the trail")
        VALUES = "values", _("Students' values")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    rule = models.ForeignKey(RetentionRule, models.PROTECT, related_name="receipts")
    month = models.DateField(null=True)
    entries = models.BigIntegerField(default=0)
    students = models.IntegerField(default=0)
    values_gone = models.BigIntegerField(default=0)
    elements = ArrayField(models.CharField(max_length=80), default=list)
    left_at = models.DateTimeField()
    entry_id = models.BigIntegerField(help_text=_("the entry of the trail that tells it, or the first of them"))

    class Meta:
        ordering = ["-left_at", "-pk"]

    def __str__(self) -> str:
        return f"receipt {self.pk}"
