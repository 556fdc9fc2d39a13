"""What people do about notices: write, approve, start, stop, and settle what did not arrive. Each verb is one transaction with its entry.

Who gets a notice that does not go to families, and what becomes of it there, is in addressees.py.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from breaches import held
from breaches.affected.models import AffectedList
from breaches.approving import check_approver, is_approved
from breaches.handling import hat_of
from breaches.incidents.actions import open_for
from breaches.incidents.models import Incident
from breaches.notices import contents, outgoing
from breaches.notices import texts as wording
from breaches.notices.models import Addressee, Approval, Audience, Notice, Recipient, Version
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import outbox
from portal.base.errors import CannotDo

# One row a person and child. Whom an order bars, who may not see the record, and whom the school may not write to get none; where the
# student holds the rights the student gets it (34 CFR 99.5). A child with nobody left is one to be called about.
_QUEUE = """
WITH children AS MATERIALIZED (
  SELECT c.student_id FROM affected_current c WHERE c.list_id = %(list)s AND (%(could)s OR NOT c.could)),
grown AS MATERIALIZED (
  SELECT o.student_id, o.parents_may_view FROM records_ownrecord o JOIN children c ON c.student_id = o.student_id WHERE o.eligible_since <= %(on)s),
told AS (
  SELECT g.student_id, g.id AS guardianship_id, false AS own FROM children c JOIN records_guardianship g ON g.student_id = c.student_id
    WHERE g.ended_at IS NULL AND g.may_inspect AND g.may_be_contacted
      AND NOT (g."limit" IN ('placement_denied', 'no_contact') AND (g.limit_ends_on IS NULL OR g.limit_ends_on >= %(on)s))
      AND NOT EXISTS (SELECT FROM grown s WHERE s.student_id = g.student_id AND NOT s.parents_may_view)
  UNION ALL SELECT s.student_id, NULL, true FROM grown s),
rows AS (
  SELECT t.student_id, t.guardianship_id, t.own, 'waiting' AS state, '' AS because FROM told t
  UNION ALL SELECT c.student_id, NULL, false, 'call', 'nobody' FROM children c WHERE NOT EXISTS (SELECT FROM told t WHERE t.student_id = c.student_id))
INSERT INTO notices_recipient(notice_id, student_id, guardianship_id, own, state, because, due_at)
  SELECT %(notice)s, r.student_id, r.guardianship_id, r.own, r.state, r.because, %(at)s FROM rows r ORDER BY r.student_id, r.guardianship_id
  ON CONFLICT DO NOTHING"""
_KEPT_BACK = """
SELECT count(*) FROM affected_current c JOIN records_guardianship g ON g.student_id = c.student_id
  WHERE c.list_id = %(list)s AND (%(could)s OR NOT c.could) AND g.ended_at IS NULL AND (NOT g.may_inspect OR NOT g.may_be_contacted
    OR g."limit" IN ('placement_denied', 'no_contact') AND (g.limit_ends_on IS NULL OR g.limit_ends_on >= %(on)s))"""


@transaction.atomic
def make(
    *,
    incident: UUID,
    affected: UUID | None = None,
    with_could: bool = False,
    audience: str = Audience.FAMILY,
    content: str = "",
    duties: Collection[str] = (),
    by: User,
    at: dt.datetime,
) -> Notice:
    """Begin a notice to an audience. Families are those of one of the incident's lists. `content` is the list of contents that the text follows,
    the general one where nothing is said; `duties` are keys of what it is to meet. Raises CannotDo for another incident's list, for one being
    made, and for contents of another audience.
    """
    locked = open_for(incident, by=by, at=at)
    which = _list_for(locked, affected) if audience == Audience.FAMILY else None
    known = {each.id: each for each in contents.choices(audience)}
    chosen = content or next(iter(known))
    if chosen not in known:
        raise CannotDo(_("These contents are for another audience. Choose one of the list."), code="other_audience")
    made = Notice.objects.create(
        incident=locked, affected=which, with_could=with_could and which is not None, audience=audience, content=chosen, duties=sorted(duties),
        drill=locked.drill, made_at=at, made_by=by,
    )  # fmt: skip
    _tell(
        Event.NOTICE_MADE, made, by=by, at=at, action=Action.CREATE, incident=str(locked.public_id), audience=str(audience), content=chosen,
        list=str(which.public_id) if which is not None else None, duties=made.duties,
    )  # fmt: skip
    return made


def _list_for(incident: Incident, affected: UUID | None) -> AffectedList:
    which = AffectedList.objects.filter(public_id=affected, incident=incident).first() if affected is not None else None
    if which is None:
        raise CannotDo(_("This list belongs to another incident. Choose one of this incident."), code="other_incident")
    if which.made_at is None:
        raise CannotDo(_("This list is still being made. Wait until it is there."), code="not_made")
    return which


@transaction.atomic
def write(*, notice: UUID, texts: wording.Texts, by: User, at: dt.datetime, seen: str = "") -> Version:
    """Write a new version. Approvals of earlier ones do not count for it. `seen` is the hash of the version that its author had before them.

    Raises CannotDo once the notice goes out, where somebody wrote another version meanwhile, and for parts that are missing or too long.
    Blanks may stay for now: `approve` refuses them.
    """
    locked = _not_stopped(locked_notice(notice, by=by, at=at))
    if locked.started_at is not None:
        raise CannotDo(_("This notice is going out. Its text cannot change any more; make another notice."), code="started")
    newest = locked.versions.last()
    if seen and (newest is None or newest.sha256 != seen):
        raise CannotDo(_("Somebody wrote another version meanwhile. Read it, then write yours from there."), code="changed")
    parts = contents.every()[locked.content].parts
    cleaned = wording.cleaned(texts, parts)
    if wanting := wording.missing(cleaned, parts):
        said = ", ".join(f"{language}: {parts.get(key, _('subject'))}" for language, key in wanting)
        raise CannotDo(_("These parts are missing or too long: %(parts)s.") % {"parts": said}, code="missing")
    number = newest.number + 1 if newest is not None else 1
    made = Version.objects.create(notice=locked, number=number, texts=cleaned, sha256=wording.sha256(cleaned), written_at=at, written_by=by)
    _tell(Event.NOTICE_WRITTEN, locked, by=by, at=at, version=number, sha256=made.sha256, languages=sorted(cleaned))
    return made


@transaction.atomic
def approve(*, notice: UUID, sha256: str, by: User, at: dt.datetime) -> Approval:
    """Approve the newest version by the hash that was read. Raises CannotDo for its author, twice, and for a text that has changed since."""
    locked = _not_stopped(locked_notice(notice, by=by, at=at))
    version = locked.versions.last()
    if version is None or version.sha256 != sha256:
        raise CannotDo(_("The text has changed since you opened it. Read it again."), code="changed")
    if locked.started_at is not None:
        raise CannotDo(_("This notice is going out already."), code="started")
    check_approver(version, by=by)
    if lacking := contents.lacking(locked.content, locked.duties, version.texts):
        raise CannotDo(
            _("The text does not say all that it has to: %(items)s.") % {"items": "; ".join(each.item.words for each in lacking)},
            code="lacking",
        )
    if blanks := wording.blanks(version.texts):
        raise CannotDo(_("These blanks are still to be filled in: %(blanks)s.") % {"blanks": ", ".join(blanks)}, code="lacking")
    made = Approval.objects.create(version=version, sha256=sha256, at=at, by=by)
    _tell(Event.NOTICE_APPROVED, locked, by=by, at=at, version=version.number, sha256=sha256)
    return made


@transaction.atomic
def start(*, notice: UUID, by: User, at: dt.datetime) -> Notice:
    """Let a notice go out: to families as one row for each person and child, which the engine sends; to others by mail to who is named; for
    everybody as a public page. Two people who start it at once start it once.

    Raises CannotDo without two approvals of the text as it stands, where it was started, and where nobody is named. A drill is queued and
    nothing of it leaves.
    """
    locked = _not_stopped(locked_notice(notice, by=by, at=at))
    if locked.started_at is not None:
        raise CannotDo(_("Somebody started this notice already. You need not do anything."), code="started")
    version = locked.versions.last()
    if version is None or version.sha256 != wording.sha256(version.texts) or not is_approved(version):
        raise CannotDo(_("Two people who did not write it have to approve this text first."), code="not_approved")
    recipients = _queue(locked, at=at) if locked.affected is not None else 0
    if locked.audience not in {Audience.FAMILY, Audience.PUBLIC} and not (recipients := locked.addressees.count()):
        raise CannotDo(_("Nobody is named who gets this notice. Name who does first."), code="nobody")
    locked.started_at, locked.started_by, locked.version, locked.hat = at, by, version, hat_of(by, at) or ""
    locked.save(update_fields=["started_at", "started_by", "version", "kept_back", "hat"])
    _tell(
        Event.NOTICE_STARTED, locked, by=by, at=at,
        audience=locked.audience, version=version.number, sha256=version.sha256, recipients=recipients, kept_back=locked.kept_back,
    )  # fmt: skip
    if not locked.drill:
        for addressee in locked.addressees.filter(way=Addressee.Way.MAIL):
            outbox.put(outgoing.TELL, at=at, addressee=str(addressee.public_id))
    return locked


def _queue(notice: Notice, *, at: dt.datetime) -> int:
    """One row a person and child. Answers how many; `kept_back` of the notice is how many guardians get none."""
    assert notice.affected is not None
    if notice.affected.incident_id != notice.incident_id:
        raise CannotDo(_("This list belongs to another incident. Choose one of this incident."), code="other_incident")
    given: dict[str, Any] = {"list": notice.affected_id, "could": notice.with_could, "on": people.day_of(at), "notice": notice.pk, "at": at}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '5min', true)")
        cursor.execute(_QUEUE, given)
        queued: int = cursor.rowcount
        cursor.execute(_KEPT_BACK, given)
        notice.kept_back = cursor.fetchone()[0]
    return queued


@held.told
@transaction.atomic
def send_test(*, notice: UUID, by: User, at: dt.datetime) -> Version:
    """Send the newest version to oneself, marked as a test and without any student's data. Raises CannotDo without a text and in a drill."""
    locked = locked_notice(notice, by=by, at=at)
    version = locked.versions.last()
    if version is None:
        raise CannotDo(_("There is no text yet. Write one first."), code="no_text")
    if locked.drill:
        raise held.HeldInDrill(_("This is a drill: nothing of it goes outside, not even a test."), locked.incident)
    _tell(Event.NOTICE_TESTED, locked, by=by, at=at, version=version.number, sha256=version.sha256)
    outbox.put(outgoing.TEST, at=at, version=version.pk, to=str(by.public_id))
    return version


@transaction.atomic
def stop(*, notice: UUID, by: User, at: dt.datetime) -> Notice:
    """Stop what has not gone yet, take a page down, or set aside a notice that was begun; the drainers finish the one in their hands.

    Raises CannotDo where that was done already.
    """
    locked = locked_notice(notice, by=by, at=at)
    if locked.stopped_at is not None:
        raise CannotDo(_("Somebody stopped this notice already."), code="not_running")
    locked.stopped_at, locked.stopped_by = at, by
    locked.save(update_fields=["stopped_at", "stopped_by"])
    _tell(Event.NOTICE_STOPPED, locked, by=by, at=at)
    return locked


_STATE = Recipient.State
# What can be said of one recipient: from which states, to which, and why.
OUTCOMES: dict[str, tuple[frozenset[str], str, str]] = {
    "bounced": (frozenset({_STATE.SENT}), _STATE.PAPER, Recipient.Because.BOUNCED),
    "posted": (frozenset({_STATE.PAPER}), _STATE.POSTED, ""),
    "returned": (frozenset({_STATE.POSTED}), _STATE.CALL, Recipient.Because.RETURNED),
    "reached": (frozenset({_STATE.CALL, _STATE.PAPER, _STATE.POSTED, _STATE.RETURNED}), _STATE.REACHED, ""),
}


@transaction.atomic
def settle(*, recipient: UUID, outcome: str, by: User, at: dt.datetime) -> Recipient:
    """Say what became of one notice: bounced, posted, returned or reached. Raises CannotDo where that does not follow from where it stands."""
    row = Recipient.objects.select_for_update(of=("self",)).select_related("notice").get(public_id=recipient)
    locked_notice(row.notice.public_id, by=by, at=at)
    before, after, because = OUTCOMES[outcome]
    if row.state not in before:
        raise CannotDo(_("This does not follow from where the notice stands. Open the page again."), code="state")
    row.state, row.because, row.handled_at, row.handled_by = after, because or row.because, at, by
    row.save(update_fields=["state", "because", "handled_at", "handled_by"])
    _tell(Event.NOTICE_SETTLED, row.notice, by=by, at=at, recipient=str(row.public_id), outcome=outcome)
    return row


@transaction.atomic
def settle_many(*, notice: UUID, references: Sequence[UUID], outcome: str, by: User, at: dt.datetime) -> tuple[int, int]:
    """Say the same of several recipients by their references. Answers (of how many it was written down, of how many it does not follow from
    where they stand or who are none of this notice's). One entry names them all.
    """
    locked = locked_notice(notice, by=by, at=at)
    before, after, because = OUTCOMES[outcome]
    wanted = list(dict.fromkeys(references))
    rows = list(
        Recipient.objects.select_for_update(of=("self",)).filter(notice=locked, public_id__in=wanted, state__in=before).order_by("pk")
    )
    for row in rows:
        row.state, row.because, row.handled_at, row.handled_by = after, because or row.because, at, by
    Recipient.objects.bulk_update(rows, ["state", "because", "handled_at", "handled_by"])
    if rows:
        _tell(Event.NOTICE_SETTLED, locked, by=by, at=at, outcome=outcome, recipients=[str(row.public_id) for row in rows])
    return len(rows), len(wanted) - len(rows)


def locked_notice(public_id: UUID, *, by: User, at: dt.datetime) -> Notice:
    """The notice and its incident, locked. Raises CannotDo unless that is open, not about this person, and theirs to handle."""
    incident = Notice.objects.values_list("incident__public_id", flat=True).get(public_id=public_id)
    open_for(incident, by=by, at=at)
    return Notice.objects.select_for_update(of=("self",)).select_related("affected", "incident").get(public_id=public_id)


def _not_stopped(notice: Notice) -> Notice:
    if notice.stopped_at is not None:
        raise CannotDo(_("This notice was stopped. Make another one."), code="stopped")
    return notice


def _tell(event: Event, notice: Notice, *, by: User, at: dt.datetime, action: Action = Action.UPDATE, **told: object) -> None:
    entries.append(event, action=action, by=by, about=notice, hat=hat_of(by, at), data=told)
