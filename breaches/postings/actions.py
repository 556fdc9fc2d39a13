"""Writing what the public is told, approving it by two people, publishing it and taking it down. Each verb is one transaction."""

import datetime as dt
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from breaches import held
from breaches.approving import check_approver, is_approved
from breaches.handling import hat_of
from breaches.incidents.actions import check_handles
from breaches.incidents.models import Incident
from breaches.postings import facts, queries, wording
from breaches.postings.models import Approval, Posting, Version
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo


@held.told
@transaction.atomic
def write(*, incident: UUID, texts: wording.Texts, name_provider: bool, counsel: str, by: User, at: dt.datetime) -> Version:
    """Write a new version; what the public reads stays until two people approve this one and somebody publishes it.

    Raises CannotDo for an incident that is open, a drill or a part of another one, for parts that are missing or too long, and for a
    provider named without counsel's word.
    """
    locked = _closed(incident, by=by, at=at)
    said = wording.cleaned(texts)
    if wanting := wording.missing(said):
        raise CannotDo(_("These parts are missing or too long: %(parts)s.") % {"parts": ", ".join(wanting)}, code="missing")
    if name_provider and locked.provider is None:
        raise CannotDo(_("No company is on record in this incident."), code="no_provider")
    if name_provider and not counsel.strip():
        raise CannotDo(_("A company is named only where counsel agreed. Say who agreed, and when."), code="no_counsel")
    posting = _posting(locked, by=by, at=at)
    known, provider = facts.of_incident(locked), locked.provider.name if name_provider and locked.provider else ""
    made = Version.objects.create(
        posting=posting, number=posting.versions.count() + 1, texts=said, facts=known, provider=provider,
        counsel=counsel.strip() if provider else "", sha256=wording.sha256(said, known, provider), written_at=at, written_by=by,
    )  # fmt: skip
    _tell(Event.POSTING_WRITTEN, posting, by=by, at=at, version=made.number, sha256=made.sha256)
    return made


@held.told
@transaction.atomic
def approve(*, posting: UUID, sha256: str, by: User, at: dt.datetime) -> Approval:
    """Approve the newest version by the hash that was read. Raises CannotDo for its author, twice, and for a text that has changed since."""
    locked = _locked(posting, by=by, at=at)
    version = queries.newest(locked)
    if version is None or version.sha256 != sha256:
        raise CannotDo(_("The text has changed since you opened it. Read it again."), code="changed")
    check_approver(version, by=by)
    made = Approval.objects.create(version=version, sha256=sha256, at=at, by=by)
    _tell(Event.POSTING_APPROVED, locked, by=by, at=at, version=version.number, sha256=sha256)
    return made


@held.told
@transaction.atomic
def publish(*, posting: UUID, sha256: str, by: User, at: dt.datetime) -> Posting:
    """Let the public read the newest version. Raises CannotDo without two approvals of exactly this text, and where it stands already."""
    locked = _locked(posting, by=by, at=at)
    version = queries.newest(locked)
    if version is None or version.sha256 != sha256 or not queries.is_as_written(version):
        raise CannotDo(_("The text has changed since you opened it. Read it again."), code="changed")
    if locked.version_id == version.pk and locked.taken_down_at is None:
        raise CannotDo(_("The public reads this text already."), code="same")
    if not is_approved(version):
        raise CannotDo(_("Two people who did not write it have to approve this text first."), code="not_approved")
    locked.version, locked.published_at, locked.published_by = version, at, by
    locked.first_published_at = locked.first_published_at or at
    locked.taken_down_at, locked.taken_down_by, locked.taken_down_because = None, None, ""
    locked.save()
    _tell(Event.POSTING_PUBLISHED, locked, by=by, at=at, version=version.number, sha256=sha256, slug=locked.slug)
    return locked


@transaction.atomic
def take_down(*, posting: UUID, reason: str, by: User, at: dt.datetime) -> Posting:
    """Take a text off the public page; its link stays, with the reason. Raises CannotDo without one, and for what is not published."""
    locked = _locked(posting, by=by, at=at)
    if locked.version_id is None or locked.taken_down_at is not None:
        raise CannotDo(_("The public does not read this text."), code="not_published")
    if not reason.strip():
        raise CannotDo(_("Say why. The public reads it in place of the text."), code="no_reason")
    locked.taken_down_at, locked.taken_down_by, locked.taken_down_because = at, by, reason.strip()
    locked.save(update_fields=["taken_down_at", "taken_down_by", "taken_down_because"])
    _tell(Event.POSTING_TAKEN_DOWN, locked, by=by, at=at)
    return locked


def _closed(public_id: UUID, *, by: User, at: dt.datetime) -> Incident:
    incident = Incident.objects.select_for_update(of=("self",)).select_related("provider").get(public_id=public_id)
    check_handles(incident, by=by, at=at)
    if incident.closed_at is None:
        raise CannotDo(_("This incident is open. The public reads of it once it is closed."), code="open")
    if incident.drill:
        raise held.HeldInDrill(_("This is an exercise: nothing of it is published."), incident)
    if incident.outcome == Incident.Outcome.PART:
        raise CannotDo(_("An incident that went on in another one is not published."), code="not_for_the_public")
    return incident


def _posting(incident: Incident, *, by: User, at: dt.datetime) -> Posting:
    found = Posting.objects.select_for_update().filter(incident=incident).first()
    if found is not None:
        return found
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE postings_posting IN SHARE ROW EXCLUSIVE MODE")  # two numbers of a year are never the same
    return Posting.objects.create(incident=incident, slug=queries.next_slug(at), begun_at=at, begun_by=by)


def _locked(public_id: UUID, *, by: User, at: dt.datetime) -> Posting:
    locked = Posting.objects.select_for_update(of=("self",)).select_related("incident").get(public_id=public_id)
    check_handles(locked.incident, by=by, at=at)
    return locked


def _tell(event: Event, posting: Posting, *, by: User, at: dt.datetime, **told: object) -> None:
    data = {"incident": str(posting.incident.public_id), **told}
    entries.append(event, action=Action.UPDATE, by=by, about=posting, hat=hat_of(by, at), data=data)
