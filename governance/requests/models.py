"""A request for data, from the draft to the grant that comes of it."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.authority.models import Element, Grant, Purpose, Stewardship
from governance.vocabulary import Outcome


class DataRequest(models.Model):
    """What somebody asks to see, why, for which students, until when; who holds it; what was decided, on which facts."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Waiting for a decision")
        INFORMATION_ASKED = "information_asked", _("A question is open")
        APPROVED = "approved", _("Approved")
        NARROWED = "narrowed", _("Approved with fewer items")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        ENDED = "ended", _("Ended")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(
        unique=True,
        editable=False,
        db_default=models.Func(models.Value("governance_request_number"), function="nextval"),
        help_text=_("what people call it: R-2041"),
    )
    idempotency_key = models.UUIDField(unique=True, null=True, editable=False)
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="data_requests")
    hat = models.CharField(max_length=40)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="+")
    what_for = models.CharField(_("what it is for"), max_length=200)
    sections = ArrayField(models.BigIntegerField(), default=list)
    students = ArrayField(models.BigIntegerField(), default=list)
    wanted_until = models.DateField()
    named_decider = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    facts = models.JSONField(default=dict, help_text=_("what was known when it was sent and decided: values and rule versions"))
    stewardship = models.ForeignKey(Stewardship, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    first_key_at = models.DateTimeField(null=True, help_text=_("the first of two people agreed; a second one must"))
    first_key_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    first_key = models.JSONField(
        default=dict, blank=True, help_text=_("what the first person allowed: elements, sections, last day, reason")
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision_reason = models.TextField(blank=True, help_text=_("families can read this"))
    grant = models.OneToOneField(Grant, models.PROTECT, null=True, related_name="data_request")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["state", "due_on"]), models.Index(fields=["asker", "-made_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="request_decided_by_someone",
            ),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=models.F("asker")), name="request_decided_by_another"),
            models.CheckConstraint(
                condition=Q(first_key_at=None, first_key_by=None) | Q(first_key_at__isnull=False, first_key_by__isnull=False),
                name="first_key_given_by_someone",
            ),
            models.CheckConstraint(condition=Q(first_key_by=None) | ~Q(first_key_by=models.F("asker")), name="first_key_given_by_another"),
            models.CheckConstraint(
                condition=Q(first_key_by=None) | Q(decided_by=None) | ~Q(decided_by=models.F("first_key_by")),
                name="two_keys_are_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"R-{self.number}"


class RequestedElement(models.Model):
    """One element asked for, with the asker's reason and what became of it."""

    data_request = models.ForeignKey(DataRequest, models.CASCADE, related_name="requested")
    element = models.ForeignKey(Element, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    allowed = models.BooleanField(null=True)
    left_out_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_request", "element"], name="element_once_per_request")]
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.element_id


class RequestMessage(models.Model):
    """A question to the asker, or the answer."""

    data_request = models.ForeignKey(DataRequest, models.CASCADE, related_name="conversation")
    writer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return f"message {self.pk}"
