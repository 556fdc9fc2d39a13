"""Who answers for switching a way of data off, which children have to be taken off one, and who was told that it is late.

Opaque ids and words of fixed lists alone. Stopping a whole way is a `sharing.StopTask`; here is what concerns single children.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.records.models import Student
from vendors.constraints import both_or_neither
from vendors.providers.models import Channel
from vendors.sharing.models import StopByHand, StopTask


class Keeper(models.Model):
    """Who of the district owns a way: its tasks are theirs. A way without one belongs to all who keep providers."""

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="keeper")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    named_at = models.DateTimeField()
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"keeper of {self.channel_id}"


class ChildStop(StopByHand):
    """These children have to be taken off a way outside the portal, until a moment. What arises on one day for one way is one task."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="child_stops")
    because = models.CharField(max_length=40, help_text=_("a word of sharing.words.STOPS, of the first of its reasons"))
    opened_on = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta(StopByHand.Meta):
        constraints = [
            both_or_neither("done_at", "done_by", name="child_stop_done_by_someone"),
            models.UniqueConstraint(fields=["channel", "opened_on"], condition=Q(done_at=None), name="one_open_child_stop_per_way_and_day"),
        ]


class ChildStopped(models.Model):
    """One child of such a task. Names are opened on its page, by the door, with an entry."""

    task = models.ForeignKey(ChildStop, models.CASCADE, related_name="children")
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    because = models.CharField(max_length=40)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "task"], name="child_once_per_stop")]

    def __str__(self) -> str:
        return f"child stop {self.pk}"


class Told(models.Model):
    """That somebody was told of a task: that it is theirs, that it is late, that it is late for long. Each once."""

    class Step(models.TextChoices):
        OPENED = "opened", _("Opened")
        LATE = "late", _("Late")
        LEADERS = "leaders", _("Late for three days")

    way = models.ForeignKey(StopTask, models.CASCADE, null=True, related_name="told")
    children = models.ForeignKey(ChildStop, models.CASCADE, null=True, related_name="told")
    step = models.CharField(max_length=20, choices=Step.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(way=None, children__isnull=False) | Q(way__isnull=False, children=None), name="told_of_one_task"
            ),
            models.UniqueConstraint(fields=["way", "step"], condition=Q(way__isnull=False), name="told_once_of_a_way"),
            models.UniqueConstraint(fields=["children", "step"], condition=Q(children__isnull=False), name="told_once_of_children"),
        ]

    def __str__(self) -> str:
        return f"told {self.step}"
