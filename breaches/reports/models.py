"""Reports of problems, the talk that follows under a code, and whom a worry about safety goes to.

Who reported stands in none of these tables: name and address go behind the door (migrations/sql/0002_reporters.sql).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.alerts.models import Alert
from vendors.constraints import both_or_neither
from vendors.providers.models import Provider


class Topic(models.TextChoices):
    """What a report is about, in the words of whoever makes it."""

    LOOKED = "looked", _("Someone looked at student data without a good reason")
    SENT = "sent", _("Student data was sent or shown to the wrong person")
    LOST = "lost", _("A device or papers with student data were lost or stolen")
    COMPANY = "company", _("An app, website or company misused student data")
    ONLINE = "online", _("Student data can be found online")
    ACCOUNT = "account", _("Someone got into an account")
    OTHER = "other", _("Something else about privacy")
    SAFETY = "safety", _("A student may not be safe")
    BULLYING = "bullying", _("Bullying or harassment")
    ABUSE = "abuse", _("Abuse or neglect")


# These go to another contact at once and are kept apart: other people read them.
APART = frozenset({Topic.SAFETY, Topic.BULLYING, Topic.ABUSE})


class Report(models.Model):
    """What somebody told. The words stay as they came."""

    class Channel(models.TextChoices):
        FORM = "form", _("The public page")
        PROVIDER = "provider", _("A company’s notice")
        ALERT = "alert", _("The portal’s own watch")

    class Outcome(models.TextChoices):
        INCIDENT = "incident", _("Became an incident")
        NO_PROBLEM = "no_problem", _("Checked: nothing went wrong")
        ANSWERED = "answered", _("Answered or put right")
        ELSEWHERE = "elsewhere", _("Sent on to those whose work it is")
        KNOWN = "known", _("Known already")
        SPAM = "spam", _("No report at all")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(
        unique=True, editable=False, db_default=models.Func(models.Value("reports_number"), function="nextval")
    )
    channel = models.CharField(max_length=20, choices=Channel.choices)
    topic = models.CharField(max_length=20, choices=Topic.choices)
    apart = models.BooleanField(help_text=_("a worry about safety, which other people read"))
    words = models.TextField(max_length=10_000)
    when = models.CharField(max_length=200, blank=True, help_text=_("when it happened, as the reporter says"))
    language = models.CharField(max_length=8)
    named = models.BooleanField(help_text=_("whether a name or a way to reach the reporter stands behind the door"))
    code_hash = models.BinaryField(max_length=32, null=True, unique=True, help_text=_("of the code to follow up; the code is kept nowhere"))
    sending_hash = models.BinaryField(max_length=32, null=True, unique=True, help_text=_("of the form's own number: each is taken once"))
    provider = models.ForeignKey(Provider, models.PROTECT, null=True, related_name="+")
    alert = models.OneToOneField(
        Alert, models.PROTECT, null=True, related_name="+", help_text=_("what the portal’s own watch found; the report ends with it")
    )
    received_at = models.DateTimeField()
    taken_up_at = models.DateTimeField(null=True)
    taken_up_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    reason = models.TextField(max_length=2000, blank=True)
    incident = models.UUIDField(null=True, help_text=_("opaque id of the incident that it became or belongs to"))
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["apart", "-received_at"], condition=Q(closed_at=None), name="report_open")]
        constraints = [
            both_or_neither("taken_up_at", "taken_up_by", name="report_taken_up_by_someone"),
            both_or_neither("closed_at", "closed_by", name="report_closed_by_someone"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="") & ~Q(reason="")),
                name="closed_report_has_outcome_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(outcome="incident", incident__isnull=False) | (~Q(outcome="incident") & Q(incident=None)),
                name="report_that_became_an_incident_names_it",
            ),
            models.CheckConstraint(
                condition=Q(channel="provider", provider__isnull=False, alert=None)
                | Q(channel="form", alert=None)
                | Q(channel="alert", alert__isnull=False, apart=False),
                name="report_names_where_it_came_from",
            ),
        ]

    def __str__(self) -> str:
        return f"R-{self.number}"


class Line(models.Model):
    """One thing said under a report: a question of the school, or what the reporter adds."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="lines")
    words = models.TextField(max_length=4000)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text=_("empty where the reporter says it")
    )

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.report_id}"


class SafetyContact(models.Model):
    """Whom a worry about a student's safety goes to, at once. One for the district."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=100)
    title = models.CharField(_("title"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=40)
    email = models.EmailField(_("e-mail"))
    hours = models.CharField(_("when this person can be reached"), max_length=120, blank=True)
    changed_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_safety_contact")]

    def __str__(self) -> str:
        return self.name
