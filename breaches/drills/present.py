"""Drills as plain values for the pages."""

import csv
import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from breaches.clocks import present as clocks
from breaches.drills import queries, results
from breaches.drills.library import Scenario
from breaches.drills.models import Answer, Drill, Improvement
from breaches.drills.queries import Arrived, Score
from breaches.drills.rules import Measured, Outcome
from breaches.incidents.models import Incident
from breaches.incidents.present import name_of
from breaches.reports.present import plain
from governance.authority.reference import DATA
from governance.people.models import User
from portal.base.components import Status

# The controls of which a finished drill is evidence (governance/data/controls.csv), and the yearly exercise of training.csv.
CONTROLS = ("csf-id-im-02", "k12six-5-2")


def step_title(key: str) -> str:
    """A step of the road in words."""
    return {
        "triage": _("First decision about it"),
        "contained": _("First step to stop it"),
        "facts": _("Facts written down, laws asked"),
        "listed": _("List of those affected there"),
        "drafted": _("Notice drafted"),
        "approved": _("Notice approved by two people"),
        "sent": _("Notice started (held)"),
    }[key]


def outcome(one: Measured) -> Status:
    """What became of a step, in words."""
    match one.outcome:
        case Outcome.MET:
            return Status("ok", _("Met"))
        case Outcome.DONE:
            return Status("ok", _("Done, no clock"))
        case Outcome.LATE:
            return Status("stop", _("Late"))
        case Outcome.MISSED:
            return Status("stop", _("Not done, overdue"))
        case Outcome.OPEN:
            return Status("wait", _("Not done, still in time"))
        case Outcome.NOT_DONE:
            return Status("off", _("Not done, no clock"))


def took(span: dt.timedelta | None) -> str:
    """How long after the start, to the minute below two days."""
    if span is None:
        return "–"
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
    return ngettext("%(count)d day", "%(count)d days", minutes // 1440) % {"count": minutes // 1440}


def scenario(found: Scenario) -> dict[str, Any]:
    """A scenario for the library."""
    return {
        "id": found.id, "title": found.title, "summary": found.summary, "idea": found.idea, "minutes": found.minutes, "roles": ", ".join(found.roles),
        "kind": str(Incident.Kind(found.kind).label), "injects": len(found.injects), "questions": found.questions,
        "url": reverse("drills:start", args=[found.id]),
    }  # fmt: skip


def row(drill: Drill) -> dict[str, Any]:
    """A drill for a list."""
    result = drill.result or {}
    good, steps = result.get("good", 0), len(result.get("steps", ()))
    return {
        "title": drill.incident.title, "number": str(drill.incident), "started_at": drill.started_at, "ended_at": drill.ended_at,
        "by": name_of(drill.started_by), "url": address(drill),
        "score": _("%(good)d of %(steps)d steps in time") % {"good": good, "steps": steps} if drill.ended_at else "",
    }  # fmt: skip


def address(drill: Drill) -> str:
    """The page of a drill: its result, once it has ended."""
    return reverse("drills:result" if drill.ended_at else "drills:drill", args=[drill.public_id])


def score(found: Score) -> dict[str, Any]:
    """A score for its tables."""
    return {
        "good": found.good,
        "all": len(found.steps),
        "steps": [{"title": step_title(step.key), **_measured(step)} for step in found.steps],
        "laws": [{"title": f"{each.citation}: {each.told}", **_measured(each.measured)} for each in found.laws],
        "recipients": found.recipients,
        "answered": found.answered,
        "questions": found.questions,
        "signed_in": ", ".join(found.signed_in),
    }


def score_of(drill: Drill, *, at: dt.datetime) -> dict[str, Any]:
    """The score that was kept when the drill ended; before that, as it stands."""
    return score(results.read(drill.result) if drill.result else queries.score(drill, at=at))


def _measured(one: Measured) -> dict[str, Any]:
    return {
        "took": took(one.took),
        "due_at": one.due.at,
        "why_open": clocks.short(one.due.why_open),
        "done_at": one.done_at,
        "state": outcome(one),
    }


def injects(there: Iterable[Arrived], answers: Iterable[Answer], *, bound: Mapping[tuple[int, int], str]) -> list[dict[str, Any]]:
    """What has arrived, the newest first, each question with its answers. `bound` is what was typed and could not be kept."""
    by_question: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for one in answers:
        by_question.setdefault((one.inject, one.question), []).append({"who": name_of(one.by), "at": one.at, "words": plain(one.words)})
    return [
        {
            "number": each.inject.number + 1, "to": each.inject.to, "words": each.inject.words, "at": each.at,
            "questions": [
                {
                    "key": f"{each.inject.number}.{place}", "words": words, "answers": by_question.get((each.inject.number, place), []),
                    "typed": bound.get((each.inject.number, place), ""),
                }
                for place, words in enumerate(each.inject.questions)
            ],
        }
        for each in reversed(list(there))
    ]  # fmt: skip


def improvements(found: Iterable[Improvement], reader: User, *, may: bool) -> list[dict[str, Any]]:
    """What is done because of a drill."""
    return [
        {
            "public_id": one.public_id, "title": one.title, "owner": name_of(one.owner), "due_on": one.due_on, "words": one.words,
            "open": one.done_at is None, "may": may or one.owner_id == reader.pk,
        }
        for one in found
    ]  # fmt: skip


@functools.cache
def controls() -> tuple[dict[str, str], ...]:
    """The controls of which a drill is evidence: framework, number and title, from the reference data."""
    with (DATA / "controls.csv").open(encoding="utf-8", newline="") as file:
        rows = {line["id"]: line for line in csv.DictReader(file) if line["id"] in CONTROLS}
    return tuple({"framework": rows[key]["framework"], "number": rows[key]["control_id"], "title": rows[key]["title"]} for key in CONTROLS)


def evidence(last: Drill | None, *, at: dt.datetime) -> dict[str, Any]:
    """The last drill as evidence: whether one was played within a year, and of which controls."""
    if last is None or last.ended_at is None:
        state = Status("warn", _("No drill has been played to its end yet"))
    elif at - last.ended_at > queries.WITHIN:
        state = Status("warn", _("The last drill is more than a year ago"))
    else:
        state = Status("ok", _("A drill within a year"))
    return {"state": state, "last": row(last) if last else None, "controls": controls()}
