"""Orders to providers to delete students' data, and what the provider said to each. Opaque ids and words of fixed lists alone.

An order gathers until it is sent; then its text and the list of its students are closed. In which state an order is, is never stored:
`vendors.ends.states` works it out from these facts.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.records.models import Student
from vendors.agreements.models import Agreement, Version
from vendors.constraints import both_or_neither, not_before
from vendors.providers.models import Document, Tool


class Because(models.TextChoices):
    """Why data has to go."""

    CONSENT_WITHDRAWN = "consent_withdrawn", _("Families said no, or took their OK back")
    CHILD_LEFT = "child_left", _("Students left the district")
    AGREEMENT_ENDED = "agreement_ended", _("The agreement has ended")
    APPROVAL_ENDED = "approval_ended", _("The approval has ended")
    TOOL_RETIRED = "tool_retired", _("The district gave the tool up")


class Order(models.Model):
    """That a provider must delete what a tool holds: of everybody (`whole`) or of the students in `ordered`.

    `days` are those of the agreement (`agreement`), or, where it gives no number, of the clock `clock` of the reference data. They run from
    `opened_at`, the moment at which the first of its reasons arose, whenever the order is sent.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="deletion_orders")
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, related_name="deletion_orders")
    whole = models.BooleanField(default=False)
    because = models.CharField(max_length=40, choices=Because.choices, help_text=_("of the first of its reasons"))
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    days = models.PositiveSmallIntegerField()
    clock = models.SlugField(max_length=80, blank=True, help_text=_("id of the clock; empty where the agreement gives the days"))
    due_on = models.DateField()
    disposition = models.CharField(max_length=20, choices=Version.Disposition.choices, default=Version.Disposition.DESTROY)
    students = models.PositiveIntegerField(default=0, help_text=_("how many in `ordered`; 0 for everybody"))
    text = models.TextField(blank=True, editable=False, help_text=_("canonical JSON of what was ordered"))
    sha256 = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    called_off_at = models.DateTimeField(null=True)
    called_off_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    called_off_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            # What arises while an order gathers joins it.
            models.UniqueConstraint(fields=["tool"], condition=Q(sent_at=None, called_off_at=None), name="one_gathering_order_per_tool"),
            both_or_neither("called_off_at", "called_off_by", name="order_called_off_by_someone"),
            models.CheckConstraint(
                condition=Q(sent_at=None, sha256="") | Q(sent_at__isnull=False, sha256__regex=r"^[0-9a-f]{64}$"),
                name="sent_order_has_a_hash",
            ),
        ]
        indexes = [models.Index(fields=["tool", "whole"], name="order_of_tool")]

    def __str__(self) -> str:
        return str(self.public_id)


class Ordered(models.Model):
    """One student of an order that is not for everybody. Never shown to the provider: see README.md."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="ordered")
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    because = models.CharField(max_length=40, choices=Because.choices)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "order"], name="student_once_per_order")]

    def __str__(self) -> str:
        return f"ordered {self.pk}"


class Certificate(models.Model):
    """What the provider says it did, under the order with that hash: a signed statement, with a document where there is one. It stays."""

    class Kind(models.TextChoices):
        STATEMENT = "statement", _("Signed statement")
        DOCUMENT = "document", _("Certificate as a document")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.OneToOneField(Order, models.PROTECT, related_name="certificate")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    order_sha256 = models.CharField(max_length=64)
    deleted_on = models.DateField(_("day of the deletion"))
    copies_until = models.DateField(_("last copies (backups) gone by"), null=True)
    document = models.OneToOneField(Document, models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("who signed"), max_length=120)
    title = models.CharField(_("title"), max_length=120, blank=True)
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text=_("who signed, or registered what came on paper")
    )
    registered = models.BooleanField(default=False, help_text=_("the district registered it"))
    second_factor = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kind="document") | Q(document__isnull=False), name="document_certificate_has_one"),
            models.CheckConstraint(condition=Q(registered=False) | Q(document__isnull=False), name="registered_certificate_has_a_document"),
            not_before("copies_until", "deleted_on", name="copies_go_after_deletion"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Reminder(models.Model):
    """That somebody was told of an order's last day so many days ahead, or (0) that it has passed: each once."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="reminders")
    days = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "days"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.days}"
