"""The catalogue: providers (the parties), tools (the products), what each collects and how it travels. Nothing here names a student.

Nothing here says that a tool may be used: that is computed from reviews and agreements (`vendors.reviews.status`).
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from governance.authority.models import Element
from vendors.constraints import both_or_neither, not_before


class Document(models.Model):
    """A PDF that somebody handed in: an agreement, a certificate, evidence. Its bytes stand in `DocumentContent`; never changed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=160, help_text=_("what people call it; the file's own name is not kept"))
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text=_("bytes"))
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_hash_is_sha256")]

    def __str__(self) -> str:
        return self.title


class DocumentContent(models.Model):
    """The bytes of a document, in a table of their own so that lists do not read them."""

    document = models.OneToOneField(Document, models.CASCADE, primary_key=True, related_name="content")
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.document_id)


class Provider(models.Model):
    """The party: whoever offers tools and signs agreements."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        NONPROFIT = "nonprofit", _("Nonprofit organization")
        PUBLIC = "public", _("Public agency or university")
        PERSON = "person", _("One person")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True, help_text=_("stands in links; never changed"))
    name = models.CharField(_("name"), max_length=120)
    legal_name = models.CharField(_("name in contracts"), max_length=160, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.COMPANY)
    domain = models.CharField(_("web domain"), max_length=120, blank=True, help_text=_("for example: reading-journey.example"))
    country = models.CharField(_("country"), max_length=2, default="US", help_text=_("two letters"))
    region = models.CharField(_("state or region"), max_length=60, blank=True)
    address = models.TextField(_("address"), max_length=300, blank=True)
    privacy_contact = models.CharField(_("privacy contact"), max_length=100, blank=True)
    privacy_email = models.EmailField(_("privacy e-mail"), blank=True)
    security_email = models.EmailField(_("e-mail for security matters"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    policy_url = models.URLField(_("privacy policy"), blank=True, max_length=400)
    listed_at = models.DateTimeField()
    listed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="one_provider_per_name"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="provider_country_is_two_letters"),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Somebody of the provider with an account here, by invitation. They act for this provider alone, while the row is open.

    `ends_on` is the last day on which they do; the portal itself ends the row after it, which is why it may then have ended by nobody.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="contacts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="provider_contacts")
    may_sign = models.BooleanField(_("may sign agreements"), default=False)
    since = models.DateTimeField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ends_on = models.DateField(_("last day"), null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | (Q(ended_at__isnull=False) & (Q(ended_by__isnull=False) | Q(ends_on__isnull=False))),
                name="contact_ended_by_someone",
            ),
            # A person who works for two companies has two accounts: what one sees the other must not.
            models.UniqueConstraint(fields=["user"], condition=Q(ended_at=None), name="one_open_provider_per_contact"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ContactReminder(models.Model):
    """That a contact and the district were told of the last day so many days ahead, or (0) that it has passed: each once for each last day."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="reminders")
    ends_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "ends_on", "days"], name="contact_reminder_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.days}"


class Tool(models.Model):
    """The product, as the catalogue lists it. Whether it may be used is never stored: see `vendors.reviews.status.of`."""

    class Accounts(models.TextChoices):
        NONE = "none", _("Nobody signs in")
        TEACHER = "teacher", _("Only the teacher signs in")
        OPTIONAL = "optional", _("Students can sign in or not")
        STUDENTS = "students", _("Students sign in")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True, help_text=_("stands in links; never changed"))
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="tools")
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True)
    description = models.TextField(_("what it does"), max_length=4000, blank=True)
    purposes = ArrayField(models.CharField(max_length=60), default=list, blank=True, help_text=_("ids of published purposes"))
    subjects = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text=_("words of providers.words.SUBJECTS"))
    youngest_age = models.PositiveSmallIntegerField(_("youngest age, by the provider's terms"), null=True, blank=True)
    oldest_age = models.PositiveSmallIntegerField(_("oldest age"), null=True, blank=True)
    accounts = models.CharField(_("accounts"), max_length=20, choices=Accounts.choices, default=Accounts.STUDENTS)
    collects_nothing = models.BooleanField(_("collects nothing about students"), default=False)
    commercial_use = models.BooleanField(
        _("uses data for advertising, profiles or other purposes of its own"),
        null=True,
        blank=True,
        help_text=_("unknown until a review says"),
    )
    held_in = ArrayField(models.CharField(max_length=2), default=list, blank=True, help_text=_("countries where data is held, two letters"))
    held_by = models.CharField(_("data is held with"), max_length=160, blank=True, help_text=_("the hosting company"))
    policy_url = models.URLField(_("privacy policy"), blank=True, max_length=400)
    accessibility = models.TextField(_("accessibility statement"), max_length=1000, blank=True)
    accessibility_url = models.URLField(_("accessibility report"), blank=True, max_length=400)
    accessibility_on = models.DateField(_("date of the accessibility report"), null=True, blank=True)
    decides_nothing_on = models.DateField(
        null=True, blank=True, help_text=_("the last review on which it neither scored, ranked, predicted nor decided about a student")
    )
    listed_at = models.DateTimeField()
    listed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    retired_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            both_or_neither("retired_at", "retired_by", name="tool_retired_by_someone"),
            not_before("oldest_age", "youngest_age", name="tool_ages_in_order"),
            models.UniqueConstraint("provider", Lower("name"), name="one_tool_name_per_provider"),
        ]

    def __str__(self) -> str:
        return self.name


class ToolVersion(models.Model):
    """A form in which the tool is used: on the web, as an app, as a browser's extension. Each may differ in what it collects."""

    class Form(models.TextChoices):
        WEB = "web", _("Web site")
        APPLE = "apple", _("App for iPad and iPhone")
        GOOGLE = "google", _("App for Android and Chromebook")
        WINDOWS = "windows", _("Program for Windows or Mac")
        EXTENSION = "extension", _("Browser extension")

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="versions")
    form = models.CharField(max_length=20, choices=Form.choices)
    label = models.CharField(_("version"), max_length=60, blank=True)
    seen_on = models.DateField(_("looked at on"))
    note = models.CharField(_("what differs"), max_length=200, blank=True)

    class Meta:
        ordering = ["form", "-seen_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["tool", "form", "label"], name="tool_version_once")]

    def __str__(self) -> str:
        return f"{self.tool_id} {self.form}"


class Address(models.Model):
    """By what a pasted link or a log's domain is told to be this tool: a domain with all below it, or an id in a store.

    `path` narrows a domain that is shared by several tools (docs.example/forms). The longest match wins.
    """

    class Kind(models.TextChoices):
        DOMAIN = "domain", _("Web domain")
        APPLE = "apple", _("Apple App Store")
        GOOGLE = "google", _("Google Play")
        CHROME = "chrome", _("Chrome Web Store")
        EDGE = "edge", _("Edge Add-ons")
        MICROSOFT = "microsoft", _("Microsoft Store")
        FIREFOX = "firefox", _("Firefox Add-ons")

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.DOMAIN)
    value = models.CharField(max_length=200, help_text=_("lower case; a domain without www."))
    path = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["kind", "value", "path"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "value", "path"], name="one_tool_per_address"),
            models.CheckConstraint(condition=~Q(value="") & Q(value=Lower("value")), name="address_is_lower_case"),
        ]

    def __str__(self) -> str:
        return f"{self.value}{self.path}"


class Subprocessor(models.Model):
    """The provider's own supplier that gets students' data through this tool."""

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="subprocessors")
    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country"), max_length=2, default="US")
    does = models.CharField(_("what it does"), max_length=200)
    elements = ArrayField(models.CharField(max_length=120), default=list, blank=True, help_text=_("keys of elements"))
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [not_before("until", "since", name="subprocessor_ends_after_start")]

    def __str__(self) -> str:
        return self.name


class Collects(models.Model):
    """One kind of data that the tool collects, whether it works without, and why it needs it."""

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="collects")
    element = models.ForeignKey(Element, models.PROTECT, related_name="+")
    required = models.BooleanField(_("the tool does not work without it"), default=True)
    why = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        ordering = ["-required", "element"]
        constraints = [models.UniqueConstraint(fields=["tool", "element"], name="tool_collects_element_once")]

    def __str__(self) -> str:
        return f"{self.tool_id} {self.element_id}"


class Mark(models.Model):
    """A rating, a certificate or a seal that somebody gave the tool: one input among others, and never an approval."""

    class Kind(models.TextChoices):
        RATING = "rating", _("Rating")
        CERTIFICATE = "certificate", _("Certificate")
        AUDIT = "audit", _("Audit report")

    class Verified(models.TextChoices):
        NOT = "not", _("Not checked")
        DOCUMENT = "document", _("Somebody read the document")
        ISSUER = "issuer", _("Found at the issuer's own site")
        SIGNATURE = "signature", _("The document's signature was checked")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="marks")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    issuer = models.CharField(_("given by"), max_length=120)
    title = models.CharField(_("name"), max_length=120)
    result = models.CharField(_("result"), max_length=80, blank=True)
    given_on = models.DateField(_("date"))
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    url = models.URLField(_("page of the issuer"), blank=True, max_length=400)
    evidence = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    verified = models.CharField(_("how it was checked"), max_length=20, choices=Verified.choices, default=Verified.NOT)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-given_on", "pk"]
        constraints = [
            both_or_neither("verified_at", "verified_by", name="mark_verified_by_someone"),
            not_before("expires_on", "given_on", name="mark_expires_after_given"),
            models.CheckConstraint(condition=Q(verified="not") | Q(verified_at__isnull=False), name="mark_verified_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer}: {self.title}"


class Channel(models.Model):
    """A way on which data really reaches the tool. Only `portal` is under the portal's own gate; of the others it keeps what was checked."""

    class Kind(models.TextChoices):
        PORTAL = "portal", _("This portal")
        ROSTER_SERVICE = "roster_service", _("Roster service")
        SIS = "sis", _("Student information system")
        SIGN_IN = "sign_in", _("Sign-in (attributes that go along)")
        FILE = "file", _("File sent by hand")
        TYPED = "typed", _("Typed in by teachers or students")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="channels")
    kind = models.CharField(_("way"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("name of the system"), max_length=120, blank=True)
    elements = ArrayField(models.CharField(max_length=120), default=list, blank=True, help_text=_("keys of elements really sent"))
    switched_off_by = models.CharField(_("who can switch it off"), max_length=160, help_text=_("office or person, and how to reach them"))
    checked_on = models.DateField(_("last checked on"), null=True, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    evidence_note = models.CharField(_("what was seen"), max_length=200, blank=True)
    evidence = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["kind", "name", "pk"]
        constraints = [
            both_or_neither("checked_on", "checked_by", name="channel_checked_by_someone"),
            both_or_neither("closed_at", "closed_by", name="channel_closed_by_someone"),
            models.UniqueConstraint(fields=["tool", "kind", "name"], condition=Q(closed_at=None), name="one_open_channel_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.tool_id} {self.kind}"


class AutomatedDecision(models.Model):
    """A way in which the tool scores, ranks, predicts or decides about a student; which educator answers for it; how a family objects."""

    class Kind(models.TextChoices):
        SCORES = "scores", _("Gives a score")
        RANKS = "ranks", _("Ranks students")
        PREDICTS = "predicts", _("Predicts something about a student")
        DECIDES = "decides", _("Decides something about a student")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="automated_decisions")
    kind = models.CharField(_("what it does"), max_length=20, choices=Kind.choices)
    about = models.CharField(_("about what, from which data"), max_length=200)
    educator = models.CharField(_("educator who decides"), max_length=120, help_text=_("name or office: the tool never has the last word"))
    notice = models.TextField(_("what families are told"), max_length=1000)
    objection = models.CharField(_("how to object"), max_length=300)
    reviewed_on = models.DateField(_("last reviewed on"))
    review_due_on = models.DateField(_("next review by"))
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "pk"]
        constraints = [not_before("review_due_on", "reviewed_on", name="decision_review_comes_later")]

    def __str__(self) -> str:
        return f"{self.tool_id} {self.kind}"
