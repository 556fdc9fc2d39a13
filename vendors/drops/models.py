"""Deliveries as files on a schedule: where they lie, how often one is made, and what became of each. No value of a student stands here."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.sharing.models import Delivery, Release

MOST_DAYS = 30


class Drop(models.Model):
    """That a delivery is made by itself. `started_by` answers for it: without that person's role nothing is made.

    `void_at`: what was begun before that moment is not put into the folder any more.
    """

    class Every(models.TextChoices):
        DAY = "day", _("Every night")
        WORKDAY = "workday", _("On the night before each school workday")
        WEEK = "week", _("Every Sunday")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="drops")
    every = models.CharField(max_length=20, choices=Every.choices)
    hour = models.PositiveSmallIntegerField(validators=[MaxValueValidator(23)], help_text=_("by the district's clock"))
    keep_days = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)])
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    void_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stopped_because = models.CharField(max_length=40, blank=True, help_text=_("a word of drops.words.GONE"))

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["delivery"], condition=Q(stopped_at=None), name="one_running_drop_per_delivery"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="drop_hour_is_of_a_day"),
            models.CheckConstraint(condition=Q(keep_days__gte=1, keep_days__lte=MOST_DAYS), name="drop_keeps_some_days"),
            models.CheckConstraint(
                condition=Q(stopped_at=None, stopped_because="") | Q(stopped_at__isnull=False), name="drop_stopped_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Dropped(models.Model):
    """One file, or the try to make one. `sha256` and `size` stand before the file bears its name, so that a whole one is known from a half one."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    drop = models.ForeignKey(Drop, models.PROTECT, related_name="files")
    slot = models.DateTimeField(help_text=_("the moment of the schedule that it is for"))
    attempt = models.PositiveSmallIntegerField(default=1)
    begun_at = models.DateTimeField()
    leased_until = models.DateTimeField()
    release = models.OneToOneField(Release, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    placed_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    gone_because = models.CharField(max_length=40, blank=True, help_text=_("a word of drops.words.GONE"))
    failed_because = models.CharField(max_length=40, blank=True, help_text=_("a word of drops.words.FAILED or of sharing.words.REFUSALS"))

    class Meta:
        ordering = ["-slot", "-attempt", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["drop", "slot", "attempt"], name="one_file_per_slot_and_attempt"),
            models.CheckConstraint(condition=Q(placed_at=None) | (Q(failed_because="") & ~Q(sha256="")), name="placed_file_is_whole"),
            models.CheckConstraint(
                condition=Q(gone_at=None) | (Q(placed_at__isnull=False) & ~Q(gone_because="")), name="gone_file_was_there"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
