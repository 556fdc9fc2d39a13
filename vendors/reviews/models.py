"""Reviews of tools: the checklist by law, the provider's answers, the outcome; and approvals, which the sharing gate reads.

A tool's status is worked out by `vendors.reviews.status.of` from these rows and from the agreements; it is stored nowhere.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from vendors.agreements.models import Agreement
from vendors.constraints import both_or_neither, not_before
from vendors.providers.models import Document, Provider, Tool


class ConsentNeeded(models.TextChoices):
    """What a family is asked before its child uses the tool."""

    INFORM = "inform", _("For your information")
    OPT_OUT = "opt_out", _("Families can say no")
    OPT_IN = "opt_in", _("We need families' OK")
    OPT_IN_UNDER_13 = "opt_in_under_13", _("We need families' OK for students under 13")


class Review(models.Model):
    """One look at one tool, from the moment it was asked for to the outcome. Open while `closed_at` is empty."""

    class Because(models.TextChoices):
        REQUEST = "request", _("A teacher asked")
        DISTRICT = "district", _("The district asked")
        AMENDMENT = "amendment", _("The agreement changed")
        RENEWAL = "renewal", _("The approval ends soon")
        YEARLY = "yearly", _("Yearly review of automated decisions")

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        LIMITED = "limited", _("Approved with limits")
        REFUSED = "refused", _("Refused")
        DROPPED = "dropped", _("Closed without an outcome")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="reviews")
    because = models.CharField(max_length=20, choices=Because.choices)
    note = models.CharField(max_length=300, blank=True, help_text=_("what brought it up, in words; nothing about a child"))
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    askers = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text=_("ids of the accounts that asked: none of them decides")
    )
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="tool_reviews")
    due_on = models.DateField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    reason = models.TextField(max_length=2000, blank=True, help_text=_("families and teachers can read this"))
    facts = models.JSONField(default=dict, help_text=_("what was known when it was decided: rules, agreement's version, checklist"))
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["tool", "-closed_at"], name="review_of_tool")]
        constraints = [
            both_or_neither("closed_at", "closed_by", name="review_closed_by_someone"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")), name="closed_review_has_an_outcome"
            ),
            models.CheckConstraint(condition=Q(closed_at=None) | ~Q(reason=""), name="outcome_has_a_reason"),
            models.UniqueConstraint(fields=["tool"], condition=Q(closed_at=None), name="one_open_review_per_tool"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Check(models.Model):
    """The reviewer's answer to one item of the checklist (vendors/reviews/data/checklist.json)."""

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        NOT_APPLICABLE = "not_applicable", _("Does not apply")

    review = models.ForeignKey(Review, models.CASCADE, related_name="checks")
    item = models.SlugField(max_length=60)
    answer = models.CharField(max_length=20, choices=Answer.choices)
    note = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "item"], name="check_once_per_review")]

    def __str__(self) -> str:
        return f"{self.review_id} {self.item}"


class Questionnaire(models.Model):
    """The security questionnaire of one review, as the provider fills it in. The answers are the provider's statement, no more."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    review = models.OneToOneField(Review, models.PROTECT, related_name="questionnaire")
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="questionnaires")
    edition = models.CharField(max_length=20, help_text=_("edition of the questions in vendors/reviews/data/questionnaire.json"))
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    handed_in_at = models.DateTimeField(null=True)
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [both_or_neither("handed_in_at", "handed_in_by", name="questionnaire_handed_in_by_someone")]

    def __str__(self) -> str:
        return str(self.public_id)


class QuestionnaireAnswer(models.Model):
    """The provider's answer to one question."""

    questionnaire = models.ForeignKey(Questionnaire, models.CASCADE, related_name="answers")
    question = models.SlugField(max_length=60)
    answer = models.CharField(max_length=20)
    words = models.TextField(max_length=1000, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["questionnaire", "question"], name="answer_once_per_question")]

    def __str__(self) -> str:
        return f"{self.questionnaire_id} {self.question}"


class Approval(models.Model):
    """That a tool may be used: for these purposes, with these elements, within these limits, from a day to a day. The gate reads it.

    It is good only together with what it rests on: while `agreement` is in force and lists the tool, or, for a tool that collects nothing,
    without one. `again_due_on`: the agreement changed and the approval is asked again; undecided by that day, it lapses.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="approvals")
    review = models.OneToOneField(Review, models.PROTECT, related_name="approval")
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, blank=True, related_name="approvals")
    purposes = ArrayField(models.CharField(max_length=60), default=list)
    elements = ArrayField(
        models.CharField(max_length=120), default=list, help_text=_("keys of elements; never beyond the agreement's schedule")
    )
    youngest_age = models.PositiveSmallIntegerField(null=True, blank=True)
    oldest_age = models.PositiveSmallIntegerField(null=True, blank=True)
    grades = ArrayField(models.CharField(max_length=4), default=list, blank=True, help_text=_("empty: all grades"))
    consent = models.CharField(max_length=20, choices=ConsentNeeded.choices, default=ConsentNeeded.INFORM)
    consent_basis = models.CharField(max_length=80, blank=True, help_text=_("id of the lawful basis on which the data goes out"))
    no_names = models.BooleanField(default=False, help_text=_("no real names are typed in"))
    conditions = models.TextField(max_length=2000, blank=True, help_text=_("further conditions of use, for teachers"))
    starts_on = models.DateField()
    ends_on = models.DateField()
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    again_due_on = models.DateField(null=True)
    again_because = models.CharField(
        max_length=40, blank=True, help_text=_("a word: tool_removed, tool_added, elements_added, elements_removed")
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=40, blank=True, help_text=_("a word: replaced, refused, retired, agreement_ended, safety"))

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            not_before("ends_on", "starts_on", name="approval_ends_after_start"),
            not_before("oldest_age", "youngest_age", name="approval_ages_in_order"),
            both_or_neither("ended_at", "ended_by", name="approval_ended_by_someone"),
            models.UniqueConstraint(fields=["tool"], condition=Q(ended_at=None), name="one_open_approval_per_tool"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Alternative(models.Model):
    """A tool that does the same, named by a review for those who asked for another one."""

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="alternatives")
    instead = models.ForeignKey(Tool, models.CASCADE, related_name="alternative_to")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["tool", "instead"], name="alternative_once"),
            models.CheckConstraint(condition=~Q(tool=F("instead")), name="alternative_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.tool_id} {self.instead_id}"


class Guidance(models.Model):
    """What a teacher reads beside the status: how to set the tool up safely, what to tell families, how nobody stands out."""

    tool = models.OneToOneField(Tool, models.CASCADE, related_name="guidance")
    setup = models.TextField(_("safe set-up"), max_length=2000, blank=True, help_text=_("one step a line"))
    families_en = models.TextField(_("message to families"), max_length=2000, blank=True)
    families_es = models.TextField(_("message to families, in Spanish"), max_length=2000, blank=True)
    without_account = models.TextField(
        _("students without an account: how to run the lesson so that nobody stands out"), max_length=2000, blank=True
    )
    whom_to_call = models.CharField(_("whom to call"), max_length=200, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.tool_id)


class Advice(models.Model):
    """What a cooperative or another district found: one input of a review, never an approval."""

    class Signed(models.TextChoices):
        VALID = "valid", _("The signature holds")
        UNKNOWN = "unknown", _("Signed by somebody this district does not know")
        NONE = "none", _("Not signed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="advice")
    source = models.CharField(max_length=160)
    finding = models.CharField(max_length=20, choices=Review.Outcome.choices)
    found_on = models.DateField()
    words = models.TextField(max_length=2000, blank=True)
    signed = models.CharField(max_length=20, choices=Signed.choices, default=Signed.NONE)
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-found_on", "pk"]

    def __str__(self) -> str:
        return self.source
