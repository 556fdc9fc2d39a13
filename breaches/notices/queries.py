"""Reads of notices: counts and rows without names."""

import datetime as dt
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from breaches.incidents.models import Incident
from breaches.notices import contents
from breaches.notices import texts as wording
from breaches.notices.models import Addressee, Approval, Audience, Notice, Recipient, Version
from governance.people.models import User

_OPEN = (Recipient.State.WAITING, Recipient.State.PAPER, Recipient.State.CALL)


def figures_of(notice: Notice) -> dict[str, int]:
    """How many recipients stand where, and `twice`: how many may have been sent two copies. One query."""
    found = dict.fromkeys(Recipient.State.values, 0)
    for state, number in Recipient.objects.filter(notice=notice).values_list("state").annotate(Count("pk")).order_by():
        found[state] = number
    found["twice"] = Recipient.objects.filter(notice=notice, doubts__gt=0, sent_at__isnull=False).count()
    return found


def what_is_not_out(incident: Incident, at: dt.datetime) -> str | None:
    """Why an incident cannot end yet: a notice that was begun and not sent, or somebody whom nothing reached. None where all is done."""
    running = Q(started_at=None) | Q(recipients__state__in=_OPEN) | Q(addressees__isnull=False, addressees__told_at=None)
    if not incident.drill and Notice.objects.filter(running, incident=incident, stopped_at=None).exists():
        return _("A notice is not out yet, or somebody has not been reached. Send it, stop it, or settle who is left.")
    return None


def within_reach(user: User) -> QuerySet[Notice]:
    """The notices that this person may read, of those whom the pages let in: all but of incidents about themselves."""
    found = Notice.objects.exclude(incident__account=user)
    return found.select_related("incident", "affected", "made_by", "started_by", "stopped_by", "version")


def for_reader(user: User, public_id: UUID) -> Notice | None:
    """One notice, unless its incident is about this person."""
    return within_reach(user).filter(public_id=public_id).first()


def of_incident(incident: Incident) -> list[Notice]:
    """The notices of an incident, the newest first, each with its versions and approvals at hand. Three queries."""
    return list(_with_versions(Notice.objects.filter(incident=incident).select_related("affected")))


def to_approve(user: User) -> list[Notice]:
    """Notices whose newest text is complete and waits for this person's approval."""
    waiting = within_reach(user).filter(started_at=None, stopped_at=None, incident__closed_at=None).order_by("made_at", "pk")
    found = []
    for notice in _with_versions(waiting):
        version = newest(notice)
        if version is None or version.written_by_id == user.pk or is_lacking(notice, version):
            continue
        by = {approval.by_id for approval in version.approvals.all()}
        if user.pk not in by and len(by) < 2:
            found.append(notice)
    return found


def newest(notice: Notice) -> Version | None:
    """The newest version of a notice whose versions are at hand."""
    versions = list(notice.versions.all())
    return versions[-1] if versions else None


def is_lacking(notice: Notice, version: Version) -> bool:
    """True where a required item or a fact is missing, so that nobody can approve it."""
    return bool(contents.lacking(notice.content, notice.duties, version.texts) or wording.blanks(version.texts))


def versions_of(notice: Notice) -> list[Version]:
    """All versions with who wrote and who approved them, the first one first. Two queries."""
    approvals = Prefetch("approvals", queryset=Approval.objects.select_related("by"))
    return list(notice.versions.select_related("written_by").prefetch_related(approvals))


def recipients(notice: Notice, state: str) -> QuerySet[Recipient]:
    """The recipients who stand there, in the order in which they were queued."""
    return Recipient.objects.filter(notice=notice, state=state).order_by("pk")


def because_of(notice: Notice) -> list[tuple[str, int]]:
    """Why mail did not arrive, with how many, the most first."""
    found = Recipient.objects.filter(notice=notice).exclude(because="").values_list("because").annotate(number=Count("pk"))
    return list(found.order_by("-number"))


def addressees_of(notice: Notice) -> QuerySet[Addressee]:
    """Who is named, in order."""
    return Addressee.objects.filter(notice=notice).select_related("added_by", "told_by", "evidence")


def addressee_for(user: User, public_id: UUID) -> Addressee | None:
    """One addressee, unless the incident is about this person."""
    found = Addressee.objects.select_related("notice__incident").exclude(notice__incident__account=user)
    return found.filter(public_id=public_id).first()


def earlier_addressees(audience: str) -> QuerySet[Addressee]:
    """Whom earlier notices to this audience went to, each address once, the newest first."""
    newest_of_each = Addressee.objects.filter(notice__audience=audience).order_by("address", "-pk").distinct("address").values("pk")
    return Addressee.objects.filter(pk__in=newest_of_each).order_by("-pk")[:50]


def published() -> QuerySet[Notice]:
    """Notices that stand on a public page, the newest first."""
    found = Notice.objects.filter(audience=Audience.PUBLIC, drill=False, started_at__isnull=False, stopped_at=None)
    return found.select_related("version").order_by("-started_at", "-pk")


def _with_versions(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    return notices.prefetch_related("versions", "versions__approvals")
