"""Agreements with providers, as data. The agreement is the thread; what was agreed stands in its versions, each a text of its own.

A version is a whole: terms, services (Exhibit A), schedule of data (Exhibit B), clauses (articles and the other exhibits). It can be changed
while nobody has signed it. An amendment or a renewal is a new version; the one before stays as it was. In which state an agreement is, is
never stored: `vendors.agreements.states` works it out from these facts.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.authority.models import Element
from vendors.constraints import both_or_neither, not_before
from vendors.providers.models import Document, Provider, Tool


class Agreement(models.Model):
    """What the district and a provider agreed on, over all its versions."""

    class Kind(models.TextChoices):
        NDPA = "ndpa", _("National Data Privacy Agreement")
        OFFER = "offer", _("General offer (Exhibit E) of another district's agreement")
        CONTRACT = "contract", _("Contract with privacy terms")
        TERMS = "terms", _("Terms that one clicks to accept")

    class Risk(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="agreements")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=160)
    originator = models.CharField(
        _("district that made the agreement"), max_length=160, blank=True, help_text=_("only for a general offer that this district joins")
    )
    risk = models.CharField(
        _("risk"), max_length=20, choices=Risk.choices, blank=True, help_text=_("only for terms that nobody negotiated")
    )
    risk_words = models.TextField(_("what the risk is"), max_length=1000, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text=_("ended before its last day, at that moment"))
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=300, blank=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="supersedes")

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            both_or_neither("ended_at", "ended_by", name="agreement_ended_by_someone"),
            models.CheckConstraint(condition=~Q(kind="terms") | ~Q(risk=""), name="terms_say_their_risk"),
            models.CheckConstraint(condition=~Q(kind="offer") | ~Q(originator=""), name="offer_names_its_originator"),
            models.CheckConstraint(condition=Q(superseded_by=None) | Q(ended_at__isnull=False), name="superseded_means_ended"),
            models.CheckConstraint(condition=Q(superseded_by=None) | ~Q(superseded_by=F("id")), name="superseded_by_another"),
        ]

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """One text of an agreement: the first one, an amendment, or a renewal.

    `text` is the whole text as `vendors.agreements.texts.canonical` writes it, with the hash of the document, and `sha256` its hash. Both are
    set when the version is sent for signing, and what is signed is that hash. From then on the version and its parts are not changed.
    """

    class Kind(models.TextChoices):
        FIRST = "first", _("Agreement")
        AMENDMENT = "amendment", _("Amendment")
        RENEWAL = "renewal", _("Renewal")

    class Disposition(models.TextChoices):
        DESTROY = "destroy", _("The provider destroys the data")
        RETURN = "return", _("The provider returns the data, then destroys its copies")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.FIRST)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True, help_text=_("empty: until it is ended"))
    purposes = ArrayField(models.CharField(max_length=60), default=list, blank=True, help_text=_("ids of published purposes"))
    breach_hours = models.PositiveSmallIntegerField(
        _("hours to tell the district of a breach"), null=True, blank=True, help_text=_("empty: the text gives no number")
    )
    breach_words = models.CharField(_("what it says about breaches"), max_length=300, blank=True)
    disposition = models.CharField(_("at the end"), max_length=20, choices=Disposition.choices, default=Disposition.DESTROY)
    disposition_days = models.PositiveSmallIntegerField(_("days to destroy or return"), null=True, blank=True)
    disposition_words = models.CharField(_("what it says about the end"), max_length=300, blank=True)
    inspection_days = models.PositiveSmallIntegerField(_("days to answer a family's request"), null=True, blank=True)
    audit_days = models.PositiveSmallIntegerField(_("days' notice of an audit"), null=True, blank=True)
    safeguards = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text=_("words of agreements.words.SAFEGUARDS"))
    offered_until = models.DateField(
        _("general offer open until"), null=True, blank=True, help_text=_("Exhibit E: until when other districts may join")
    )
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True, editable=False, help_text=_("the whole text as it was sent, in the form of agreements.texts"))
    sha256 = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, help_text=_("for signing; the text is closed"))
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True, help_text=_("the last signature that was needed"))
    dropped_at = models.DateTimeField(null=True, help_text=_("will not be signed"))
    dropped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["agreement", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="one_number_per_agreement_version"),
            # One text at a time waits for signatures: nobody signs one while another is on the table.
            models.UniqueConstraint(fields=["agreement"], condition=Q(signed_at=None, dropped_at=None), name="one_open_version"),
            not_before("ends_on", "starts_on", name="version_ends_after_start"),
            both_or_neither("sent_at", "sent_by", name="version_sent_by_someone"),
            both_or_neither("dropped_at", "dropped_by", name="version_dropped_by_someone"),
            models.CheckConstraint(
                condition=Q(sent_at=None, sha256="") | Q(sent_at__isnull=False, sha256__regex=r"^[0-9a-f]{64}$"),
                name="sent_text_has_a_hash",
            ),
            models.CheckConstraint(condition=Q(signed_at=None) | Q(sent_at__isnull=False), name="signed_text_was_sent"),
            models.CheckConstraint(condition=Q(signed_at=None) | Q(dropped_at=None), name="signed_text_was_not_dropped"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} v{self.number}"


class Service(models.Model):
    """Exhibit A: a tool that the version covers."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="services")
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="services")
    words = models.CharField(_("service"), max_length=300, blank=True)

    class Meta:
        ordering = ["tool__name"]
        constraints = [models.UniqueConstraint(fields=["version", "tool"], name="service_once_per_version")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.tool_id}"


class ScheduleLine(models.Model):
    """Exhibit B: one kind of data that may go to one of the version's tools."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="schedule")
    element = models.ForeignKey(Element, models.PROTECT, related_name="+")
    required = models.BooleanField(_("needed"), default=True)
    note = models.CharField(_("as the schedule says it"), max_length=200, blank=True)

    class Meta:
        ordering = ["element"]
        constraints = [models.UniqueConstraint(fields=["service", "element"], name="schedule_lists_element_once")]

    def __str__(self) -> str:
        return f"{self.service_id} {self.element_id}"


class Clause(models.Model):
    """A passage of the text as data: an article's fact, a definition (C), the disposition (D), a state's terms (G), a change (H)."""

    class Part(models.TextChoices):
        ARTICLE = "article", _("Article")
        DEFINITION = "C", _("Exhibit C: definition")
        DISPOSITION = "D", _("Exhibit D: disposition of data")
        OFFER = "E", _("Exhibit E: general offer")
        SECURITY = "F", _("Exhibit F: security framework")
        STATE = "G", _("Exhibit G: state terms")
        CHANGE = "H", _("Exhibit H: changes to the standard text")

    version = models.ForeignKey(Version, models.CASCADE, related_name="clauses")
    part = models.CharField(_("part"), max_length=10, choices=Part.choices)
    heading = models.CharField(_("heading"), max_length=120)
    words = models.TextField(_("text"), max_length=4000)
    state = models.CharField(_("state"), max_length=5, blank=True, help_text=_("for Exhibit G, such as US-WI"))
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["part", "order", "pk"]

    def __str__(self) -> str:
        return f"{self.version_id} {self.part}"


class Signature(models.Model):
    """One side's signature under one text, named by its hash. Given in the portal with a second factor, or on paper with a scan."""

    class Side(models.TextChoices):
        DISTRICT = "district", _("The district")
        PROVIDER = "provider", _("The provider")

    class Method(models.TextChoices):
        PORTAL = "portal", _("In the portal")
        PAPER = "paper", _("On paper")
        ACCEPTED = "accepted", _("Accepted by clicking")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.ForeignKey(Version, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=20, choices=Side.choices)
    method = models.CharField(max_length=20, choices=Method.choices)
    text_sha256 = models.CharField(max_length=64)
    name = models.CharField(_("who signed"), max_length=120)
    title = models.CharField(_("title"), max_length=120, blank=True)
    signed_on = models.DateField(_("date of the signature"))
    signed_at = models.DateTimeField(help_text=_("when the portal took it"))
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text=_("who signed, or registered the paper")
    )
    second_factor = models.BooleanField(default=False, help_text=_("the signer's account had a second factor"))
    scan = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["signed_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "side"], name="one_signature_per_side"),
            models.CheckConstraint(condition=~Q(method="paper") | Q(scan__isnull=False), name="paper_has_a_scan"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.side}"


class Subscriber(models.Model):
    """Exhibit E: another district that joined this district's agreement."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="subscribers")
    district = models.CharField(_("district"), max_length=160)
    state = models.CharField(_("state"), max_length=5, blank=True)
    joined_on = models.DateField(_("joined on"))
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["district"]
        constraints = [models.UniqueConstraint(fields=["agreement", "district"], name="subscriber_once")]

    def __str__(self) -> str:
        return self.district


class ExpiryNotice(models.Model):
    """That somebody was told of a version's last day, that many days ahead: each once."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="expiry_notices")
    days = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "days"], name="expiry_told_once")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.days}"
