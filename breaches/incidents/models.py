"""Incidents, and what is written down about each: moments, steps, tasks, evidence, decisions, notes.

What is written down is added, never changed: a correction is a further row. No row names a child; who was affected is a list of its own
(`breaches.affected`), and who reported stands apart as well.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from breaches.clocks.rules import Start
from vendors.constraints import both_or_neither, not_before
from vendors.providers.models import Provider, Tool


class Incident(models.Model):
    """Something that went wrong or may have, from its opening to its end."""

    class Kind(models.TextChoices):
        MISUSE = "misuse", _("Misuse by somebody who works here")
        MIS_SENT = "mis_sent", _("Sent to the wrong person")
        LOST_DEVICE = "lost_device", _("Lost or stolen device")
        PROVIDER = "provider", _("Breach at a provider")
        INTRUSION = "intrusion", _("Break-in to an account or a system")
        PUBLICATION = "publication", _("Published by mistake")

    class Severity(models.IntegerChoices):
        LOW = 1, _("Low")
        MODERATE = 2, _("Moderate")
        HIGH = 3, _("High")
        CRITICAL = 4, _("Critical")

    class Outcome(models.TextChoices):
        BREACH = "breach", _("It was a breach, and was handled")
        MISUSE = "misuse", _("Misuse was found, and was no breach")
        NEAR_MISS = "near_miss", _("Nothing reached anybody who should not have it")
        UNFOUNDED = "unfounded", _("It did not happen")
        PART = "part", _("Goes on as part of another incident")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(
        unique=True, editable=False, db_default=models.Func(models.Value("incidents_number"), function="nextval")
    )
    title = models.CharField(max_length=120, help_text=_("what it is called among those who handle it; no name of a child"))
    kind = models.CharField(max_length=20, choices=Kind.choices)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    drill = models.BooleanField(default=False, help_text=_("an exercise: nothing of it goes outside"))
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    counsel = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text=_("who reads privileged notes beside the lead")
    )
    cause = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="also_caused", help_text=_("the incident with the same cause that came first")
    )
    provider = models.ForeignKey(Provider, models.PROTECT, null=True, related_name="+")
    tool = models.ForeignKey(Tool, models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text=_("whose account or acts it is about")
    )
    happened_from = models.DateTimeField(null=True)
    happened_until = models.DateTimeField(null=True)
    confirmed_breach = models.BooleanField(null=True, help_text=_("empty while it is not known"))
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    found = models.TextField(max_length=4000, blank=True, help_text=_("what was found"))
    done = models.TextField(max_length=4000, blank=True, help_text=_("what was done"))
    told = models.TextField(max_length=2000, blank=True, help_text=_("what families are told"))
    lessons = models.TextField(max_length=4000, blank=True, help_text=_("what was learned"))
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [models.Index(fields=["-opened_at"], condition=Q(closed_at=None), name="incident_open")]
        constraints = [
            both_or_neither("closed_at", "closed_by", name="incident_closed_by_someone"),
            not_before("happened_until", "happened_from", name="incident_ends_after_it_began"),
            not_before("closed_at", "opened_at", name="incident_closed_after_it_opened"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="") & ~Q(found="")),
                name="closed_incident_says_what_was_found",
            ),
            models.CheckConstraint(condition=~Q(outcome="breach") | Q(confirmed_breach=True), name="breach_was_confirmed"),
            models.CheckConstraint(condition=Q(cause=None) | ~Q(cause=F("id")), name="incident_is_not_its_own_cause"),
        ]

    def __str__(self) -> str:
        return f"I-{self.number}"


class Moment(models.Model):
    """When something that starts a clock took place, as somebody said it. The newest of each kind counts; the others stay to be read.

    Moving a start later makes every clock that it began end later: a second person confirms it, with the reason on record.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="moments")
    start = models.CharField(max_length=20, choices=[(start.value, start.value) for start in Start])
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    waits = models.BooleanField(default=False, help_text=_("moves the start later, and waits for a second person"))
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    refused = models.BooleanField(default=False)

    class Meta:
        ordering = ["said_at", "pk"]
        constraints = [
            both_or_neither("decided_at", "decided_by", name="moment_decided_by_someone"),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=F("said_by")), name="moment_decided_by_another"),
            models.CheckConstraint(condition=Q(waits=False) | Q(decided_by=None), name="decided_moment_does_not_wait"),
            models.CheckConstraint(condition=Q(waits=False, refused=False) | ~Q(reason=""), name="later_start_has_a_reason"),
            models.UniqueConstraint(fields=["incident", "start"], condition=Q(waits=True), name="one_later_start_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.start}"


class Step(models.Model):
    """One act of containment and what came of it. The act itself is the other room's verb, with its own entry."""

    class Kind(models.TextChoices):
        SUSPEND_ACCOUNT = "suspend_account", _("Account suspended")
        END_SESSIONS = "end_sessions", _("Signed out everywhere")
        END_GRANTS = "end_grants", _("Permissions ended")
        STOP_TOOL = "stop_tool", _("Tool stopped at the gate")
        ROTATE_CREDENTIALS = "rotate_credentials", _("Credentials changed")
        HOLD_PURGE = "hold_purge", _("Nothing is destroyed for now")
        OTHER = "other", _("Done outside the portal")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    target = models.UUIDField(null=True, help_text=_("opaque id of the account, tool or hold"))
    count = models.PositiveIntegerField(null=True, help_text=_("how many were ended"))
    words = models.CharField(max_length=500, blank=True)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["taken_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(kind="other") | ~Q(words=""), name="other_step_says_what")]

    def __str__(self) -> str:
        return str(self.public_id)


class Task(models.Model):
    """Something that somebody has to do by a day."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="incident_tasks")
    due_at = models.DateTimeField()
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    dropped = models.BooleanField(default=False)
    words = models.CharField(max_length=500, blank=True, help_text=_("what came of it, or why it was dropped"))

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            both_or_neither("done_at", "done_by", name="incident_task_done_by_someone"),
            models.CheckConstraint(condition=Q(dropped=False) | (Q(done_at__isnull=False) & ~Q(words="")), name="dropped_task_says_why"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Evidence(models.Model):
    """Something kept as evidence: its hash is fixed when it comes in, its content is encrypted in the vault."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="evidence")
    title = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    file = models.CharField(max_length=60, help_text=_("its name in the vault"))
    file_key = models.BinaryField(max_length=120)
    came_from = models.CharField(max_length=200, help_text=_("where it was taken from and how"))
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["taken_at", "pk"]
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return str(self.public_id)


class Custody(models.Model):
    """One link in the chain of custody: who had the evidence from when, and why."""

    class Act(models.TextChoices):
        TAKEN = "taken", _("Taken in")
        OPENED = "opened", _("Opened")
        HANDED_OVER = "handed_over", _("Handed over")
        CHECKED = "checked", _("Hash checked")

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="custody")
    act = models.CharField(max_length=20, choices=Act.choices)
    to = models.CharField(max_length=200, blank=True, help_text=_("to whom it was handed over"))
    reason = models.CharField(max_length=300, blank=True)
    holds = models.BooleanField(null=True, help_text=_("whether the hash was still the same"))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(act="handed_over") | ~Q(to=""), name="handed_over_to_somebody"),
            models.CheckConstraint(condition=~Q(act="checked") | Q(holds__isnull=False), name="checked_hash_says_so"),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.act}"


class Decision(models.Model):
    """What was decided in an incident, why, and by whom: confirming, severity, asking counsel, telling the police."""

    class About(models.TextChoices):
        CONFIRMED = "confirmed", _("It was a breach")
        NOT_A_BREACH = "not_a_breach", _("It was no breach")
        SEVERITY = "severity", _("How severe it is")
        LEAD = "lead", _("Who leads")
        CAUSE = "cause", _("The cause it shares with others")
        COUNSEL = "counsel", _("Who advises in law")
        OTHER = "other", _("Something else")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="decisions")
    about = models.CharField(max_length=20, choices=About.choices)
    words = models.CharField(max_length=300)
    reason = models.TextField(max_length=2000)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason="") & ~Q(words=""), name="decision_has_words_and_reason")]

    def __str__(self) -> str:
        return str(self.public_id)


class Note(models.Model):
    """A note on the timeline. A privileged one is for counsel, the lead and nobody else."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notes")
    words = models.TextField(max_length=4000)
    privileged = models.BooleanField(default=False)
    happened_at = models.DateTimeField(help_text=_("when what it tells took place"))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["happened_at", "pk"]

    def __str__(self) -> str:
        return str(self.public_id)
