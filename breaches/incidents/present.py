"""Incidents as plain values for the pages."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.clocks.rules import Start
from breaches.incidents.forms import STARTS
from breaches.incidents.models import Custody, Decision, Evidence, Incident, Moment, Note, Step, Task
from breaches.reports.models import Report
from breaches.reports.present import plain
from governance.people.models import User
from portal.base.components import Status

_LOUD = {
    Incident.Severity.LOW: "info",
    Incident.Severity.MODERATE: "warn",
    Incident.Severity.HIGH: "stop",
    Incident.Severity.CRITICAL: "stop",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One incident in a list."""

    number: str
    title: str
    url: str
    kind: str
    severity: Status
    lead: str
    opened_at: dt.datetime
    state: Status
    drill: bool


def name_of(user: User | None) -> str:
    """A colleague's name; empty for nobody."""
    return (user.name or user.email) if user else ""


def row(incident: Incident) -> Row:
    """One incident for a list."""
    severity = Incident.Severity(incident.severity)
    return Row(
        str(incident), incident.title, reverse("incidents:incident", args=[incident.public_id]), str(Incident.Kind(incident.kind).label),
        Status(_LOUD[severity], str(severity.label)), name_of(incident.lead), incident.opened_at, state_of(incident), incident.drill,
    )  # fmt: skip


def state_of(incident: Incident) -> Status:
    """How far it is."""
    if incident.closed_at is not None:
        return Status("off", str(Incident.Outcome(incident.outcome).label))
    if incident.confirmed_breach:
        return Status("stop", _("Confirmed breach"))
    return Status("wait", _("Being looked into")) if incident.confirmed_breach is None else Status("wait", _("No breach"))


def facts(incident: Incident, starts: Mapping[Start, dt.datetime]) -> list[dict[str, Any]]:
    """What is known, for the top of the page."""
    found: list[dict[str, Any]] = [
        {"term": _("Sort"), "value": str(Incident.Kind(incident.kind).label)},
        {"term": _("Lead"), "value": name_of(incident.lead) or _("nobody yet")},
    ]
    for term, value in (
        (_("Counsel"), name_of(incident.counsel)),
        (_("About the account of"), name_of(incident.account)),
        (_("Company"), incident.provider.name if incident.provider else ""),
        (_("Tool"), incident.tool.name if incident.tool else ""),
    ):
        if value:
            found.append({"term": term, "value": value})
    if incident.cause:
        found.append(
            {
                "term": _("Same cause as"),
                "value": str(incident.cause),
                "href": reverse("incidents:incident", args=[incident.cause.public_id]),
            }
        )
    return found


def starts(known: Mapping[Start, dt.datetime]) -> list[dict[str, Any]]:
    """The moments from which clocks run."""
    words = STARTS | {Start.CONFIRMATION: _("It was decided that it was a breach")}
    return [{"what": str(words[start]), "at": at} for start, at in sorted(known.items(), key=lambda item: item[1])]


def waiting(moments: Iterable[Moment], reader: User) -> list[dict[str, Any]]:
    """Later starts that wait for a second person."""
    return [
        {
            "id": moment.pk, "what": str(STARTS.get(Start(moment.start), moment.start)), "at": moment.at, "reason": moment.reason,
            "who": name_of(moment.said_by), "mine": moment.said_by_id == reader.pk,
        }
        for moment in moments
    ]  # fmt: skip


def tasks(found: Iterable[Task], *, at: dt.datetime) -> list[dict[str, Any]]:
    """Tasks, the open ones first."""
    shown = [
        {
            "public_id": task.public_id, "title": task.title, "owner": name_of(task.owner), "due_at": task.due_at, "words": plain(task.words),
            "open": task.done_at is None, "state": _task_state(task, at),
        }
        for task in found
    ]  # fmt: skip
    return sorted(shown, key=lambda one: not one["open"])


def _task_state(task: Task, at: dt.datetime) -> Status:
    if task.done_at is not None:
        return Status("off", _("Dropped")) if task.dropped else Status("ok", _("Done"))
    return Status("stop", _("Overdue")) if task.due_at < at else Status("wait", _("Open"))


def evidence(found: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Evidence with its chain."""
    return [
        {
            "public_id": one.public_id, "title": one.title, "came_from": one.came_from, "sha256": bytes(one.sha256).hex(), "size": one.size,
            "chain": [
                {
                    "title": str(Custody.Act(link.act).label), "who": name_of(link.by), "when": link.at,
                    "text": " ".join(part for part in (link.to, link.reason, _holds(link.holds)) if part),
                }
                for link in one.custody.all()
            ],
        }
        for one in found
    ]  # fmt: skip


def _holds(holds: bool | None) -> str:
    if holds is None:
        return ""
    return _("The hash is the same.") if holds else _("The hash is not the same: the file was changed or is gone.")


def timeline(
    incident: Incident,
    *,
    moments: Iterable[Moment],
    steps: Iterable[Step],
    all_tasks: Iterable[Task],
    decisions: Iterable[Decision],
    notes: Iterable[Note],
    told: Iterable[Report],
) -> list[dict[str, Any]]:
    """Everything that was written down, the oldest first, by when it took place."""
    words = STARTS | {Start.CONFIRMATION: _("It was decided that it was a breach")}
    lines: list[dict[str, Any]] = [
        {"when": report.received_at, "title": _("Report %(report)s came in") % {"report": report}, "who": "",
         "href": reverse("reports:report", args=[report.public_id])}
        for report in told
    ]  # fmt: skip
    lines += [{"when": incident.opened_at, "title": _("Incident opened"), "who": name_of(incident.opened_by)}]
    lines += [
        {"when": moment.at, "title": str(words[Start(moment.start)]), "who": name_of(moment.said_by), "text": moment.reason}
        for moment in moments
        if not moment.waits and not moment.refused
    ]
    lines += [
        {
            "when": step.taken_at,
            "title": str(Step.Kind(step.kind).label),
            "who": name_of(step.taken_by),
            "text": plain(step.words),
            "kind": "ok",
        }
        for step in steps
    ]
    lines += [
        {"when": one.at, "title": _decided(one), "who": name_of(one.by), "text": plain(one.reason), "kind": "warn"} for one in decisions
    ]
    lines += [
        {
            "when": task.done_at,
            "title": _("Task ended: %(task)s") % {"task": task.title},
            "who": name_of(task.done_by),
            "text": plain(task.words),
        }
        for task in all_tasks
        if task.done_at is not None
    ]
    lines += [
        {
            "when": note.happened_at, "title": _("Note for counsel and the lead") if note.privileged else _("Note"), "who": name_of(note.by),
            "text": plain(note.words),
        }
        for note in notes
    ]  # fmt: skip
    if incident.closed_at is not None:
        lines.append({"when": incident.closed_at, "title": _("Incident closed"), "who": name_of(incident.closed_by), "kind": "ok"})
    return sorted(lines, key=lambda line: line["when"])


def _decided(one: Decision) -> str:
    about = Decision.About(one.about)
    if about in {Decision.About.CONFIRMED, Decision.About.NOT_A_BREACH, Decision.About.LEAD, Decision.About.COUNSEL}:
        return _("Decided: %(what)s") % {"what": about.label}
    return _("Decided: %(what)s: %(words)s") % {"what": about.label, "words": plain(one.words)}
