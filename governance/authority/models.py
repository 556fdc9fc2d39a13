"""Elements, purposes, bases, laws and clocks as the district publishes them; rules, stewards and grants."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.people.models import School
from governance.vocabulary import Kind, Outcome, Principle, Tier


class Law(models.Model):
    """A law or rule, paraphrased, with its citation (governance/data/laws.csv)."""

    id = models.SlugField(primary_key=True, max_length=80)
    jurisdiction = models.CharField(max_length=12)
    citation = models.CharField(max_length=200)
    short_title = models.CharField(max_length=200)
    what_it_requires = models.TextField()
    url = models.URLField(blank=True, max_length=400)
    verified = models.BooleanField(default=False)
    source = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.citation


class Clock(models.Model):
    """A legal or contract clock (governance/data/deadlines.csv). Without a number, `unit` carries the law's own words."""

    id = models.SlugField(primary_key=True, max_length=80)
    law = models.ForeignKey(Law, models.SET_NULL, null=True, related_name="clocks")
    jurisdiction = models.CharField(max_length=12)
    kind = models.CharField(max_length=60)
    trigger = models.TextField()
    starts = models.TextField(blank=True)
    duration = models.PositiveIntegerField(null=True)
    unit = models.CharField(max_length=60)
    limit_type = models.CharField(max_length=20)
    citation = models.CharField(max_length=300, blank=True)
    verified = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.id


class Basis(models.Model):
    """Why a read or a disclosure is lawful (governance/data/disclosure_bases.csv)."""

    id = models.SlugField(primary_key=True, max_length=80)
    law = models.ForeignKey(Law, models.SET_NULL, null=True, related_name="bases")
    jurisdiction = models.CharField(max_length=12)
    citation = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    plain_words = models.CharField(max_length=200, blank=True, help_text=_("what a family reads"))
    verified = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.title


class Element(models.Model):
    """One kind of datum (governance/data/data_elements.csv). `key` is its short stable name in grants and in the trail."""

    key = models.SlugField(primary_key=True, max_length=80)
    reference = models.SlugField(max_length=120, unique=True, help_text=_("its id in data_elements.csv"))
    category = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    wi_class = models.CharField(max_length=40)
    held_in = models.CharField(
        max_length=40, blank=True, help_text=_("identity, guardian, value, link, or empty where the portal never holds it")
    )
    retention = models.CharField(max_length=200, blank=True)
    verified = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["category", "title"]

    def __str__(self) -> str:
        return self.title


class Purpose(models.Model):
    """A published purpose, tied to one of the five principles (governance/data/purposes.csv)."""

    id = models.SlugField(primary_key=True, max_length=60)
    principle = models.CharField(max_length=2, choices=Principle.choices)
    title = models.CharField(max_length=120)
    plain_description = models.TextField()
    aggregate = models.BooleanField(default=False)
    capped_elements = ArrayField(models.CharField(max_length=80), default=list)
    never_elements = ArrayField(models.CharField(max_length=80), default=list)
    max_days = models.PositiveIntegerField(default=365)
    automated_decision = models.BooleanField(default=False)
    named_decider_required = models.BooleanField(default=False)
    bases = ArrayField(models.CharField(max_length=80), default=list)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class RuleSet(models.Model):
    """Counts every change of the rules in force, so that processes know when to read them again."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_rule_set")]

    def __str__(self) -> str:
        return str(self.version)


class Rule(models.Model):
    """An authorization rule's name; what it says is in its versions."""

    key = models.SlugField(primary_key=True, max_length=60)
    kind = models.CharField(max_length=20, choices=Kind.choices)

    def __str__(self) -> str:
        return self.key


class RuleVersion(models.Model):
    """What a rule says from a moment on. Never edited once approved: a new version takes its place, or two people end it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    words = models.TextField(help_text=_("what it says, in words for people"))
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    when = models.JSONField(help_text=_("the condition, in the closed language of governance.authority.rules"))
    elements = ArrayField(models.CharField(max_length=80), default=list, blank=True, help_text=_("element keys; empty: by tier or any"))
    max_days = models.PositiveIntegerField(null=True, blank=True)
    citation = models.CharField(max_length=200)
    basis = models.CharField(max_length=80, blank=True)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    in_force_from = models.DateTimeField(null=True)
    in_force_until = models.DateTimeField(null=True)
    end_proposed_at = models.DateTimeField(null=True)
    end_proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    end_reason = models.CharField(max_length=500, blank=True, help_text=_("why the rule is to end without another in its place"))
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["rule", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="one_number_per_rule_version"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(approved_at__isnull=False, in_force_until=None), name="one_version_in_force"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(drafted_by=None) | ~Q(approved_by=F("drafted_by")), name="rule_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None) | Q(end_proposed_by__isnull=False) & ~Q(ended_by=F("end_proposed_by")),
                name="rule_ended_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id}@{self.number}"


class Stewardship(models.Model):
    """The designation of a data steward for element categories and schools, by order, for a term, with a deputy."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    steward = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="stewardships")
    deputy = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="deputyships")
    title = models.CharField(max_length=120)
    categories = ArrayField(models.CharField(max_length=60), help_text=_("element categories"))
    schools = models.ManyToManyField(School, blank=True, related_name="+", help_text=_("none: the whole district"))
    order = models.CharField(max_length=200, help_text=_("the order that designates"))
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    designated_at = models.DateTimeField()
    designated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(deputy=None) | ~Q(deputy=F("steward")), name="deputy_is_another"),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="term_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.title


class Absence(models.Model):
    """Days on which a steward's deputy decides."""

    stewardship = models.ForeignKey(Stewardship, models.CASCADE, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="absence_ends_after_start")]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


class Grant(models.Model):
    """The key: who may open which elements of which students, for what, from a day to a day. Dies with what it rests on."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=80)
    elements = ArrayField(models.CharField(max_length=80))
    sections = ArrayField(models.BigIntegerField(), default=list, help_text=_("ids of sections; the holder must teach them on the day"))
    students = ArrayField(models.BigIntegerField(), default=list, help_text=_("ids of students named one by one"))
    rule_version = models.CharField(max_length=200, help_text=_("the rules it rests on: key@number, separated by commas"))
    starts_on = models.DateField()
    ends_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["holder", "ends_on"], condition=Q(ended_at=None), name="grant_open")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="grant_ends_after_start"),
            models.CheckConstraint(condition=Q(made_by=None) | ~Q(made_by=F("holder")), name="grant_made_by_another"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
