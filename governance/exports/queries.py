"""Exports as people meet them, and how much one would hold."""

import dataclasses
import datetime as dt
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict

from governance.audit import queries as audit
from governance.audit.questions import Question
from governance.auditors import queries as auditors
from governance.exports.models import Export
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries, search
from governance.vocabulary import Event, Permission, Role

State = Export.State
MOST_ALONE = 100
COUNTED_FOR_STUDENTS = 300_000


@dataclasses.dataclass(frozen=True)
class Size:
    """How much an export would hold. Students and whole schools are counted over the first 300,000 entries; `all_counted`: that was all."""

    entries: int
    lines: int
    students: int
    whole_schools: int
    all_counted: bool

    @property
    def needs_second(self) -> bool:
        """Over 100 students, a whole school, or too much to tell: two people take it out, not one."""
        return self.students > MOST_ALONE or self.whole_schools > 0 or not self.all_counted


def size_of(filters: search.Filters, *, by: User, hat: str) -> Size:
    """Count what an export would hold. A look with an entry of its own. Raises InsideTransaction inside a transaction."""
    written = search.open_door(Event.TRAIL_COUNTED, by=by, hat=hat, filters=filters)
    _names, rows = entries.open_with(written, "SELECT * FROM door.export_size(%s)", [COUNTED_FOR_STUDENTS])
    return Size(*rows[0])


def asked_of(question: Question, *, by: User, hat: str) -> search.Filters | None:
    """What a question asks of the trail, within what an outside auditor may see; None where a person, student or decision in it is gone."""
    filters = audit.filters_of(question)
    if filters is None or hat != Role.AUDITOR:
        return filters
    return dataclasses.replace(filters, within=auditors.within(auditors.scope_of(by)))


def filters_of(export: Export) -> search.Filters | None:
    """What the export asked for, up to the moment of asking; None where a person, student or decision in it is gone."""
    filters = asked_of(question_of(export), by=export.asked_by, hat=export.hat)
    if filters is None:
        return None
    return dataclasses.replace(filters, until=min(filters.until, export.until) if filters.until else export.until)


def question_of(export: Export) -> Question:
    """What the export asked for, as the search has it."""
    return Question.from_address(QueryDict(export.question.removeprefix("?")))


def may_export(user: User, *, hat: str, on: dt.date) -> bool:
    """True for whoever may still take the trail out in this role: a compliance officer, or an outside auditor whose audit allows it."""
    roles = people.roles_of(user, on=on)
    if hat not in roles:
        return False
    if hat == Role.AUDITOR:
        scope = auditors.scope_of(user)
        return scope is not None and scope.may_export
    return permissions.holds({Role(hat)}, Permission.SEARCH_TRAIL)


def hat_of(user: User, *, on: dt.date) -> Role | None:
    """The role in which this person takes the trail out; None for whoever may not."""
    return next((hat for hat in (Role.COMPLIANCE_OFFICER, Role.AUDITOR) if may_export(user, hat=hat, on=on)), None)


def may_decide(user: User, export: Export, *, on: dt.date) -> bool:
    """True for a second person: another compliance officer, the superintendent or an admin. Never whoever asked."""
    roles = people.roles_of(user, on=on)
    return user.pk != export.asked_by_id and (Role.COMPLIANCE_OFFICER in roles or permissions.holds(roles, Permission.SECOND_KEY))


def visible_to(user: User, public_id: UUID, *, on: dt.date) -> Export | None:
    """The export, for whoever asked for it, and for a second person as long as it waits for one or where they decided; None for others."""
    export = Export.objects.select_related("asked_by", "decided_by").filter(public_id=public_id).first()
    if export is None or user.pk == export.asked_by_id or user.pk == export.decided_by_id:
        return export
    return export if export.state == State.WAITING and may_decide(user, export, on=on) else None


def listed_for(user: User, *, on: dt.date, at_most: int = 50) -> QuerySet[Export]:
    """One's own exports, and those that wait for a second person or were decided by this one; newest first."""
    shown = Q(asked_by=user) | Q(decided_by=user)
    roles = people.roles_of(user, on=on)
    if Role.COMPLIANCE_OFFICER in roles or permissions.holds(roles, Permission.SECOND_KEY):
        shown |= Q(state=State.WAITING)
    return Export.objects.filter(shown).select_related("asked_by", "decided_by").order_by("-asked_at", "-pk")[:at_most]


def waiting_on(user: User, *, on: dt.date) -> QuerySet[Export]:
    """What waits for this person as the second one."""
    roles = people.roles_of(user, on=on)
    if not (Role.COMPLIANCE_OFFICER in roles or permissions.holds(roles, Permission.SECOND_KEY)):
        return Export.objects.none()
    return (
        Export.objects.filter(state=State.WAITING, lapses_on__gte=on).exclude(asked_by=user).select_related("asked_by").order_by("asked_at")
    )


def kept_names() -> set[str]:
    """The names of all files that an export still knows."""
    return {part["name"] for parts in Export.objects.filter(state=State.READY).values_list("file", "proof") for part in parts if part}
