"""What families are asked and what they say. Ids and choices alone: no name, no value of a record, no reason for a refusal.

A matter is what can be answered (a tool, the directory, …). A form is one text about it, closed when it is published. A standing is where one
student stands in one matter: the row that the sharing gate holds still while it lets data go. Answers are how it came about; they stay.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.records.models import Guardianship, Student
from vendors.constraints import both_or_neither, not_before
from vendors.providers.models import Tool


class Matter(models.Model):
    """Something that families can answer: one tool, directory information, or recruiters."""

    class Subject(models.TextChoices):
        TOOL = "tool", _("A tool")
        DIRECTORY = "directory", _("Directory information")
        RECRUITERS = "recruiters", _("Military and college recruiters")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject = models.CharField(max_length=20, choices=Subject.choices)
    tool = models.OneToOneField(Tool, models.PROTECT, null=True, related_name="consent_matter")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(subject="tool", tool__isnull=False) | (~Q(subject="tool") & Q(tool=None)), name="matter_of_a_tool_names_it"
            ),
            models.UniqueConstraint(fields=["subject"], condition=Q(tool=None), name="matter_once"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Form(models.Model):
    """One text that families answer, in all its languages, with what it covers. Published means closed; a new one replaces it.

    `texts` holds, by language code, `title`, `words` and `if_nothing`. `sha256` is the hash of `vendors.consents.texts.canonical`.
    """

    class Sort(models.TextChoices):
        """On which law the question rests."""

        FERPA = "ferpa", _("Written consent (34 CFR 99.30)")
        COPPA = "coppa", _("Parental consent under 13 (16 CFR 312.5)")
        PPRA = "ppra", _("Surveys (20 U.S.C. 1232h)")
        DIRECTORY = "directory", _("Refusal of directory information (34 CFR 99.37; Wis. Stat. 118.125(2)(j))")
        RECRUITERS = "recruiters", _("Refusal of recruiters (20 U.S.C. 7908)")
        TOOL = "tool", _("Refusal of one tool (district policy)")

    class Kind(models.TextChoices):
        """What an answer does, in the words that families read."""

        OPT_IN = "opt_in", _("We need your OK")
        OPT_OUT = "opt_out", _("You can say no")
        INFORM = "inform", _("For your information")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="forms")
    number = models.PositiveSmallIntegerField()
    sort = models.CharField(max_length=20, choices=Sort.choices)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    under_13_only = models.BooleanField(default=False, help_text=_("the OK is needed for students under 13 alone"))
    texts = models.JSONField()
    elements = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    purposes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    window_days = models.PositiveSmallIntegerField(default=0, help_text=_("days in which a family can say no before anything is shared"))
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["matter", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["matter", "number"], name="form_once_per_number"),
            models.UniqueConstraint(fields=["matter"], condition=Q(replaced_at=None), name="one_form_in_use_per_matter"),
            both_or_neither("replaced_at", "replaced_by", name="form_replaced_by_someone"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="form_has_a_hash"),
            models.CheckConstraint(condition=~Q(kind="opt_out") | Q(window_days__gt=0), name="opt_out_has_a_window"),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} v{self.number}"


class Standing(models.Model):
    """Where one student stands in one matter. The gate locks this row; whoever changes it waits for the releases that hold it.

    `form` is the text that the state rests on. `told_at` and `closes_on`: when the family was asked, and the last day on which it can say no
    before anything is shared; each family has its own, so that a late enrollee has the whole time.
    """

    class State(models.TextChoices):
        NONE = "", _("No answer")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    # No foreign key and no index of its own on the student: the constraint below begins with it, and big campaigns fill this table.
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="standings")
    state = models.CharField(max_length=20, choices=State.choices, default="", db_default="", blank=True)
    form = models.ForeignKey(Form, models.PROTECT, null=True, db_index=False, related_name="+")
    changed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    closes_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "matter"], name="one_standing_per_student_and_matter"),
            models.CheckConstraint(
                condition=Q(state="", form=None, changed_at=None) | (~Q(state="") & Q(form__isnull=False, changed_at__isnull=False)),
                name="standing_rests_on_a_form",
            ),
            models.CheckConstraint(condition=Q(closes_on=None) | Q(told_at__isnull=False), name="window_begins_with_being_told"),
        ]

    def __str__(self) -> str:
        return f"standing {self.pk}"


class Answer(models.Model):
    """One thing that one person said, for good: to which text, in which language, how, and when. `public_id` is the receipt's number.

    `guardianship` says by which right; it is empty for a student's own answer. `by` answered in the portal, or registered the paper.
    """

    class Said(models.TextChoices):
        GIVEN = "given", _("Said OK")
        REFUSED = "refused", _("Said no")
        WITHDRAWN = "withdrawn", _("Took the OK back")

    class Method(models.TextChoices):
        PORTAL = "portal", _("In the portal")
        PAPER = "paper", _("On paper")
        BROUGHT = "brought", _("Earlier, brought from a list")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.UUIDField(unique=True, editable=False, help_text=_("of the page it was sent from: sent twice, it counts once"))
    standing = models.ForeignKey(Standing, models.PROTECT, related_name="answers")
    form = models.ForeignKey(Form, models.PROTECT, related_name="answers")
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    said = models.CharField(max_length=20, choices=Said.choices)
    method = models.CharField(max_length=20, choices=Method.choices)
    guardianship = models.ForeignKey(Guardianship, models.PROTECT, null=True, db_index=False, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(method="portal") | Q(guardianship__isnull=False), name="paper_names_its_signer"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Scan(models.Model):
    """The signed paper of an answer, encrypted in the vault: who opens it leaves an entry in the child's log."""

    answer = models.OneToOneField(Answer, models.CASCADE, related_name="scan")
    file = models.CharField(max_length=80, unique=True)
    file_key = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    kept_at = models.DateTimeField()
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"scan {self.pk}"


class Mistake(models.Model):
    """That an answer was registered by mistake: it stays to be seen, and does not count."""

    answer = models.OneToOneField(Answer, models.CASCADE, related_name="mistake")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"mistake {self.pk}"


class Policy(models.Model):
    """How the district reads COPPA, from a moment on: it asks parents, or authorizes on their behalf. The newest that has begun counts."""

    class Coppa(models.TextChoices):
        PARENTS = "parents", _("Parents are asked for students under 13")
        SCHOOL = "school", _("The district authorizes for school purposes, and families can say no")

    coppa = models.CharField(max_length=20, choices=Coppa.choices)
    basis = models.CharField(max_length=300, help_text=_("on which legal basis; families can read it"))
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-decided_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.coppa} {self.decided_at:%Y-%m-%d}"


class Campaign(models.Model):
    """Asking the families of some classes about one matter, once, with reminders on days named ahead."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.UUIDField(unique=True, editable=False, help_text=_("of the page it was sent from: sent twice, it starts once"))
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="campaigns")
    form = models.ForeignKey(Form, models.PROTECT, related_name="campaigns")
    sections = ArrayField(models.BigIntegerField(), default=list, help_text=_("ids of the classes; empty: all students"))
    answer_by = models.DateField()
    remind_on = ArrayField(models.DateField(), default=list, blank=True, help_text=_("no more than three days"))
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            both_or_neither("ended_at", "ended_by", name="campaign_ended_by_someone"),
            models.CheckConstraint(condition=Q(remind_on__len__lte=3), name="campaign_reminds_thrice_at_most"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Asked(models.Model):
    """That one student's family is asked in a campaign: each once. Without an account it is asked on paper."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="asked")
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    on_paper = models.BooleanField(default=False)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "student"], name="asked_once_per_campaign")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.student_id}"


class Telling(models.Model):
    """One e-mail to one family account about a campaign, without a word about a student: the first (round 0) or a reminder. Each once."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="tellings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+")
    round = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["queued_at"], condition=Q(sent_at=None), name="telling_waits")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user", "round"], name="told_once_per_round"),
            not_before("sent_at", "queued_at", name="telling_sent_after_queued"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.round} {self.pk}"
