"""What the public is told of a closed incident: a text in versions, who approved which, and which one stands.

A version holds no number of children that is not rounded, and names the provider only where the district's counsel agreed.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from breaches.approving import TextApproval, TextVersion, once_each
from breaches.incidents.models import Incident
from portal.base.kept import KeptFile, ready_has_a_file
from vendors.constraints import both_or_neither


class Posting(models.Model):
    """The public page of one incident. Its link stays, also once the text is taken down."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.OneToOneField(Incident, models.PROTECT, related_name="posting")
    slug = models.SlugField(max_length=20, unique=True, help_text=_("its link for good: the year and its number in it"))
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.ForeignKey("Version", models.PROTECT, null=True, related_name="+", help_text=_("the text that the public reads"))
    first_published_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_down_at = models.DateTimeField(null=True)
    taken_down_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_down_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-first_published_at", "-pk"]
        constraints = [
            both_or_neither("published_at", "published_by", name="posting_published_by_someone"),
            both_or_neither("published_at", "version", name="published_posting_has_its_text"),
            both_or_neither("published_at", "first_published_at", name="published_posting_has_its_first_day"),
            both_or_neither("taken_down_at", "taken_down_by", name="posting_taken_down_by_someone"),
            models.CheckConstraint(condition=Q(taken_down_at=None) | ~Q(taken_down_because=""), name="posting_taken_down_says_why"),
        ]

    def __str__(self) -> str:
        return self.slug


class Version(TextVersion):
    """One text: {"en": {"title": …, "happened": …, "done": …, "learned": …}, "es": …}, and the facts beside it. Added, never changed."""

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="versions")
    facts = models.JSONField(help_text=_("kind, days, rounded number and kinds of information, as facts.py makes them"))
    provider = models.CharField(max_length=120, blank=True)
    counsel = models.CharField(max_length=200, blank=True, help_text=_("who of counsel agreed that the provider is named, and when"))

    class Meta(TextVersion.Meta):
        constraints = [
            models.UniqueConstraint(fields=["posting", "number"], name="one_posting_version_per_number"),
            models.CheckConstraint(condition=Q(provider="") | ~Q(counsel=""), name="provider_is_named_where_counsel_agreed"),
        ]

    def __str__(self) -> str:
        return f"{self.posting_id} version {self.number}"


class Approval(TextApproval):
    """That somebody who did not write a version approved exactly its hash."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="approvals")

    class Meta(TextApproval.Meta):
        constraints = [once_each("one_approval_of_a_posting_per_person")]


class Pack(KeptFile):
    """An evidence pack of one incident for the state: asked for with a reason, agreed to by a second person, there for a day.

    The file lies encrypted in the data folder (portal.base.vault) and goes; this row stays.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a second person")
        QUEUED = "queued", _("Waiting to be made")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready to download")
        REFUSED = "refused", _("Refused")
        LAPSED = "lapsed", _("Nobody agreed in time")
        FAILED = "failed", _("Could not be made")
        GONE = "gone", _("Gone")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="packs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    to = models.CharField(max_length=200, help_text=_("which office it is for"))
    reason = models.CharField(max_length=500)
    hat = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lapses_on = models.DateField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    refusal = models.CharField(max_length=300, blank=True)
    touched_at = models.DateTimeField(null=True)
    entries = models.PositiveIntegerField(default=0, help_text=_("how many entries it holds with their proofs"))

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            both_or_neither("decided_at", "decided_by", name="state_pack_decided_by_someone"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")), name="state_pack_decided_by_another"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=False) | Q(state__in=["waiting", "lapsed"]), name="state_pack_not_made_by_one_alone"
            ),
            ready_has_a_file("ready_state_pack_has_a_file"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(to=""), name="state_pack_says_why_and_for_whom"),
            models.UniqueConstraint(
                fields=["incident"], condition=Q(state__in=["waiting", "queued", "making"]), name="one_state_pack_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
