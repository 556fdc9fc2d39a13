"""The student anchor and its links to schools, classes and guardians. No name and no value of a student stands here.

What a student is called and what is known of them lives in the schema `records`, which the application's login cannot name;
`governance.records.door` is the one way in. The big tables that the import fills in bulk carry no foreign key in the database:
the import's own joins hold them (docs/adr/0005).
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.people.models import School


class Student(models.Model):
    """An opaque id that everything else points at."""

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=models.Func(function="gen_random_uuid", arity=0), unique=True, editable=False
    )
    school = models.ForeignKey(School, models.PROTECT, null=True, db_constraint=False, related_name="students")
    since = models.DateField(db_default=Now())
    left_on = models.DateField(null=True)

    def __str__(self) -> str:
        return str(self.public_id)


class Term(models.Model):
    """An academic session of the roster."""

    sourced_id = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    begins = models.DateField()
    ends = models.DateField()
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.title


class Section(models.Model):
    """A class that meets: where teachers and students are joined."""

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=models.Func(function="gen_random_uuid", arity=0), unique=True, editable=False
    )
    sourced_id = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=255)
    school = models.ForeignKey(School, models.PROTECT, null=True, related_name="sections")
    kind = models.CharField(max_length=40, db_default="scheduled", default="scheduled")
    subjects = ArrayField(models.CharField(max_length=100), default=list, db_default=[])
    begins = models.DateField(null=True)
    ends = models.DateField(null=True)
    active = models.BooleanField(default=True, db_default=True)

    school_name: str | None  # where the query brings it along (`scope.sections_taught_by`)

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title


class Enrollment(models.Model):
    """A student in a section, from a day to a day (both included; none: open)."""

    sourced_id = models.CharField(max_length=255)
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, related_name="enrollments", db_index=False)
    section = models.ForeignKey(Section, models.CASCADE, db_constraint=False, related_name="enrollments", db_index=False)
    begins = models.DateField(null=True)
    ends = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["section", "student"], name="enrollment_section"),
            models.Index(fields=["student"], name="enrollment_student"),
        ]
        # unique=True would add a second index for LIKE, which nobody asks and every import fills
        constraints = [models.UniqueConstraint(fields=["sourced_id"], name="enrollment_sourced_id")]

    def __str__(self) -> str:
        return f"enrollment {self.pk}"


class StaffMember(models.Model):
    """A member of staff as the roster names them. Joined to an account by the roster's id, never by e-mail alone."""

    sourced_id = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    role = models.CharField(max_length=40)
    school = models.ForeignKey(School, models.SET_NULL, null=True, related_name="+")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="staff_member")
    active = models.BooleanField(default=True, db_default=True)

    def __str__(self) -> str:
        return self.name


class Teaching(models.Model):
    """A member of staff teaching a section, from a day to a day (both included; none: open)."""

    sourced_id = models.CharField(max_length=255, unique=True)
    staff_member = models.ForeignKey(StaffMember, models.CASCADE, related_name="teachings")
    section = models.ForeignKey(Section, models.CASCADE, related_name="teachings")
    begins = models.DateField(null=True)
    ends = models.DateField(null=True)

    def __str__(self) -> str:
        return f"teaching {self.pk}"


class Guardianship(models.Model):
    """A parent or guardian of a student, with rights and limits (34 CFR 99.4; Wis. Stat. 118.125(2)(m)).

    `guardian_id` points at the guarded table of guardians; `user` is the account once the person has one.
    """

    class Limit(models.TextChoices):
        """What a court order or a safety flag takes away."""

        NONE = "", _("No limit")
        PLACEMENT_DENIED = "placement_denied", _("Denied physical placement: no access to the record")
        RECORDS_LIMITED = "records_limited", _("The order limits what may be shown")
        NO_CONTACT = "no_contact", _("No contact: nothing that tells a place or a schedule")

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=models.Func(function="gen_random_uuid", arity=0), unique=True, editable=False
    )
    # its own index would repeat the first column of `one_link_per_guardian_and_student`
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, db_index=False, related_name="guardianships")
    guardian_id = models.BigIntegerField(null=True, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="guardianships")
    relation = models.CharField(max_length=40, default="parent", db_default="parent")
    may_inspect = models.BooleanField(default=True, db_default=True)
    may_consent = models.BooleanField(default=True, db_default=True)
    may_be_contacted = models.BooleanField(default=True, db_default=True)
    limit = models.CharField(max_length=40, choices=Limit.choices, default="", db_default="", blank=True)
    limit_elements = ArrayField(
        models.CharField(max_length=80), default=list, db_default=[], help_text=_("element keys that the order keeps back")
    )
    limit_order_on = models.DateField(null=True)
    limit_ends_on = models.DateField(null=True)
    limit_papers_due_on = models.DateField(null=True)
    limit_set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+")
    limit_set_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(limit="") | Q(limit_set_at__isnull=False), name="limit_has_time"),
            models.UniqueConstraint(fields=["student", "guardian_id"], name="one_link_per_guardian_and_student"),
            models.UniqueConstraint(
                fields=["student", "user"], condition=Q(ended_at=None, user__isnull=False), name="one_link_per_user_and_student"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class OwnRecord(models.Model):
    """The account of a student, joined to the student's own anchor."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="own_record")
    student = models.OneToOneField(Student, models.CASCADE, related_name="own_account")
    eligible_since = models.DateField(null=True, help_text=_("the day the rights passed from the parents to the student (34 CFR 99.5)"))
    parents_may_view = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"own record {self.pk}"


class ImportRun(models.Model):
    """One upload of a roster or of element values, from the check to the end. Holds counts and faults, no value of a student.

    Who starts and who approves it, and what its check said, is written by functions of the door alone (migrations/sql/0008_runs.sql).
    """

    class Kind(models.TextChoices):
        ROSTER = "roster", _("Roster")
        VALUES = "values", _("Element values")

    class State(models.TextChoices):
        MAPPING = "mapping", _("Waiting for its columns")
        RECEIVED = "received", _("Waiting to be checked")
        CHECKED = "checked", _("Checked: ready to apply")
        REFUSED = "refused", _("Refused: see the faults")
        WAITING = "waiting", _("Waiting for a second person")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Failed: nothing was changed")
        DROPPED = "dropped", _("Dropped")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=20, choices=State.choices)
    file_name = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    mapping = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    second_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(second_by=None) | ~Q(second_by=F("made_by")), name="import_second_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class EmergencyOpening(models.Model):
    """A record opened at once because somebody's health or safety was in danger (34 CFR 99.36), for a short time.

    `words` is free text about a child: it stays here and goes neither into the trail nor into mail.
    """

    class Reason(models.TextChoices):
        """The danger, from a fixed list; this word stands in the trail."""

        ILLNESS = "illness", _("Sudden illness or injury")
        ALLERGY = "allergy", _("Allergic reaction")
        MISSING = "missing", _("A student is missing")
        HARM = "harm", _("Danger of harm to the student or to others")
        EVACUATION = "evacuation", _("Fire, evacuation or lockdown")
        OTHER = "other", _("Another danger to health or safety")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, related_name="+")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="emergency_openings")
    hat = models.CharField(max_length=40)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    words = models.TextField(max_length=500)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opened_at")), name="emergency_closes_after_opening"),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None) | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="emergency_reviewed_by_someone",
            ),
            models.CheckConstraint(condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("opened_by")), name="emergency_reviewed_by_another"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class LookQuestion(models.Model):
    """A family's question about one line of "who opened it", and the answer. The words stay here; the trail holds that it was asked.

    `look` keeps what the line said (kind of event, elements, number of students), so that the answer needs no second search of the trail.
    A question that came by phone or at the desk names no line (`entry_id` empty): the office took it down for the guardian of `link`, it goes
    to who oversees privacy, and the office tells the family the answer.
    """

    class Answer(models.TextChoices):
        """What staff most often have to say."""

        PLANNING = "planning", _("I was planning lessons or groups for my class.")
        GRADING = "grading", _("I was grading or checking on schoolwork.")
        CLASS_LIST = "class_list", _("I opened the list of the whole class, as I do for lessons.")
        MEETING = "meeting", _("I was getting ready for a meeting or a call about the student.")
        SUPPORT = "support", _("The student or the family had asked for help.")
        OFFICE = "office", _("It was part of the school’s office work.")
        MISTAKE = "mistake", _("I opened it by mistake and closed it again.")
        OTHER = "other", _("Another reason, told below.")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, related_name="+")
    entry_id = models.BigIntegerField(null=True)
    entry_at = models.DateTimeField(null=True)
    look = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="look_questions")
    link = models.ForeignKey("Guardianship", models.CASCADE, null=True, db_constraint=False, related_name="+")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="questions_taken")
    told_at = models.DateTimeField(null=True, help_text=_("when the office told the family the answer"))
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    words = models.TextField(max_length=1000, blank=True)
    asked_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="look_questions_to_answer")
    due_on = models.DateField()
    answer = models.CharField(max_length=20, choices=Answer.choices, blank=True)
    answer_words = models.TextField(max_length=1000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["asked_of", "due_on"], condition=Q(answered_at=None), name="look_question_open")]
        constraints = [
            models.UniqueConstraint(fields=["asked_by", "student", "entry_id", "entry_at"], name="one_question_per_person_and_line"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="look_question_answered_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(taken_by=None, asked_by__isnull=False, entry_id__isnull=False, entry_at__isnull=False)
                | Q(taken_by__isnull=False, link__isnull=False, entry_id=None, entry_at=None),
                name="look_question_about_a_line_or_taken",
            ),
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None) | Q(told_at__isnull=False, told_by__isnull=False, answered_at__isnull=False),
                name="look_question_told_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
