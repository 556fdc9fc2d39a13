"""Drills: which scenario was played on which incident, what was answered, and what came of it. No row names a child.

The incident of a drill is an ordinary one with `drill` set: the road is the same, and nothing of it goes outside.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from breaches.incidents.models import Incident
from vendors.constraints import both_or_neither, not_before


class Drill(models.Model):
    """One exercise. `result` is what the clocks said when it ended; it stays as it was then."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.OneToOneField(Incident, models.PROTECT, related_name="exercise")
    scenario = models.SlugField(max_length=60)
    sha256 = models.CharField(max_length=64, help_text=_("of the scenario as it was played"))
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lessons = models.TextField(max_length=4000, blank=True)
    result = models.JSONField(null=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            both_or_neither("ended_at", "ended_by", name="drill_ended_by_someone"),
            both_or_neither("ended_at", "result", name="ended_drill_has_its_result"),
            not_before("ended_at", "started_at", name="drill_ended_after_it_began"),
            models.CheckConstraint(condition=Q(ended_at=None) | ~Q(lessons=""), name="ended_drill_says_what_was_learned"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Arrival(models.Model):
    """An inject that somebody let in before its time."""

    drill = models.ForeignKey(Drill, models.PROTECT, related_name="arrivals")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["drill", "number"], name="inject_arrives_once")]

    def __str__(self) -> str:
        return f"inject {self.number}"


class Answer(models.Model):
    """What somebody answered to one question. A second thought is a further answer."""

    drill = models.ForeignKey(Drill, models.PROTECT, related_name="answers")
    inject = models.PositiveSmallIntegerField()
    question = models.PositiveSmallIntegerField()
    words = models.TextField(max_length=2000)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["inject", "question", "at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="drill_answer_has_words")]

    def __str__(self) -> str:
        return f"answer {self.inject}.{self.question}"


class Improvement(models.Model):
    """What somebody does because of a drill. It outlives the drill's incident."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    drill = models.ForeignKey(Drill, models.PROTECT, related_name="improvements")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="drill_improvements")
    due_on = models.DateField()
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=500, blank=True, help_text=_("what came of it"))

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            both_or_neither("done_at", "done_by", name="improvement_done_by_someone"),
            models.CheckConstraint(condition=Q(done_at=None) | ~Q(words=""), name="done_improvement_says_what_came_of_it"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
