"""A score as it is kept with a drill that ended, and read again: plain values, so that it says for good what the clocks said then."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from breaches.clocks.rules import Due
from breaches.drills.queries import LawMeasured, Score
from breaches.drills.rules import Measured, Outcome


def kept(score: Score) -> dict[str, Any]:
    """The score as JSON keeps it."""
    return {
        "steps": [_put(step) for step in score.steps],
        "laws": [{"citation": each.citation, "told": each.told, **_put(each.measured)} for each in score.laws],
        "recipients": score.recipients, "answered": score.answered, "questions": score.questions, "signed_in": list(score.signed_in),
        "good": score.good,
    }  # fmt: skip


def read(said: Mapping[str, Any]) -> Score:
    """The score as it was kept."""
    return Score(
        steps=tuple(_get(step) for step in said["steps"]),
        laws=tuple(LawMeasured(each["key"], each["citation"], each["told"], _get(each)) for each in said["laws"]),
        recipients=said["recipients"],
        answered=said["answered"],
        questions=said["questions"],
        signed_in=tuple(said["signed_in"]),
    )


def _put(one: Measured) -> dict[str, Any]:
    return {
        "key": one.key,
        "started_at": _text(one.due.started_at),
        "due_at": _text(one.due.at),
        "why_open": one.due.why_open,
        "done_at": _text(one.done_at),
        "seconds": round(one.took.total_seconds()) if one.took is not None else None,
        "outcome": one.outcome.value,
    }


def _get(said: Mapping[str, Any]) -> Measured:
    took = dt.timedelta(seconds=said["seconds"]) if said["seconds"] is not None else None
    clock = Due(_moment(said["started_at"]), _moment(said["due_at"]), said["why_open"])
    return Measured(said["key"], clock, _moment(said["done_at"]), took, Outcome(said["outcome"]))


def _text(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _moment(said: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(said) if said else None
