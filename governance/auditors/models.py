"""Audits by outsiders: who, how far, until when; samples of the trail; work papers.

What an auditor writes is free text about the district's work. It stands here and never in the trail, whose entries say that it was written
and the hash of it.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.people.models import RoleAssignment

_USER = settings.AUTH_USER_MODEL


def both_or_neither(first: str, second: str, name: str) -> models.CheckConstraint:
    """A constraint: the two fields are set together."""
    return models.CheckConstraint(
        condition=Q(**{first: None, second: None}) | Q(**{f"{first}__isnull": False, f"{second}__isnull": False}), name=name
    )


class Engagement(models.Model):
    """An audit: an outside person, what they may see of the trail, and until when. One person proposes it, another one admits them."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        ADMITTED = "admitted", _("Admitted")
        REFUSED = "refused", _("Not admitted")
        ENDED = "ended", _("Ended")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(_USER, models.PROTECT, related_name="engagements")
    organization = models.CharField(max_length=120)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    starts_on = models.DateField()
    ends_on = models.DateField()
    entries_from = models.DateField(null=True)
    entries_to = models.DateField(null=True)
    # Empty: the whole district, every kind.
    schools = ArrayField(models.BigIntegerField(), default=list)
    kinds = ArrayField(models.CharField(max_length=60), default=list)
    may_export = models.BooleanField(default=False)
    may_see_names = models.BooleanField(default=False)
    proposed_by = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    assignment = models.ForeignKey(RoleAssignment, models.PROTECT, null=True, related_name="+")
    longer_until = models.DateField(null=True)
    longer_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+", help_text=_("nobody where it ended by itself"))

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="audit_ends_after_start"),
            models.CheckConstraint(
                condition=Q(entries_from=None) | Q(entries_to=None) | Q(entries_to__gte=F("entries_from")), name="audit_scope_has_days"
            ),
            both_or_neither("decided_at", "decided_by", "audit_decided_by_someone"),
            both_or_neither("longer_until", "longer_by", "audit_longer_by_someone"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "refused"]) | Q(assignment__isnull=False), name="audit_admitted_with_a_role"
            ),
            models.CheckConstraint(condition=~Q(state="admitted") | ~Q(decided_by=F("proposed_by")), name="audit_admitted_by_another"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | (~Q(state="ended") & Q(ended_at=None)), name="audit_ended_has_a_time"
            ),
            models.CheckConstraint(condition=~Q(user=F("proposed_by")), name="audit_of_an_outsider"),
            models.UniqueConstraint(fields=["user"], condition=Q(state__in=["waiting", "admitted"]), name="one_open_audit_per_person"),
        ]

    def __str__(self) -> str:
        return f"audit {self.public_id}"


class Sample(models.Model):
    """A random sample: population, size and seed are announced in the trail before it is drawn."""

    class Strata(models.TextChoices):
        NONE = "", _("No strata")
        KIND = "kind", _("By what happened")
        ROLE = "hat", _("By role")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="samples")
    number = models.PositiveIntegerField()
    objective = models.CharField(max_length=200)
    filters = models.JSONField()
    strata = models.CharField(max_length=10, choices=Strata.choices, blank=True)
    size = models.PositiveIntegerField()
    seed = models.CharField(max_length=64)
    attributes = ArrayField(models.CharField(max_length=120), default=list)
    population = models.PositiveBigIntegerField()
    counts = models.JSONField(default=dict)
    committed_at = models.DateTimeField()
    commitment_id = models.BigIntegerField(help_text=_("the entry that announced it"))
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_number_per_sample"),
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=1000), name="sample_size"),
        ]

    def __str__(self) -> str:
        return f"sample {self.public_id}"


class SampleItem(models.Model):
    """A drawn entry, and what its test gave: a mark for each attribute, and a note."""

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="items")
    place = models.PositiveIntegerField()
    stratum = models.CharField(max_length=60, blank=True)
    entry_id = models.BigIntegerField()
    entry_at = models.DateTimeField()
    ticket = models.CharField(max_length=64)
    leaf = models.CharField(max_length=64)
    marks = models.JSONField(default=dict)
    note = models.TextField(blank=True, max_length=2000)
    tested_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")
    tested_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["sample", "place"], name="one_entry_per_place"),
            both_or_neither("tested_at", "tested_by", "item_tested_by_someone"),
        ]

    def __str__(self) -> str:
        return f"item {self.place} of sample {self.sample_id}"


class WorkPaper(models.Model):
    """A finding. What it says stands in its versions; it is the auditor's own until it is shared."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="papers")
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    shared_at = models.DateTimeField(null=True)
    shared_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_number_per_paper"),
            both_or_neither("shared_at", "shared_by", "paper_shared_by_someone"),
            both_or_neither("signed_at", "signed_by", "paper_signed_by_someone"),
            models.CheckConstraint(condition=Q(signed_at=None) | Q(shared_at__isnull=False), name="paper_signed_after_sharing"),
        ]

    def __str__(self) -> str:
        return f"paper {self.public_id}"


class PaperVersion(models.Model):
    """What a work paper says at one time. Written once: the database refuses change and deletion."""

    class Standing(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open finding")
        NOTE = "note", _("Observation")
        RESOLVED = "resolved", _("Resolved")
        NONE = "none", _("No exception")

    class Evidence(models.TextChoices):
        """What a piece of evidence is."""

        ENTRY = "entry", _("Entry of the trail")
        SAMPLE = "sample", _("Sample")
        REQUEST = "request", _("Data request")
        EXPORT = "export", _("Export")
        OTHER = "other", _("Other document")

    paper = models.ForeignKey(WorkPaper, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    criteria = models.TextField(max_length=10_000, blank=True)
    condition = models.TextField(max_length=10_000, blank=True)
    cause = models.TextField(max_length=10_000, blank=True)
    effect = models.TextField(max_length=10_000, blank=True)
    recommendation = models.TextField(max_length=10_000, blank=True)
    standing = models.CharField(max_length=20, choices=Standing.choices, default=Standing.DRAFT)
    # [{"kind": one of Evidence, "ref": …, "sha256": …, "note": …}]
    evidence = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["paper", "number"], name="one_number_per_version")]

    def __str__(self) -> str:
        return f"version {self.number} of paper {self.paper_id}"


class PaperAnswer(models.Model):
    """Management's response to a shared work paper. Written once, like a version."""

    class Agreement(models.TextChoices):
        AGREED = "agreed", _("The district agrees")
        PARTLY = "partly", _("The district agrees in part")
        DISAGREED = "disagreed", _("The district does not agree")

    paper = models.ForeignKey(WorkPaper, models.PROTECT, related_name="answers")
    version = models.PositiveIntegerField(help_text=_("the version that it answers"))
    agreement = models.CharField(max_length=20, choices=Agreement.choices)
    text = models.TextField(max_length=10_000)
    done_by = models.DateField(null=True)
    sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"answer to paper {self.paper_id}"
