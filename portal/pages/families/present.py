"""The desk's readings as plain values for templates."""

import dataclasses
import datetime as dt
from uuid import UUID

from django.utils.translation import gettext as _

from governance.records.door import Opened
from governance.records.models import Guardianship
from governance.records.present import grade_words, relation_words
from portal.base.components import Status, due
from portal.pages.families.queries import Adult, Child


@dataclasses.dataclass(frozen=True)
class FoundRow:
    """One child found by name."""

    public_id: UUID
    name: str
    grade: str


@dataclasses.dataclass(frozen=True)
class WaitingRow:
    """A limit without papers; whose it is, shows only when the child is opened."""

    student: UUID
    link: UUID
    school: str
    kind: str
    set_by: str
    set_at: dt.datetime | None
    due: Status


@dataclasses.dataclass(frozen=True)
class AdultRow:
    """A guardian of the opened child."""

    link: UUID
    name: str
    relation: str
    account: Status
    can_get_code: bool
    limit: str
    limit_status: Status | None
    order_on: dt.date | None
    ends_on: dt.date | None


@dataclasses.dataclass(frozen=True)
class ChildPage:
    """The opened child."""

    name: str
    grade: str
    language: str
    adults: list[AdultRow]


def found_row(opened: Opened, public_id: UUID) -> FoundRow:
    """A line of a search."""
    return FoundRow(public_id, opened.full_name, grade_words(opened.identity.get("grade")))


def waiting_row(link: Guardianship, *, today: dt.date) -> WaitingRow:
    """A limit that waits for its papers."""
    assert link.limit_papers_due_on is not None
    return WaitingRow(
        student=link.student.public_id,
        link=link.public_id,
        school=link.student.school.name if link.student.school else "",
        kind=str(Guardianship.Limit(link.limit).label),
        set_by=link.limit_set_by.name if link.limit_set_by else "",
        set_at=link.limit_set_at,
        due=due(link.limit_papers_due_on, today),
    )


def child(opened: Child, *, today: dt.date) -> ChildPage:
    """What the desk shows of a child."""
    return ChildPage(opened.name, grade_words(opened.grade), opened.language, [_adult(adult, today) for adult in opened.adults])


def _adult(adult: Adult, today: dt.date) -> AdultRow:
    link = adult.link
    if adult.has_account:
        account = Status("ok", _("Has an account"))
    elif adult.code_until is not None:
        account = Status("wait", _("Has a code"))
    else:
        account = Status("off", _("No account"))
    limit_status = None
    if link.limit:
        if not adult.limited:
            limit_status = Status("off", _("The order is over"))
        elif link.limit_papers_due_on:
            late = link.limit_papers_due_on < today
            limit_status = Status("stop" if late else "warn", _("Papers are overdue") if late else _("Papers to follow"))
        else:
            limit_status = Status("ok", _("Papers are here"))
    return AdultRow(
        link=link.public_id,
        name=adult.name or _("Not named in the roster"),
        relation=relation_words(link.relation),
        account=account,
        can_get_code=not adult.has_account and link.guardian_id is not None,
        limit=str(Guardianship.Limit(link.limit).label) if link.limit else "",
        limit_status=limit_status,
        order_on=link.limit_order_on,
        ends_on=link.limit_ends_on,
    )
