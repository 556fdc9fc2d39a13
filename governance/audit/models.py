"""Searches that an officer keeps by name. The trail itself is `governance.trail`."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

MOST_SEARCHES = 100  # of one person


class Period(models.TextChoices):
    """Which days a kept search goes through, counted from the day on which it runs."""

    AS_SAVED = "as-saved", _("The days as they are now")
    TODAY = "today", _("Today")
    LAST_7 = "last-7", _("Last 7 days")
    LAST_30 = "last-30", _("Last 30 days")
    LAST_90 = "last-90", _("Last 90 days")
    THIS_MONTH = "this-month", _("This month")
    LAST_MONTH = "last-month", _("Last month")
    SCHOOL_YEAR = "school-year", _("This school year")


class SavedSearch(models.Model):
    """A question to the trail, by name. `question` is the query of its address: opaque ids, words from fixed lists and days; no name of a student."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    question = models.CharField(max_length=3000, blank=True)
    period = models.CharField(max_length=20, choices=Period.choices, default=Period.AS_SAVED)
    shared = models.BooleanField(default=False)  # with everybody who may search the trail
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="a_name_once_for_each_owner"),
            models.CheckConstraint(condition=models.Q(period__in=Period.values), name="search_period_known"),
        ]
