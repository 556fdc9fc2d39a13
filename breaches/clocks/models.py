"""What clocks leave behind: which points of them were reached and told, and on which days the district is closed.

A running clock itself is not kept. It is computed from what the rooms know whenever somebody asks, so a page never shows an old figure.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.constraints import both_or_neither


class Reached(models.Model):
    """A point of a clock that was reached and told. A clock whose end moves has its points again."""

    class Point(models.TextChoices):
        HALF = "half", _("Half of the time is over")
        DAY_BEFORE = "day_before", _("Less than a day is left")
        OVERDUE = "overdue", _("Overdue")

    source = models.CharField(max_length=20)
    key = models.CharField(max_length=160, help_text=_("opaque id of what the clock is about, and which clock"))
    point = models.CharField(max_length=12, choices=Point.choices)
    due_at = models.DateTimeField()
    reached_at = models.DateTimeField()
    told = models.PositiveSmallIntegerField(help_text=_("how many people were told"))

    class Meta:
        ordering = ["-reached_at", "-pk"]
        verbose_name_plural = "reached"
        constraints = [models.UniqueConstraint(fields=["source", "key", "point", "due_at"], name="clock_point_told_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.point}"


class ClosedDay(models.Model):
    """A weekday on which the district's offices are closed beyond the state's holidays. Taking one back ends it; no row is deleted."""

    day = models.DateField(_("day"))
    title = models.CharField(_("why"), max_length=80)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            both_or_neither("removed_at", "removed_by", name="closed_day_removed_by_someone"),
            models.UniqueConstraint(fields=["day"], condition=Q(removed_at=None), name="day_is_closed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"
