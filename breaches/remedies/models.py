"""What the district does for those affected: the remedy, one offer a child, and the codes of a credit watch, which are sealed.

No row names a child. What the texts say is said to families.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from breaches.affected.models import AffectedList
from breaches.incidents.models import Evidence, Incident
from governance.records.models import Student
from vendors.constraints import both_or_neither, not_before


class Remedy(models.Model):
    """One thing that is offered to the children of a list. Its texts are {"en": {"title": …, "words": …}, "es": …}."""

    class Kind(models.TextChoices):
        CREDIT_WATCH = "credit_watch", _("Credit watch, with a code for each")
        NEW_IDENTIFIERS = "new_identifiers", _("New student number")
        COUNSELING = "counseling", _("Counseling")
        CORRECTED = "corrected", _("Record corrected")
        COMPLAINT = "complaint", _("Complaint and hearing")
        OTHER = "other", _("Something else")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="remedies")
    affected = models.ForeignKey(AffectedList, models.PROTECT, related_name="remedies")
    with_could = models.BooleanField(default=False, help_text=_("also those whose data could have been reached, without a trace of it"))
    kind = models.CharField(max_length=20, choices=Kind.choices)
    texts = models.JSONField()
    answer_by = models.DateField(help_text=_("the last day on which families answer"))
    lasts_until = models.DateField(null=True, help_text=_("until when the help lasts; empty where it ends when it is done"))
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["offered_at", "pk"]
        verbose_name_plural = "remedies"
        constraints = [
            not_before("lasts_until", "answer_by", name="remedy_lasts_at_least_until_answers"),
            both_or_neither("withdrawn_at", "withdrawn_by", name="remedy_withdrawn_by_someone"),
            models.CheckConstraint(condition=Q(withdrawn_at=None) | ~Q(withdrawn_because=""), name="withdrawn_remedy_says_why"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Offer(models.Model):
    """A remedy for one child: what the family said, and when it was carried out. One answer counts, whoever of the family gives it."""

    class State(models.TextChoices):
        OFFERED = "offered", _("Not answered")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    class How(models.TextChoices):
        PAGE = "page", _("On the family’s page")
        PHONE = "phone", _("By phone or in person")

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=models.Func(function="gen_random_uuid", arity=0), unique=True, editable=False
    )
    remedy = models.ForeignKey(Remedy, models.PROTECT, related_name="offers", db_index=False)
    student = models.ForeignKey(Student, models.DO_NOTHING, db_constraint=False, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED, db_default=State.OFFERED)
    how = models.CharField(max_length=10, choices=How.choices, blank=True, db_default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    done_words = models.CharField(max_length=300, blank=True, db_default="", help_text=_("what shows that it was done"))
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["remedy", "state"], name="remedy_offer_state")]
        constraints = [
            models.UniqueConstraint(fields=["remedy", "student"], name="one_offer_per_remedy_and_child"),
            both_or_neither("answered_at", "answered_by", name="remedy_answered_by_someone"),
            both_or_neither("done_at", "done_by", name="remedy_done_by_someone"),
            models.CheckConstraint(
                condition=Q(state="offered", answered_at=None) | (~Q(state="offered") & Q(answered_at__isnull=False) & ~Q(how="")),
                name="answered_remedy_has_its_answer",
            ),
            models.CheckConstraint(condition=Q(done_at=None) | (Q(state="accepted") & ~Q(done_words="")), name="done_remedy_was_accepted"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Code(models.Model):
    """One code of a credit watch. `sealed` opens by the portal's own key alone; the database lets a code go to one offer, once."""

    remedy = models.ForeignKey(Remedy, models.PROTECT, related_name="codes")
    sealed = models.BinaryField(max_length=400)
    fingerprint = models.CharField(max_length=64, unique=True, help_text=_("keyed hash, by which the same code is known again"))
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    offer = models.OneToOneField(Offer, models.PROTECT, null=True, related_name="code")
    given_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True, help_text=_("when it was first shown or told"))

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["remedy", "id"], condition=Q(offer=None), name="remedy_code_free")]
        constraints = [
            both_or_neither("offer", "given_at", name="remedy_code_given_to_somebody"),
            not_before("opened_at", "given_at", name="remedy_code_opened_after_it_was_given"),
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"
