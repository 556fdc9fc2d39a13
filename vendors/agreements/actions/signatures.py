"""The text is closed, sent and signed, by each side in the portal or on paper."""

import datetime as dt
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Event, Permission
from portal.base.errors import CannotDo
from vendors import followers
from vendors.agreements import texts
from vendors.agreements.actions.parts import CannotChange, Kind, locked, open_text, pending_text, tell
from vendors.agreements.models import Agreement, Signature, Version
from vendors.providers import queries as catalogue
from vendors.providers.models import Document

Side, Method = Signature.Side, Signature.Method
# Terms that one clicks have no other side that signs; an offer was signed by the provider when it was made.
SIDES: dict[str, frozenset[str]] = {
    Kind.NDPA: frozenset({Side.DISTRICT, Side.PROVIDER}),
    Kind.CONTRACT: frozenset({Side.DISTRICT, Side.PROVIDER}),
    Kind.OFFER: frozenset({Side.DISTRICT}),
    Kind.TERMS: frozenset({Side.DISTRICT}),
}
assert set(SIDES) == set(Kind)


class CannotSign(CannotDo):
    """The signature was not taken. The refusal itself stands in the trail."""


@transaction.atomic
def send(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Close the text and send it for signing. Raises CannotChange for one that lists no data for a tool that collects some."""
    version = open_text(locked(agreement))
    services = list(version.services.select_related("tool").prefetch_related("schedule"))
    if not services:
        raise CannotChange(_("The text covers no tool. Add the services first (Exhibit A)."), code="no_service")
    bare = [service.tool.name for service in services if not service.tool.collects_nothing and not service.schedule.all()]
    if bare:
        raise CannotChange(
            _("The schedule of data (Exhibit B) is empty for: %(tools)s. List what may go there.") % {"tools": ", ".join(bare)},
            code="no_schedule",
        )
    if not version.purposes:
        raise CannotChange(_("Say for which purposes the data may be used."), code="no_purpose")
    if version.ends_on is not None and version.ends_on < people.day_of(at):
        raise CannotChange(_("The last day has passed already. Correct the dates."), code="past_day")
    version.text = texts.canonical(version)
    version.sha256 = texts.hash_of(version.text)
    version.sent_at, version.sent_by = at, by
    version.save(update_fields=["text", "sha256", "sent_at", "sent_by"])
    tell(Event.AGREEMENT_SENT, version.agreement, by=by, version=version.number, sha256=version.sha256)
    return version


@transaction.atomic
def take_back(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Open a text again that was sent and that nobody has signed yet. Raises CannotChange otherwise."""
    version = pending_text(locked(agreement))
    if version.sent_at is None:
        return version
    if version.signatures.exists():
        raise CannotChange(_("One side has signed this text already. Drop it and write an amendment."), code="signed")
    version.text, version.sha256, version.sent_at, version.sent_by = "", "", None, None
    version.save(update_fields=["text", "sha256", "sent_at", "sent_by"])
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["taken_back"])
    return version


def sign(*, agreement: UUID, text_sha256: str, side: str, title: str, by: User, at: dt.datetime) -> Version:
    """Sign the text with this hash for one side, with the account's second factor.

    For the district: who holds SIGN_AGREEMENTS. For the provider: its open contact who may sign. Raises CannotSign for another text than the
    one on the table, without the right or the second factor, and where that side has signed; that refusal is recorded in the trail.
    """
    try:
        with transaction.atomic():
            found = locked(agreement)
            version = _text_to_sign(found, text_sha256, side)
            _check_may_sign(found, side, by=by, at=at)
            secured = is_mfa_enabled(by)
            if not secured and not settings.DEMO:
                raise CannotSign(
                    _("Signing takes a second factor. Set one up under “Sign-in and security”, then sign."), code="no_second_factor"
                )
            method = Method.ACCEPTED if found.kind == Kind.TERMS else Method.PORTAL
            Signature.objects.create(
                version=version,
                side=side,
                method=method,
                text_sha256=text_sha256,
                name=by.name or by.email,
                title=title or by.title,
                signed_on=people.day_of(at),
                signed_at=at,
                signed_by=by,
                second_factor=secured,
            )
            return _signed(version, side, method, by=by, at=at)
    except CannotSign as refusal:
        _refused(agreement, refusal, side, by=by)
        raise


def register_paper(
    *, agreement: UUID, text_sha256: str, side: str, name: str, title: str, signed_on: dt.date, scan: Document, by: User, at: dt.datetime
) -> Version:
    """Register one side's signature on paper, with the scan. `by` is who saw the paper, not who signed it.

    Raises CannotSign for another text than the one on the table, a date to come, or where that side has signed; that is recorded too.
    """
    try:
        with transaction.atomic():
            found = locked(agreement)
            version = _text_to_sign(found, text_sha256, side)
            if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.MANAGE_PROVIDERS):
                raise CannotSign(_("Your role does not keep agreements."), code="no_role")
            if signed_on > people.day_of(at):
                raise CannotSign(_("The date of the signature is in the future. Correct it."), code="future_day")
            Signature.objects.create(
                version=version,
                side=side,
                method=Method.PAPER,
                text_sha256=text_sha256,
                name=name,
                title=title,
                signed_on=signed_on,
                signed_at=at,
                signed_by=by,
                scan=scan,
            )
            return _signed(version, side, Method.PAPER, by=by, at=at)
    except CannotSign as refusal:
        _refused(agreement, refusal, side, by=by)
        raise


def _text_to_sign(agreement: Agreement, text_sha256: str, side: str) -> Version:
    if agreement.ended_at is not None:
        raise CannotSign(_("This agreement was ended. Nothing can be signed."), code="ended")
    version = agreement.versions.filter(signed_at=None, dropped_at=None).first()
    if version is None or version.sent_at is None:
        raise CannotSign(_("No text waits for signatures. Open the agreement again to see what holds now."), code="no_text")
    if version.sha256 != text_sha256:
        raise CannotSign(
            _("The text has changed since you opened it. Nothing was signed. Read the present text, then sign that one."), code="other_text"
        )
    if side not in SIDES[agreement.kind]:
        raise CannotSign(_("This side does not sign an agreement of this kind."), code="other_side")
    if version.signatures.filter(side=side).exists():
        raise CannotSign(_("This side has signed already."), code="signed_already")
    return version


def _check_may_sign(agreement: Agreement, side: str, *, by: User, at: dt.datetime) -> None:
    if side == Side.DISTRICT:
        if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.SIGN_AGREEMENTS):
            raise CannotSign(_("Your role does not sign for the district. The district admin or the superintendent does."), code="no_role")
        return
    contact = catalogue.open_contacts(at).filter(user=by, provider=agreement.provider_id).first()
    if contact is None or not contact.may_sign:
        raise CannotSign(_("Your account may not sign for this provider. Ask the district to change that."), code="not_the_provider")


def _signed(version: Version, side: str, method: str, *, by: User, at: dt.datetime) -> Version:
    agreement = version.agreement
    given = set(version.signatures.values_list("side", flat=True))
    complete = given >= SIDES[agreement.kind]
    tell(
        Event.AGREEMENT_SIGNED, agreement, by=by, version=version.number, side=side, method=method, sha256=version.sha256, complete=complete
    )
    if complete:
        version.signed_at = at
        version.save(update_fields=["signed_at"])
        followers.tell(followers.AGREEMENT_SIGNED, at=at, version=str(version.public_id))
    return version


def _refused(agreement: UUID, refusal: CannotSign, side: str, *, by: User) -> None:
    entries.refuse(
        Event.AGREEMENT_SIGNATURE_REFUSED,
        by=by,
        about=Agreement.objects.get(public_id=agreement),
        data={"why": refusal.code, "side": side},
    )
