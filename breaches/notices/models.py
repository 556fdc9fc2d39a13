"""Notices of an incident by audience: a text in its versions, who approved which, and who gets it.

A family gets a row a person and child; no name, address or value of theirs stands here, and what a letter says about a child is read through
the door when it goes (engine.py). Offices, companies and the press are named in rows of their own, with their address: they are no child.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from breaches.affected.models import AffectedList
from breaches.approving import TextApproval, TextVersion, once_each
from breaches.incidents.models import Evidence, Incident
from governance.records.models import Guardianship, Student
from vendors.constraints import both_or_neither


class Audience(models.TextChoices):
    """To whom a notice speaks. Families of a list and everybody (a public page) have rows of no addressee."""

    FAMILY = "family", _("Families, and students who hold their rights")
    PUBLIC = "public", _("Everybody: a public page, where letters do not reach")
    STAFF = "staff", _("Staff")
    PROVIDER = "provider", _("Provider")
    STATE_AGENCY = "state_agency", _("State education department")
    ATTORNEY_GENERAL = "attorney_general", _("Attorney general")
    CREDIT_BUREAUS = "credit_bureaus", _("Credit bureaus")
    MEDIA = "media", _("Media")
    LAW_ENFORCEMENT = "law_enforcement", _("Police")
    FEDERAL = "federal", _("U.S. Department of Education, student privacy office")
    SCHOOL_BOARD = "school_board", _("School board")
    INSURER = "insurer", _("Insurer")


class Notice(models.Model):
    """One notice of an incident. `drill` is the incident's: nothing of a drill leaves."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notices")
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.FAMILY)
    content = models.SlugField(max_length=80, default="family-model", help_text=_("which list of required contents its parts follow"))
    duties = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, help_text=_("keys of the duties and targets that it is to meet")
    )
    affected = models.ForeignKey(
        AffectedList, models.PROTECT, null=True, related_name="notices", help_text=_("whose families it speaks to")
    )
    with_could = models.BooleanField(default=False, help_text=_("also those whose data could have been reached, without a trace of it"))
    drill = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    hat = models.CharField(max_length=40, blank=True)
    version = models.ForeignKey("Version", models.PROTECT, null=True, related_name="+", help_text=_("the text that is sent, once it is"))
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    kept_back = models.PositiveIntegerField(default=0, help_text=_("guardians who are not written to: an order, or no contact"))
    trouble_at = models.DateTimeField(null=True, help_text=_("when the first recipient was given up and a person was told"))

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            both_or_neither("started_at", "started_by", name="notice_started_by_someone"),
            both_or_neither("started_at", "version", name="started_notice_has_its_text"),
            both_or_neither("stopped_at", "stopped_by", name="notice_stopped_by_someone"),
            models.CheckConstraint(
                condition=Q(audience=Audience.FAMILY, affected__isnull=False) | (~Q(audience=Audience.FAMILY) & Q(affected=None)),
                name="only_family_notice_has_its_list",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_running(self) -> bool:
        """True once it goes out and nobody stopped it."""
        return self.started_at is not None and self.stopped_at is None


class Version(TextVersion):
    """One text of a notice, in all its languages: {"en": {"subject": …, "parts": {key: words}, "says": [item]}}. Added, never changed.

    `says` names what else the laws ask for that its author ticked as said, so that an approval is of that word too.
    """

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="versions")
    sha256 = models.CharField(max_length=64, help_text=_("of the texts as texts.canonical writes them"))

    class Meta(TextVersion.Meta):
        constraints = [models.UniqueConstraint(fields=["notice", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.notice_id} version {self.number}"


class Approval(TextApproval):
    """That somebody who did not write a version approved exactly its hash."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="approvals")

    class Meta(TextApproval.Meta):
        constraints = [once_each("one_approval_per_person_and_version")]


class Lease(models.Model):
    """One drainer at work: it holds a row lock on its lease as long as it lives, so that its death is seen at once and by anybody."""

    taken_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(ended_at=None), name="notice_lease_open")]

    def __str__(self) -> str:
        return f"lease {self.pk}"


class Pace(models.Model):
    """How many were sent in a minute; one row, which keeps all drainers together under the mail server's limit."""

    minute = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_pace")]

    def __str__(self) -> str:
        return f"{self.sent} since {self.minute}"


class Recipient(models.Model):
    """One person who gets one notice about one child: a guardian, or the student who holds the rights. Where nobody may be written to, the row
    has neither and somebody has to call.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Taken by the mail server")
        PAPER = "paper", _("Needs a letter on paper")
        POSTED = "posted", _("Letter posted")
        RETURNED = "returned", _("Came back")
        CALL = "call", _("Needs a call")
        REACHED = "reached", _("Reached in person")
        BARRED = "barred", _("Kept back since")

    class Because(models.TextChoices):
        """Why no mail went, from a fixed list."""

        NO_ADDRESS = "no_address", _("There is no e-mail address")
        REFUSED = "refused", _("The mail server refused the address")
        GAVE_UP = "gave_up", _("The mail server did not take it for four hours")
        NOBODY = "nobody", _("Nobody on record may be written to")
        BOUNCED = "bounced", _("The mail came back")
        RETURNED = "returned", _("The letter came back")
        BARRED = "barred", _("An order, or the record, bars it since the notice was started")

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=models.Func(function="gen_random_uuid", arity=0), unique=True, editable=False
    )
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="recipients", db_index=False)
    student = models.ForeignKey(Student, models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False)
    guardianship = models.ForeignKey(Guardianship, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", db_index=False)
    own = models.BooleanField(default=False, db_default=False, help_text=_("to the student, who holds the rights"))
    state = models.CharField(max_length=20, choices=State.choices)
    because = models.CharField(max_length=20, choices=Because.choices, blank=True, db_default="")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField()
    give_up_at = models.DateTimeField(null=True)
    lease = models.ForeignKey(Lease, models.PROTECT, null=True, related_name="recipients", db_index=False)
    doubts = models.PositiveSmallIntegerField(default=0, db_default=0, help_text=_("how often it may have gone without our knowing"))
    sent_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting", lease=None), name="notice_recipient_due"),
            models.Index(fields=["lease"], condition=Q(lease__isnull=False), name="notice_recipient_leased"),
            models.Index(fields=["notice", "state"], name="notice_recipient_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "student", "guardianship"], name="one_notice_per_person_and_child", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="sent_notice_has_its_time"),
            models.CheckConstraint(condition=Q(lease=None) | Q(state="waiting"), name="only_waiting_notices_are_leased"),
            both_or_neither("handled_at", "handled_by", name="notice_recipient_handled_by_someone"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def twice(self) -> bool:
        """True where it may have been sent twice."""
        return self.state == self.State.SENT and self.doubts > 0


class Addressee(models.Model):
    """An office, a company, a bureau or an editor who gets a notice, with the address it goes to and what is known of its arrival."""

    class Way(models.TextChoices):
        MAIL = "mail", _("By e-mail, from the portal")
        LETTER = "letter", _("By letter")
        HANDED_IN = "handed_in", _("Handed in: by web form, by phone or in person")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="addressees")
    name = models.CharField(max_length=200)
    way = models.CharField(max_length=20, choices=Way.choices)
    address = models.CharField(max_length=400, help_text=_("e-mail, postal address, or the address of the web form"))
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    told_at = models.DateTimeField(null=True, help_text=_("when it was handed in, or taken by the mail server"))
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    given_up_at = models.DateTimeField(null=True, help_text=_("when the mail server had not taken it for four hours, or never will"))
    words = models.CharField(max_length=300, blank=True, help_text=_("confirmation number, who took it"))
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(address=""), name="addressee_has_name_and_address"),
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None) | Q(told_at__isnull=False, way="mail") | (Q(told_by__isnull=False) & ~Q(words="")),
                name="handed_in_says_who_and_how",
            ),
            models.UniqueConstraint(fields=["notice", "address"], name="one_addressee_per_address"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
