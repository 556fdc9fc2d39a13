"""What becomes of a signed agreement: amended, renewed, joined by another district, ended."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Action, Event
from vendors import followers
from vendors.agreements import queries
from vendors.agreements.actions.parts import TERMS, CannotChange, locked, pending_text, tell
from vendors.agreements.models import Agreement, Clause, ScheduleLine, Service, Subscriber, Version
from vendors.providers.models import Document


@transaction.atomic
def amend(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Begin an amendment: a copy of the newest signed text, to be changed, sent and signed. Until then the old one holds."""
    found = locked(agreement)
    before = _newest_signed(found)
    starts_on = max(people.day_of(at), before.starts_on)
    return _next(found, before, kind=Version.Kind.AMENDMENT, starts_on=starts_on, ends_on=before.ends_on, by=by, at=at)


@transaction.atomic
def renew(*, agreement: UUID, ends_on: dt.date | None, by: User, at: dt.datetime) -> Version:
    """Begin a renewal: a copy that starts when the newest signed text ends, or today where that has passed."""
    found = locked(agreement)
    before = _newest_signed(found)
    on = people.day_of(at)
    starts_on = max(on, before.ends_on + dt.timedelta(days=1)) if before.ends_on else on
    if ends_on is not None and ends_on < starts_on:
        raise CannotChange(_("The new last day is before the old one."), code="past_day")
    return _next(found, before, kind=Version.Kind.RENEWAL, starts_on=starts_on, ends_on=ends_on, by=by, at=at)


@transaction.atomic
def drop(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """The text on the table will not be signed. What holds already goes on."""
    found = locked(agreement)
    version = pending_text(found)
    version.dropped_at, version.dropped_by = at, by
    version.save(update_fields=["dropped_at", "dropped_by"])
    tell(Event.AGREEMENT_DROPPED, found, by=by, version=version.number)
    return version


@transaction.atomic
def end(*, agreement: UUID, because: str, superseded_by: Agreement | None = None, by: User, at: dt.datetime) -> Agreement:
    """End the agreement at this moment: nothing leaves on it any more. Twice changes nothing. Raises CannotChange without a reason."""
    found = locked(agreement)
    if found.ended_at is not None:
        return found
    if not because.strip():
        raise CannotChange(_("Give a reason. It stands beside the agreement."), code="no_reason")
    if superseded_by is not None and superseded_by.pk == found.pk:
        raise CannotChange(_("An agreement cannot take its own place."), code="itself")
    found.ended_at, found.ended_by, found.ended_because, found.superseded_by = at, by, because.strip()[:300], superseded_by
    found.save(update_fields=["ended_at", "ended_by", "ended_because", "superseded_by"])
    tell(Event.AGREEMENT_ENDED, found, by=by, superseded=superseded_by is not None)
    followers.tell(followers.AGREEMENT_ENDED, at=at, agreement=str(found.public_id))
    return found


@transaction.atomic
def let_join(
    *, agreement: UUID, district: str, state: str, joined_on: dt.date, document: Document | None, by: User, at: dt.datetime
) -> Subscriber:
    """Register another district that joined by the general offer (Exhibit E). Raises CannotChange where none is open that day."""
    found = locked(agreement)
    version = queries.in_force(found, at)
    if version is None or version.offered_until is None or version.offered_until < joined_on:
        raise CannotChange(_("This agreement makes no general offer that is open on that day."), code="no_offer")
    subscriber, made = Subscriber.objects.get_or_create(
        agreement=found, district=district, defaults={"state": state, "joined_on": joined_on, "document": document}
    )
    if made:
        tell(Event.AGREEMENT_JOINED, found, by=by, version=version.number)
    return subscriber


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
    tell(Event.AGREEMENT_DRAFTED, agreement, by=by, action=Action.CREATE, version=version.number, kind=kind)
    return version
