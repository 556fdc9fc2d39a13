"""What people do with agreements. Each verb is one transaction: it locks the agreement, checks, and writes its entry.

The lock is what makes "ended" mean ended: the gate holds the same row while it commits a release.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base.errors import CannotDo
from vendors import followers
from vendors.agreements import queries, texts
from vendors.agreements.models import Agreement, Clause, ScheduleLine, Service, Signature, Subscriber, Version
from vendors.providers import queries as catalogue
from vendors.providers.models import Document, Provider, Tool

Kind, Side, Method = Agreement.Kind, Signature.Side, Signature.Method
TERMS = frozenset(texts.TERMS) - {"kind"}
# Terms that one clicks have no other side that signs; an offer was signed by the provider when it was made.
SIDES: dict[str, frozenset[str]] = {
    Kind.NDPA: frozenset({Side.DISTRICT, Side.PROVIDER}),
    Kind.CONTRACT: frozenset({Side.DISTRICT, Side.PROVIDER}),
    Kind.OFFER: frozenset({Side.DISTRICT}),
    Kind.TERMS: frozenset({Side.DISTRICT}),
}
assert set(SIDES) == set(Kind)


class CannotChange(CannotDo):
    """The agreement stayed as it was."""


class CannotSign(CannotDo):
    """The signature was not taken. The refusal itself stands in the trail."""


# -- Writing -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def draft(
    *,
    provider: Provider,
    kind: str,
    title: str,
    tools: Collection[Tool],
    originator: str = "",
    risk: str = "",
    risk_words: str = "",
    by: User,
    at: dt.datetime,
    **terms: Any,
) -> Agreement:
    """Begin an agreement with its first text, not yet sent. `terms` are those of TERMS, `starts_on` among them.

    Raises CannotChange without a tool, with another provider's tool, for terms without their risk, for an offer without its originator.
    """
    _check_terms(terms)
    if kind == Kind.TERMS and not risk:
        raise CannotChange(_("Say how risky these terms are: nobody negotiated them."), code="no_risk")
    if kind == Kind.OFFER and not originator.strip():
        raise CannotChange(_("Name the district whose agreement this one joins."), code="no_originator")
    agreement = Agreement.objects.create(
        provider=provider,
        kind=kind,
        title=title,
        originator=originator if kind == Kind.OFFER else "",
        risk=risk if kind == Kind.TERMS else "",
        risk_words=risk_words if kind == Kind.TERMS else "",
        made_at=at,
        made_by=by,
    )
    version = Version.objects.create(agreement=agreement, number=1, written_at=at, written_by=by, **terms)
    _set_services(version, tools)
    _tell(Event.AGREEMENT_DRAFTED, agreement, by=by, action=Action.CREATE, kind=kind)
    return agreement


@transaction.atomic
def write_terms(*, agreement: UUID, by: User, at: dt.datetime, **terms: Any) -> Version:
    """Change terms of the text that is being written. Raises CannotChange where none is, or it is closed."""
    _check_terms(terms)
    version = _open_text(_locked(agreement))
    for name, value in terms.items():
        setattr(version, name, value)
    version.save(update_fields=sorted(terms))
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=sorted(terms))
    return version


@transaction.atomic
def cover(*, agreement: UUID, tools: Collection[Tool], by: User, at: dt.datetime) -> Version:
    """Say which tools the text covers (Exhibit A). The schedule of a tool that stays is kept."""
    version = _open_text(_locked(agreement))
    _set_services(version, tools)
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["services"])
    return version


@transaction.atomic
def schedule(*, agreement: UUID, tool: Tool, elements: Mapping[str, bool], by: User, at: dt.datetime) -> Version:
    """Write the schedule of data (Exhibit B) of one tool anew: element keys, each with whether it is needed.

    Raises CannotChange for a tool that the text does not cover. Notes of lines that stay are kept.
    """
    version = _open_text(_locked(agreement))
    service = version.services.filter(tool=tool).first()
    if service is None:
        raise CannotChange(_("This text does not cover the tool. Add it to the services first."), code="not_covered")
    service.schedule.exclude(element_id__in=elements).delete()
    for key, required in elements.items():
        ScheduleLine.objects.update_or_create(service=service, element_id=key, defaults={"required": required})
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, elements=elements, version=version.number, changed=["schedule"])
    return version


@transaction.atomic
def add_clause(*, agreement: UUID, part: str, heading: str, words: str, state: str = "", by: User, at: dt.datetime) -> Clause:
    """Add a passage: an article's fact, a definition (C), a state's terms (G), a change to the standard text (H) and so on."""
    version = _open_text(_locked(agreement))
    clause = Clause.objects.create(
        version=version,
        part=part,
        heading=heading,
        words=words,
        state=state if part == Clause.Part.STATE else "",
        order=version.clauses.count(),
    )
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["clauses"], part=part)
    return clause


@transaction.atomic
def remove_clause(*, agreement: UUID, clause: int, by: User, at: dt.datetime) -> None:
    """Take a passage out of the text that is being written."""
    version = _open_text(_locked(agreement))
    version.clauses.filter(pk=clause).delete()
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["clauses"])


@transaction.atomic
def attach(*, agreement: UUID, document: Document, by: User, at: dt.datetime) -> Version:
    """Put the document into the text: its hash is part of what is signed."""
    version = _open_text(_locked(agreement))
    version.document = document
    version.save(update_fields=["document"])
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["document"])
    return version


@transaction.atomic
def detach(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Take the document out of a text that is still open. Raises CannotChange for a closed one."""
    version = _open_text(_locked(agreement))
    version.document = None
    version.save(update_fields=["document"])
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["document"])
    return version


# -- Signing -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def send(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Close the text and send it for signing. Raises CannotChange for one that lists no data for a tool that collects some."""
    version = _open_text(_locked(agreement))
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
    _tell(Event.AGREEMENT_SENT, version.agreement, by=by, version=version.number, sha256=version.sha256)
    return version


@transaction.atomic
def take_back(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Open a text again that was sent and that nobody has signed yet. Raises CannotChange otherwise."""
    version = _pending(_locked(agreement))
    if version.sent_at is None:
        return version
    if version.signatures.exists():
        raise CannotChange(_("One side has signed this text already. Drop it and write an amendment."), code="signed")
    version.text, version.sha256, version.sent_at, version.sent_by = "", "", None, None
    version.save(update_fields=["text", "sha256", "sent_at", "sent_by"])
    _tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["taken_back"])
    return version


def sign(*, agreement: UUID, text_sha256: str, side: str, title: str, by: User, at: dt.datetime) -> Version:
    """Sign the text with this hash for one side, with the account's second factor.

    For the district: who holds SIGN_AGREEMENTS. For the provider: its open contact who may sign. Raises CannotSign for another text than the
    one on the table, without the right or the second factor, and where that side has signed; that refusal is recorded in the trail.
    """
    try:
        with transaction.atomic():
            found = _locked(agreement)
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
            found = _locked(agreement)
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
    _tell(
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


# -- Changing and ending -------------------------------------------------------------------------------------------------------


@transaction.atomic
def amend(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Begin an amendment: a copy of the newest signed text, to be changed, sent and signed. Until then the old one holds."""
    found = _locked(agreement)
    before = _newest_signed(found)
    starts_on = max(people.day_of(at), before.starts_on)
    return _next(found, before, kind=Version.Kind.AMENDMENT, starts_on=starts_on, ends_on=before.ends_on, by=by, at=at)


@transaction.atomic
def renew(*, agreement: UUID, ends_on: dt.date | None, by: User, at: dt.datetime) -> Version:
    """Begin a renewal: a copy that starts when the newest signed text ends, or today where that has passed."""
    found = _locked(agreement)
    before = _newest_signed(found)
    on = people.day_of(at)
    starts_on = max(on, before.ends_on + dt.timedelta(days=1)) if before.ends_on else on
    if ends_on is not None and ends_on < starts_on:
        raise CannotChange(_("The new last day is before the old one."), code="past_day")
    return _next(found, before, kind=Version.Kind.RENEWAL, starts_on=starts_on, ends_on=ends_on, by=by, at=at)


@transaction.atomic
def drop(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """The text on the table will not be signed. What holds already goes on."""
    found = _locked(agreement)
    version = _pending(found)
    version.dropped_at, version.dropped_by = at, by
    version.save(update_fields=["dropped_at", "dropped_by"])
    _tell(Event.AGREEMENT_DROPPED, found, by=by, version=version.number)
    return version


@transaction.atomic
def end(*, agreement: UUID, because: str, superseded_by: Agreement | None = None, by: User, at: dt.datetime) -> Agreement:
    """End the agreement at this moment: nothing leaves on it any more. Twice changes nothing. Raises CannotChange without a reason."""
    found = _locked(agreement)
    if found.ended_at is not None:
        return found
    if not because.strip():
        raise CannotChange(_("Give a reason. It stands beside the agreement."), code="no_reason")
    if superseded_by is not None and superseded_by.pk == found.pk:
        raise CannotChange(_("An agreement cannot take its own place."), code="itself")
    found.ended_at, found.ended_by, found.ended_because, found.superseded_by = at, by, because.strip()[:300], superseded_by
    found.save(update_fields=["ended_at", "ended_by", "ended_because", "superseded_by"])
    _tell(Event.AGREEMENT_ENDED, found, by=by, superseded=superseded_by is not None)
    followers.tell(followers.AGREEMENT_ENDED, at=at, agreement=str(found.public_id))
    return found


@transaction.atomic
def let_join(
    *, agreement: UUID, district: str, state: str, joined_on: dt.date, document: Document | None, by: User, at: dt.datetime
) -> Subscriber:
    """Register another district that joined by the general offer (Exhibit E). Raises CannotChange where none is open that day."""
    found = _locked(agreement)
    version = queries.in_force(found, at)
    if version is None or version.offered_until is None or version.offered_until < joined_on:
        raise CannotChange(_("This agreement makes no general offer that is open on that day."), code="no_offer")
    subscriber, made = Subscriber.objects.get_or_create(
        agreement=found, district=district, defaults={"state": state, "joined_on": joined_on, "document": document}
    )
    if made:
        _tell(Event.AGREEMENT_JOINED, found, by=by, version=version.number)
    return subscriber


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _locked(public_id: UUID) -> Agreement:
    return Agreement.objects.select_for_update(of=("self",)).select_related("provider").get(public_id=public_id)


def _pending(agreement: Agreement) -> Version:
    version = agreement.versions.filter(signed_at=None, dropped_at=None).first()
    if version is None:
        raise CannotChange(_("No text of this agreement is being written or signed. Begin an amendment."), code="no_text")
    version.agreement = agreement
    return version


def _open_text(agreement: Agreement) -> Version:
    version = _pending(agreement)
    if version.sent_at is not None:
        raise CannotChange(_("The text was sent for signing and is closed. Take it back first, or drop it."), code="closed")
    return version


def _newest_signed(agreement: Agreement) -> Version:
    if agreement.ended_at is not None:
        raise CannotChange(_("This agreement was ended. Make a new one."), code="ended")
    if agreement.versions.filter(signed_at=None, dropped_at=None).exists():
        raise CannotChange(_("Another text of this agreement is on the table already. Finish or drop that one first."), code="open_text")
    version = agreement.versions.filter(signed_at__isnull=False).order_by("-number").first()
    if version is None:
        raise CannotChange(_("Nothing was signed yet that could be changed."), code="not_signed")
    return version


def _next(
    agreement: Agreement, before: Version, *, kind: str, starts_on: dt.date, ends_on: dt.date | None, by: User, at: dt.datetime
) -> Version:
    copied = {name: getattr(before, name) for name in TERMS - {"starts_on", "ends_on"}}
    newest = agreement.versions.order_by("-number").values_list("number", flat=True)[0]
    version = Version.objects.create(
        agreement=agreement,
        number=newest + 1,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        document=before.document,
        written_at=at,
        written_by=by,
        **copied,
    )
    for service in before.services.prefetch_related("schedule"):
        copy = Service.objects.create(version=version, tool_id=service.tool_id, words=service.words)
        ScheduleLine.objects.bulk_create(
            ScheduleLine(service=copy, element_id=line.element_id, required=line.required, note=line.note)
            for line in service.schedule.all()
        )
    Clause.objects.bulk_create(
        Clause(version=version, part=clause.part, heading=clause.heading, words=clause.words, state=clause.state, order=clause.order)
        for clause in before.clauses.all()
    )
    _tell(Event.AGREEMENT_DRAFTED, agreement, by=by, action=Action.CREATE, version=version.number, kind=kind)
    return version


def _set_services(version: Version, tools: Collection[Tool]) -> None:
    if not tools:
        raise CannotChange(_("Choose at least one tool that the agreement covers."), code="no_service")
    foreign = [tool.name for tool in tools if tool.provider_id != version.agreement.provider_id]
    if foreign:
        raise CannotChange(_("These tools belong to another provider: %(tools)s.") % {"tools": ", ".join(foreign)}, code="other_provider")
    version.services.exclude(tool__in=tools).delete()
    for tool in tools:
        Service.objects.get_or_create(version=version, tool=tool)


def _check_terms(terms: Mapping[str, Any]) -> None:
    unknown = set(terms) - TERMS
    if unknown:
        raise TypeError(f"no such term: {', '.join(sorted(unknown))}")


def _tell(
    event: Event, agreement: Agreement, *, by: User, action: Action = Action.UPDATE, elements: Collection[str] | None = None, **data: Any
) -> None:
    entries.append(event, action=action, by=by, about=agreement, elements=elements, data=data)
