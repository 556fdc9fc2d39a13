"""An audit, and what its scope lets the auditor see, in sentences."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.auditors.areas import areas_in
from governance.auditors.models import Engagement
from governance.auditors.rules import Scope
from governance.people.models import User
from governance.people.present import name_of
from portal.base.components import Status
from portal.base.templatetags.portal import long_date

_STATES = {"waiting": "wait", "admitted": "ok", "refused": "stop", "ended": "off"}


@dataclasses.dataclass(frozen=True)
class Said:
    """What an auditor may see, and what not, in sentences."""

    may: list[str]
    may_not: list[str]


def said(scope: Scope, *, schools: Mapping[int, str], to_auditor: bool) -> Said:
    """The scope in sentences, to the auditor or about them."""
    may = [_days_words(scope)]
    if scope.schools is not None:
        names = ", ".join(schools.get(number, "–") for number in scope.schools)
        may.append(_("Only entries that name students of these schools or search them: %(schools)s.") % {"schools": names})
    else:
        may.append(_("Entries of the whole district."))
    if scope.kinds is not None:
        may.append(_("Only about: %(areas)s.") % {"areas": "; ".join(str(title) for title in areas_in(scope.kinds))})
    may.append(_("Entries that are held back from families for now are shown too."))
    may_not = [
        _("No value of a student's record: no grade, no address, no health fact. The trail holds none of them."),
        _("Students stand as ids. Where the work needs it, a line shows their names: each such look is recorded, and the families see it.")
        if scope.may_see_names
        else _("No names of students. They stand as ids. If a finding needs a name, ask the compliance officer."),
        _("Nothing can be changed, but for your own samples and work papers.")
        if to_auditor
        else _("Nothing can be changed, but for their own samples and work papers."),
    ]
    (may if scope.may_export else may_not).append(_("Exports of these entries can be taken.") if scope.may_export else _("No exports."))
    return Said(may, may_not)


def _days_words(scope: Scope) -> str:
    if scope.begins_on and scope.ends_on:
        return _("Entries of the trail from %(first)s to %(last)s.") % {
            "first": long_date(scope.begins_on),
            "last": long_date(scope.ends_on),
        }
    if scope.begins_on:
        return _("Entries of the trail from %(first)s on.") % {"first": long_date(scope.begins_on)}
    if scope.ends_on:
        return _("Entries of the trail until %(last)s.") % {"last": long_date(scope.ends_on)}
    return _("Entries of the trail of all times.")


@dataclasses.dataclass(frozen=True)
class EngagementRow:
    """An audit in a list, or on its own page."""

    public_id: uuid.UUID
    url: str
    person: str
    email: str
    organization: str
    reason: str
    starts_on: dt.date
    ends_on: dt.date
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str
    decided_at: dt.datetime | None
    ended_by: str
    ended_at: dt.datetime | None
    longer_until: dt.date | None
    longer_by: str
    status: Status
    waiting: bool
    running: bool
    mine: bool
    longer_is_mine: bool


def engagement_row(one: Engagement, *, reader: User) -> EngagementRow:
    """An audit as `reader` sees it."""
    return EngagementRow(
        public_id=one.public_id,
        url=reverse("auditors:auditor", args=[one.public_id]),
        person=name_of(one.user),
        email=one.user.email,
        organization=one.organization,
        reason=one.reason,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        proposed_by=name_of(one.proposed_by),
        proposed_at=one.proposed_at,
        decided_by=name_of(one.decided_by) if one.decided_by else "",
        decided_at=one.decided_at,
        ended_by=name_of(one.ended_by) if one.ended_by else _("by itself, after its last day"),
        ended_at=one.ended_at,
        longer_until=one.longer_until,
        longer_by=name_of(one.longer_by) if one.longer_by else "",
        status=Status(_STATES[one.state], str(Engagement.State(one.state).label)),
        waiting=one.state == Engagement.State.WAITING,
        running=one.state == Engagement.State.ADMITTED,
        mine=one.proposed_by_id == reader.pk,
        longer_is_mine=one.longer_by_id == reader.pk,
    )
