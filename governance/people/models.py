"""The district, its schools and its people. A student's name is never here: it stays behind the door of `governance.records`."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from guardian.mixins import GuardianUserMixin
from guardian.models import UserObjectPermissionBase

from governance.vocabulary import Role


class District(models.Model):
    """The one district of this installation (docs/adr/0004): the facts that pages and notices use."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    demo = models.BooleanField(default=False, editable=False)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=40)
    code = models.CharField(_("state's district code"), max_length=20, blank=True)
    address = models.TextField(_("address"), max_length=300, blank=True)
    website = models.URLField(_("website"), blank=True)
    contact_name = models.CharField(_("privacy contact"), max_length=100, blank=True)
    contact_title = models.CharField(_("title"), max_length=100, blank=True)
    contact_phone = models.CharField(_("phone"), max_length=40, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    contact_checked_on = models.DateField(_("contact checked on"), null=True, blank=True)
    deputy_name = models.CharField(_("deputy"), max_length=100, blank=True)
    office_hours = models.CharField(_("office hours"), max_length=120, blank=True)
    superintendent = models.CharField(_("superintendent"), max_length=100, blank=True)
    board_clerk = models.CharField(_("school board's clerk"), max_length=100, blank=True)
    languages = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    server_access_count = models.PositiveSmallIntegerField(_("people with access to the server"), null=True, blank=True)
    records_since = models.DateField(_("looks are recorded since"), null=True, blank=True)
    legal_texts_reviewed_on = models.DateField(_("legal texts reviewed by counsel on"), null=True, blank=True)
    legal_texts_reviewed_by = models.CharField(_("counsel"), max_length=100, blank=True)
    roster_source = models.CharField(_("where rosters come from"), max_length=120, blank=True)
    rules_adopted_on = models.DateField(_("starter rules adopted on"), null=True, blank=True)
    limits_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    limits_checked_by = models.ForeignKey("people.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    changed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="one_district"),
            models.CheckConstraint(
                condition=Q(limits_checked_at=None, limits_checked_by=None)
                | Q(limits_checked_at__isnull=False, limits_checked_by__isnull=False),
                name="limits_checked_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def family_sign_in_open(self) -> bool:
        """Families may sign in once somebody attested that court limits are loaded and checked."""
        return self.limits_checked_at is not None


class School(models.Model):
    """A school (or the district's own organization) of the roster."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sourced_id = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=200)
    identifier = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=40, default="school")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        permissions = [("act_in_role", "May act in a role at this school")]

    def __str__(self) -> str:
        return self.name


class SchoolPermission(UserObjectPermissionBase):
    """django-guardian's direct foreign-key permission on a school; written by `people.roles` alone."""

    content_object = models.ForeignKey(School, models.CASCADE)


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A user; without a password the account cannot sign in until it is invited."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(GuardianUserMixin, AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in. For a student's own account `name` stays empty: a name is a guarded value."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    title = models.CharField(_("title"), max_length=80, blank=True)
    staff_number = models.CharField(max_length=255, blank=True, help_text=_("the roster's id of a staff member"))
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    session_era = models.PositiveIntegerField(default=0, editable=False, help_text=_("counted up, it ends every session of this person"))

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_email"),
            models.UniqueConstraint(fields=["staff_number"], condition=~Q(staff_number=""), name="one_user_per_staff_number"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is checked against: it ends with a new password, and with a new era."""
        return salted_hmac("people.session", f"{self.password} {self.session_era}", secret=secret, algorithm="sha256").hexdigest()


class RoleAssignment(models.Model):
    """A role given to a person, for a school or the district, from a day to a day, by somebody."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=40, choices=Role.choices)
    school = models.ForeignKey(School, models.PROTECT, null=True, blank=True, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    given_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "role"])]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="role_ends_after_start"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False), name="role_ended_by_someone"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "school"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="one_open_role_per_person_and_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.public_id}"


class RoleProposal(models.Model):
    """A powerful role that one person wants to give and another has to confirm."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Not given")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="role_proposals")
    role = models.CharField(max_length=40, choices=Role.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    alone_since = models.DateTimeField(
        null=True, help_text=_("since when the proposer asks to go on with one key (docs/how-to/small-team.md)")
    )
    alone_reason = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    assignment = models.OneToOneField(RoleAssignment, models.PROTECT, null=True, related_name="proposal")

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="proposal_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state="given") | ~Q(decided_by=F("proposed_by")) | Q(alone_since__isnull=False),
                name="proposal_given_by_another",
            ),
            models.CheckConstraint(condition=~Q(user=F("proposed_by")), name="proposal_for_another"),
            models.UniqueConstraint(fields=["user", "role"], condition=Q(state="waiting"), name="one_waiting_proposal_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.public_id}"


class SecondStepReset(models.Model):
    """Taking away the lost second step of somebody's sign-in: one person checked who is asking, another confirms."""

    class Checked(models.TextChoices):
        IN_PERSON = "in_person", _("I saw the person, whom I know")
        DOCUMENT = "document", _("I saw the person and an identity document")
        CALLED_BACK = "called_back", _("I called back on the number in the staff file")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        DONE = "done", _("Taken away")
        REFUSED = "refused", _("Not taken away")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="second_step_resets")
    checked = models.CharField(max_length=20, choices=Checked.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None, decided_by=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="reset_decided_by_someone",
            ),
            models.CheckConstraint(condition=~Q(state="done") | ~Q(decided_by=F("proposed_by")), name="reset_done_by_another"),
            models.CheckConstraint(
                condition=~Q(user=F("proposed_by")) & (Q(decided_by=None) | ~Q(user=F("decided_by"))), name="reset_for_another"
            ),
            models.UniqueConstraint(fields=["user"], condition=Q(state="waiting"), name="one_waiting_reset_per_person"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Invitation(models.Model):
    """A link that lets one person set a password once. Only its token's hash is kept; one to be mailed gets it when it goes out."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.public_id)


class FamilyCode(models.Model):
    """A code that the school office prints for a guardian who showed who they are: it links their account to their children, once.

    `guardian_id` is the id in the guarded table of guardians (`governance.records`); the code itself is kept as a hash alone.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    guardian_id = models.BigIntegerField(db_index=True)
    code_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at=None, used_by=None) | Q(used_at__isnull=False, used_by__isnull=False), name="code_used_by_someone"
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)
