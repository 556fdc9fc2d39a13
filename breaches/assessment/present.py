"""Duties, facts and clocks in words."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from breaches.assessment import laws
from breaches.assessment.models import FactSheet, LawReview
from breaches.assessment.queries import Aimed, Law, Owed, Standing
from breaches.assessment.rules import Answer, Duty, LawRow, Reason
from breaches.clocks import present as clocks
from breaches.clocks.rules import Due
from portal.base.components import Status

ANSWERS: dict[Answer, tuple[str, str | Promise]] = {
    Answer.DUTY: ("warn", gettext_lazy("Duty")),
    Answer.ASK_COUNSEL: ("wait", gettext_lazy("Ask counsel")),
    Answer.NONE: ("off", gettext_lazy("Nothing asked")),
}
assert set(ANSWERS) == set(Answer)

REASONS: dict[Reason, str | Promise] = {
    Reason.NOT_HERE: gettext_lazy("Nobody affected is known to live there."),
    Reason.NOT_THIS_DATA: gettext_lazy("None of the data is of the kinds this law counts."),
    Reason.MAYBE_THIS_DATA: gettext_lazy("Some states count some of this data; read the law’s own list."),
    Reason.THIS_DATA: gettext_lazy("Data of the kinds this law counts was reached."),
    Reason.PROTECTED: gettext_lazy("The data was encrypted, and the key was not reached."),
    Reason.NO_HARM: gettext_lazy("Harm was judged unlikely, and this law then asks for no notice."),
    Reason.HARM_NOT_ASSESSED: gettext_lazy("This law asks how likely harm is, and nobody has judged that yet."),
    Reason.TOO_FEW: gettext_lazy("Fewer people are affected than the law begins at."),
    Reason.ENOUGH: gettext_lazy("As many people are affected as the law begins at."),
    Reason.COUNT_UNKNOWN: gettext_lazy("It depends on how many people are affected, and that is not known yet."),
    Reason.WORDS_ONLY: gettext_lazy("The law says in words from when on it applies; a person has to judge that."),
    Reason.STUDENT_DATA: gettext_lazy("Students’ data was reached."),
    Reason.NO_STUDENT_DATA: gettext_lazy("No student’s data was reached."),
    Reason.NO_PROVIDER: gettext_lazy("It did not happen at a provider."),
    Reason.PROVIDER_OWES: gettext_lazy("The provider has to act, and the district holds it to that."),
    Reason.MAY_NOT_REACH: gettext_lazy("It is not clear whether this law reaches a school district."),
    Reason.SELDOM: gettext_lazy("This law seldom reaches a school district."),
    Reason.DOES_NOT_REACH: gettext_lazy("The district’s counsel says that this law does not reach the district."),
    Reason.NOT_REVIEWED: gettext_lazy("The district’s counsel has not reviewed this row as it stands, so it is not asserted."),
    Reason.NO_HOLD: gettext_lazy("The police did not ask to wait."),
}
assert set(REASONS) == set(Reason)

PLACES = {
    "US": gettext_lazy("United States"),
}  # states stand with their postal code, as forms and laws name them


def place(jurisdiction: str) -> str:
    """A jurisdiction in words: "United States", "WI"."""
    return str(PLACES.get(jurisdiction, jurisdiction.removeprefix("US-")))


def answer(of: Answer) -> Status:
    """An answer with its color and words."""
    kind, words = ANSWERS[of]
    return Status(kind, str(words))


def standing(each: Standing, *, incident: object, at: dt.datetime) -> dict[str, Any]:
    """What one law says, as a row of the page."""
    row, content = each.law.row, laws.content_for(each.law.row.id)
    return {
        "id": row.id,
        "citation": row.citation or row.id,
        "place": place(row.jurisdiction),
        "to": row.who_is_told,
        "owed_by": row.who_owes,
        "answer": Status("ok", _("Done")) if each.met else answer(each.answer),
        "computed": str(ANSWERS[each.duty.answer][1]),
        "reasons": [str(REASONS[reason]) for reason in each.duty.reasons],
        "threshold": row.threshold,
        "length": clocks.length(row.length.number, row.length.unit),
        **_clock(each.due, at, stopped=each.met is not None),
        "delay": row.delay_allowed,
        "content": {
            "title": content.title,
            "items": content.items,
            "must_not": content.must_not,
            "methods": content.methods,
            "own": content.own,
        }
        if content
        else None,
        "content_words": each.law.notice,
        "reviewed": each.law.reviewed,
        "review": review(each.law),
        "override": {
            "says": each.override.get_says_display(),
            "counsel": each.override.counsel,
            "reason": each.override.reason,
            "when": each.override.said_at,
            "lapsed": each.lapsed,
        }
        if each.override
        else None,
        "met": _met(each.met),
        "runs": each.runs,
        "url": reverse("assessment:law", args=[incident, row.id]),
        "met_url": reverse("assessment:meet", args=[incident, row.id]),
    }


def owed(each: Owed, *, at: dt.datetime) -> dict[str, Any]:
    """What an agreement asks, as a row."""
    return {
        "key": each.key,
        "title": each.version.agreement.title,
        "side": _("The provider tells the district") if each.by_provider else _("The district tells the provider"),
        "words": each.words,
        "length": clocks.length(each.version.breach_hours, "hours")
        if each.by_provider and each.version.breach_hours
        else _("at once; the agreement gives no number"),
        **_clock(each.due, at, stopped=each.met is not None),
        "met": _met(each.met),
    }


def aimed(each: Aimed, *, at: dt.datetime) -> dict[str, Any]:
    """A target of the district's own, as a row."""
    stopped = each.met is not None or each.done
    return {
        "key": each.target.key,
        "title": _(each.target.title),
        "length": clocks.length(each.target.length.number, each.target.length.unit),
        "from": str(clocks.STARTS[each.target.start]),
        **_clock(each.due, at, stopped=stopped),
        "met": _met(each.met),
        "can_be_met": not each.target.until and not stopped,
    }


def _met(met: Any) -> dict[str, Any] | None:
    return {"when": met.met_at, "words": met.words, "who": met.said_by.name} if met else None


def _clock(due: Due | None, at: dt.datetime, *, stopped: bool) -> dict[str, Any]:
    if stopped:
        return {"state": Status("ok", _("Done")), "due_at": due.at if due else None, "started_at": due.started_at if due else None}
    return {"state": clocks.state_of(due, at), "due_at": due.at if due else None, "started_at": due.started_at if due else None}


def review(law: Law) -> str:
    """Counsel's review of a row in a sentence."""
    if law.review is None:
        return _("Not reviewed by the district’s counsel.")
    if law.stale:
        return _("The row changed after %(counsel)s reviewed it.") % {"counsel": law.review.counsel}
    words = _("Reviewed by %(counsel)s: %(reach)s.") % {
        "counsel": law.review.counsel,
        "reach": LawReview.Reach(law.review.reach).label,
    }
    return f"{words} {law.review.words}".strip()


def facts(sheet: FactSheet, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """A version of the facts as terms and values."""
    residents = ", ".join(f"{place(state)} {count:,}" for state, count in sheet.residents.items())
    protected = sheet.get_protection_display()
    harm = sheet.get_harm_display()
    return [
        {"term": _("Kinds of data"), "value": ", ".join(titles.get(key, key) for key in sheet.elements) or _("None")},
        {"term": _("How it was protected"), "value": f"{protected}: {sheet.protected_by}" if sheet.protected_by else protected},
        {"term": _("Harm to those affected"), "value": f"{harm}: {sheet.harm_reason}" if sheet.harm_reason else harm},
        {"term": _("How many are affected"), "value": f"{sheet.students:,}" if sheet.students is not None else _("Not known yet")},
        {"term": _("Where they live"), "value": residents or _("Not known yet")},
        {"term": _("How it was found"), "value": sheet.get_found_display()},
        {"term": _("Where it happened"), "value": _("At a provider") if sheet.at_provider else _("Not at a provider")},
    ]


def changes(pairs: Iterable[tuple[Duty | None, Duty | None]]) -> list[dict[str, Any]]:
    """What a change of facts changes: each law with its answer and end before and after."""
    return [
        {
            "citation": law.citation or law.id,
            "to": law.who_is_told,
            "place": place(law.jurisdiction),
            "before": answer(before.answer) if before else None,
            "after": answer(after.answer) if after else None,
            "due_before": before.due.at if before and before.due else None,
            "due_after": after.due.at if after and after.due else None,
        }
        for before, after in pairs
        for law in [_law_of(before, after)]
    ]


def _law_of(before: Duty | None, after: Duty | None) -> LawRow:
    duty = after or before
    assert duty is not None  # a pair has one at the least
    return duty.law


def law_row(law: Law) -> dict[str, Any]:
    """A row of the law in the list that counsel reviews."""
    return {
        "id": law.row.id,
        "citation": law.row.citation or law.row.id,
        "place": place(law.row.jurisdiction),
        "to": law.row.who_is_told,
        "length": clocks.length(law.row.length.number, law.row.length.unit),
        "state": Status("ok", _("Reviewed"))
        if law.reviewed
        else Status("warn", _("Changed since"))
        if law.stale
        else Status("off", _("Not reviewed")),
        "url": reverse("assessment:law-review", args=[law.row.id]),
    }


def law_facts(law: Law) -> list[dict[str, Any]]:
    """Everything that a row says, for whoever reviews it."""
    row = law.row
    content = laws.content_for(row.id)
    return [
        {"term": _("Law"), "value": row.citation or row.id},
        {"term": _("Where"), "value": place(row.jurisdiction)},
        {"term": _("When it is asked"), "value": law.trigger},
        {"term": _("Who owes"), "value": row.who_owes or _("not said")},
        {"term": _("Who is told"), "value": row.who_is_told or _("not said")},
        {"term": _("Clock begins with"), "value": row.starts},
        {"term": _("How long"), "value": clocks.length(row.length.number, row.length.unit)},
        {"term": _("From how many"), "value": row.threshold or _("any")},
        {"term": _("Delay on request"), "value": row.delay_allowed or _("none")},
        {"term": _("Content"), "value": "; ".join(content.items) if content and content.own else law.notice or _("not said")},
        {"term": _("Source seen"), "value": _("yes") if row.verified else _("no, from memory")},
    ]


def history(sheets: Sequence[FactSheet]) -> list[dict[str, Any]]:
    """The versions of the facts as a timeline, the newest on top."""
    return [
        {
            "title": _("Facts, version %(number)d") % {"number": sheet.number},
            "when": sheet.said_at,
            "who": sheet.said_by.name,
            "text": _("%(count)d kinds of data") % {"count": len(sheet.elements)},
            "kind": "info",
        }
        for sheet in reversed(sheets)
    ]
