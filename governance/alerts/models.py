"""Alerts, the looks they rest on, what counts as odd, how far the trail was read, and planted records.

No row names a student: a look is named by its entry, and the entry opens only to an auditor's key. Of alerts, looks and the place reached the
application's login may write what people decide and nothing else (migrations/sql/0002_watch.sql).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.people.models import School


class Detector(models.TextChoices):
    """What made a look odd. Each is a plain function in `governance.alerts.detectors`."""

    NO_CLASS = "no_class", _("No class in common")
    SAME_ADDRESS = "same_address", _("Same home")
    BURST = "burst", _("Many more students than usual")
    AFTER_TRANSFER = "after_transfer", _("After the student left")
    PLANTED = "planted", _("Planted record opened")
    VOLUME = "volume", _("Stopped at the limit")
    MANY_SCHOOLS = "many_schools", _("Many schools in an hour")
    SIGN_INS = "sign_ins", _("Sign-ins refused many times")
    NIGHT = "night", _("Many students in the small hours")


class Reason(models.TextChoices):
    """How an alert ends. The first three mean that nothing was wrong with the look."""

    WORK = "work", _("Explained by the person’s work")
    ROSTER = "roster", _("The roster was late or wrong")
    KNOWN = "known", _("A known test, exercise or device")
    MISTAKE = "mistake", _("Opened by mistake, and not used")
    TRAINING = "training", _("Not right; training was given")
    MISUSE = "misuse", _("Misuse: goes on as an incident")


FALSE_ALARMS = frozenset({Reason.WORK, Reason.ROSTER, Reason.KNOWN})


class Limits(models.Model):
    """One version of what counts as odd: numbers per detector, proposed by one person and confirmed by another."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second person")
        IN_FORCE = "in_force", _("In force")
        REPLACED = "replaced", _("Replaced")
        DROPPED = "dropped", _("Dropped")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=20, choices=State.choices)
    numbers = models.JSONField(help_text=_("detector -> name -> whole number; see limits.py"))
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="in_force"), name="one_set_of_limits_in_force"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="proposed"), name="one_set_of_limits_proposed"),
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")) | Q(state="dropped"), name="limits_confirmed_by_another"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "dropped"])
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                | Q(number=1, proposed_by=None),
                name="limits_confirmed_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"limits {self.number}"


class Alert(models.Model):
    """One person's odd looks of one sort, until somebody else closes it with a reason.

    `actor` is whose looks they are; for sign-ins without an account `address` stands instead. `facts` are whole numbers and words from fixed
    lists, as the detector found them with the newest look.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(
        unique=True, editable=False, db_default=models.Func(models.Value("alerts_number"), function="nextval")
    )
    detector = models.CharField(max_length=20, choices=Detector.choices)
    limits = models.ForeignKey(Limits, models.PROTECT, related_name="+", db_index=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    hat = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    raised_at = models.DateTimeField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(help_text=_("how many looks"))
    facts = models.JSONField(default=dict)
    told_at = models.DateTimeField(null=True, help_text=_("when its notices were put in the outbox"))
    question = models.TextField(max_length=1000, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+")
    asked_at = models.DateTimeField(null=True)
    answer = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    words = models.TextField(max_length=2000, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+")
    closed_at = models.DateTimeField(null=True)
    incident = models.UUIDField(null=True, help_text=_("opaque id of the incident that misuse became"))

    class Meta:
        ordering = ["-raised_at", "-pk"]
        indexes = [
            models.Index(fields=["-raised_at"], condition=Q(closed_at=None), name="alert_open"),
            models.Index(fields=["-closed_at"], condition=Q(closed_at__isnull=False), name="alert_closed"),
            models.Index(fields=["raised_at"], condition=Q(told_at=None), name="alert_untold"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(actor__isnull=False) | Q(address__isnull=False), name="alert_is_about_somebody"),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, reason="", words="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(reason="") & ~Q(words="")),
                name="alert_closed_with_a_reason",
            ),
            models.CheckConstraint(condition=Q(actor=None) | Q(closed_by=None) | ~Q(closed_by=F("actor")), name="alert_closed_by_another"),
            models.CheckConstraint(
                condition=Q(asked_at=None, asked_by=None, question="")
                | (Q(asked_at__isnull=False, asked_by__isnull=False) & ~Q(question="")),
                name="alert_asked_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False, asked_at__isnull=False) & ~Q(answer="")),
                name="alert_answered_once_asked",
            ),
            models.CheckConstraint(condition=Q(incident=None) | Q(reason="misuse"), name="incident_of_misuse_alone"),
        ]

    def __str__(self) -> str:
        return f"A-{self.number}"


class AlertLook(models.Model):
    """One entry of the trail that a detector found odd. Judged again, it is found once."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="looks")
    detector = models.CharField(max_length=20, choices=Detector.choices)
    entry_id = models.BigIntegerField()
    entry_at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    students = models.PositiveIntegerField(help_text=_("how many the entry names"))
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["entry_at", "entry_id"]
        constraints = [models.UniqueConstraint(fields=["entry_id", "detector"], name="one_finding_per_look_and_detector")]

    def __str__(self) -> str:
        return f"look {self.pk}"


class Watch(models.Model):
    """How far the trail was read: the snapshot of the last run, so that no slow transaction is skipped, and when that was."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    snapshot = models.TextField()
    cluster = models.TextField()
    looked_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_watch")]

    def __str__(self) -> str:
        return "watch"


class Planting(models.Model):
    """A record of nobody, set out so that whoever opens it shows themselves. What it is called stands behind the door alone.

    One person proposes, another confirms; the keeper sets it out and takes it away.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second person")
        CONFIRMED = "confirmed", _("Being set out")
        PLANTED = "planted", _("Set out")
        ENDING = "ending", _("Being taken away")
        ENDED = "ended", _("Taken away")
        DROPPED = "dropped", _("Not set out")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(confirmed_by=F("proposed_by")), name="planting_confirmed_by_another"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "dropped"]) | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="planting_confirmed_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None, ended_at=None) | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="planting_ended_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
