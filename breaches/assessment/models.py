"""The facts of incidents in versions, what counsel said, requests to wait, and what was done for a duty.

Rows are added and not changed. No row names a child: facts are kinds of data, counts and places.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from breaches.assessment.rules import Answer, Harm, Protection
from breaches.incidents.models import Incident
from vendors.constraints import both_or_neither, not_before


class FactSheet(models.Model):
    """What was known at a moment, as answers. A change is a further sheet with the next number; the newest counts."""

    class Found(models.TextChoices):
        STAFF = "staff", _("Somebody who works here noticed")
        FAMILY = "family", _("A family or a student told us")
        PROVIDER = "provider", _("The provider told us")
        ALERT = "alert", _("The portal or another system raised it")
        POLICE = "police", _("The police or another authority told us")
        PRESS = "press", _("The press or the public told us")
        ATTACKER = "attacker", _("Who did it told us")

    class Protected(models.TextChoices):
        NONE = Protection.NONE.value, _("Not protected")
        ENCRYPTED = Protection.ENCRYPTED.value, _("Encrypted, and the key was not reached")
        KEY_LOST = Protection.ENCRYPTED_KEY_LOST.value, _("Encrypted, but the key was reached or nobody knows")
        HASHED = Protection.HASHED.value, _("Only hashes, not the data itself")

    class HarmIs(models.TextChoices):
        NOT_ASSESSED = Harm.NOT_ASSESSED.value, _("Not assessed yet")
        UNLIKELY = Harm.UNLIKELY.value, _("Unlikely")
        POSSIBLE = Harm.POSSIBLE.value, _("Possible")
        LIKELY = Harm.LIKELY.value, _("Likely")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="fact_sheets")
    number = models.PositiveIntegerField()
    elements = ArrayField(models.SlugField(max_length=80), default=list, blank=True)
    protection = models.CharField(max_length=20, choices=Protected.choices)
    protected_by = models.CharField(max_length=200, blank=True, help_text=_("how it was protected, and by whom"))
    harm = models.CharField(max_length=20, choices=HarmIs.choices)
    harm_reason = models.CharField(max_length=500, blank=True)
    residents = models.JSONField(default=dict, blank=True, help_text=_("how many of those affected live in which state: US-WI to a number"))
    students = models.PositiveIntegerField(null=True, help_text=_("how many are affected; empty while nobody knows"))
    enrolled = models.PositiveIntegerField(help_text=_("how many students the district had"))
    found = models.CharField(max_length=20, choices=Found.choices)
    at_provider = models.BooleanField(help_text=_("it happened at a provider"))
    answers = models.JSONField(help_text=_("what each law answered when this was written down"))
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["incident", "number"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="fact_sheets_are_numbered"),
            models.CheckConstraint(condition=Q(harm="not_assessed") | ~Q(harm_reason=""), name="assessed_harm_has_a_reason"),
            models.CheckConstraint(condition=Q(protection="none") | ~Q(protected_by=""), name="protection_says_how"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.number}"


class PoliceHold(models.Model):
    """A request of the police to wait with notices. Only one in writing lets a clock wait; a later row of the incident takes its place."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="police_holds")
    asked_by = models.CharField(max_length=200, help_text=_("agency, office and who asked"))
    in_writing = models.BooleanField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["said_at", "pk"]
        constraints = [not_before("until", "since", name="police_hold_ends_after_it_began")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.since:%Y-%m-%d}"


class LawReview(models.Model):
    """The word of the district's counsel on one row of the law, as it stood: `content` is its hash. A changed row needs a new review."""

    class Reach(models.TextChoices):
        YES = "yes", _("It reaches the district, as the row says")
        NO = "no", _("It does not reach the district")
        AS_ROW = "as_row", _("The row is right; whether it reaches the district is asked each time")

    law = models.SlugField(max_length=80)
    content = models.CharField(max_length=64)
    reach = models.CharField(max_length=10, choices=Reach.choices)
    counsel = models.CharField(max_length=120, help_text=_("who reviewed it, by name"))
    words = models.CharField(max_length=500, blank=True)
    reviewed_on = models.DateField()
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["said_at", "pk"]
        indexes = [models.Index(fields=["law"], name="law_review_law")]
        constraints = [models.CheckConstraint(condition=~Q(counsel=""), name="law_review_names_counsel")]

    def __str__(self) -> str:
        return self.law


class Override(models.Model):
    """Counsel's answer for one law in one incident, in place of the computed one. It stands only while what counsel saw still holds."""

    class Says(models.TextChoices):
        DUTY = Answer.DUTY.value, _("This is a duty")
        NONE = Answer.NONE.value, _("This asks for nothing here")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="overrides")
    law = models.SlugField(max_length=80)
    says = models.CharField(max_length=20, choices=Says.choices)
    counsel = models.CharField(max_length=120)
    reason = models.CharField(max_length=2000)
    saw = models.CharField(max_length=64, help_text=_("hash of the row and of the computed answer that counsel saw"))
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["said_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(counsel="") & ~Q(reason=""), name="override_has_counsel_and_reason")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.law}"


class Met(models.Model):
    """What was done for a duty or a target, which stops its clock. Taking it back lets the clock run again."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="met_duties")
    key = models.CharField(max_length=80, help_text=_("the law's id, or that of a target or an agreement"))
    met_at = models.DateTimeField()
    words = models.CharField(max_length=500)
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["said_at", "pk"]
        verbose_name_plural = "met"
        constraints = [
            both_or_neither("taken_back_at", "taken_back_by", name="met_taken_back_by_someone"),
            models.UniqueConstraint(fields=["incident", "key"], condition=Q(taken_back_at=None), name="duty_met_once"),
            models.CheckConstraint(condition=~Q(words=""), name="met_duty_says_how"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.key}"
