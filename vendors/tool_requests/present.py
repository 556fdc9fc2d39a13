"""Tools as teachers read them: the answer first, then the conditions."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.authority.models import Element, Purpose
from portal.base.components import Status as Shown
from vendors.providers.models import Tool
from vendors.reviews.models import Approval, ConsentNeeded, Guidance
from vendors.reviews.rules import Because, State
from vendors.reviews.status import Status
from vendors.tool_requests import queries
from vendors.tool_requests.models import ToolRequest, ToolUse

ANSWERS: dict[State, tuple[str, str | Promise]] = {
    State.APPROVED: ("ok", gettext_lazy("Use it")),
    State.LIMITED: ("warn", gettext_lazy("Use it, but …")),
    State.REFUSED: ("stop", gettext_lazy("Not allowed")),
    State.ENDED: ("stop", gettext_lazy("Not any more")),
    State.RETIRED: ("stop", gettext_lazy("Not any more")),
    State.WAITING: ("wait", gettext_lazy("Being reviewed")),
    State.UNKNOWN: ("off", gettext_lazy("Nobody has asked yet")),
}
assert set(ANSWERS) == set(State)

BECAUSE: dict[Because, str | Promise] = {
    Because.NOTHING: "",
    Because.AGREEMENT_ENDED: gettext_lazy("The agreement with the provider is no longer in force."),
    Because.NOT_LISTED: gettext_lazy("The agreement with the provider no longer covers this tool."),
    Because.APPROVAL_ENDED: gettext_lazy("The district's approval has ended."),
    Because.NOT_DECIDED_AGAIN: gettext_lazy("The agreement changed, and nobody has approved the tool again yet."),
    Because.NOT_BEGUN: gettext_lazy("It is approved, but the approval has not begun."),
}
assert set(BECAUSE) == set(Because)

CONSENT: dict[str, str | Promise] = {
    ConsentNeeded.INFORM: gettext_lazy("Families are told. They need not do anything."),
    ConsentNeeded.OPT_OUT: gettext_lazy("Families can say no. Check that no student of yours is on the list before you begin."),
    ConsentNeeded.OPT_IN: gettext_lazy("Each family must say OK first. Students without an OK do the other activity."),
    ConsentNeeded.OPT_IN_UNDER_13: gettext_lazy("Families of students under 13 must say OK first. The others can begin."),
}
assert set(CONSENT) == set(ConsentNeeded)


def answer_of(status: Status) -> Shown:
    """The answer in two or three words, with its color and shape."""
    kind, words = ANSWERS[status.state]
    return Shown(kind, str(words))


@dataclasses.dataclass(frozen=True)
class Row:
    """A tool in a list."""

    name: str
    provider: str
    summary: str
    url: str
    answer: Shown


def rows(statuses: Iterable[Status]) -> list[Row]:
    """Tools in a list, each with the answer."""
    return [Row(each.tool.name, each.tool.provider.name, each.tool.summary, tool_url(each.tool), answer_of(each)) for each in statuses]


def tool_url(tool: Tool) -> str:
    """The page of a tool for staff."""
    return reverse("tools:tool", args=[tool.slug])


def sentence(status: Status, *, on: dt.date) -> str:
    """Why the answer is what it is, in one sentence."""
    if status.usable and status.approval is not None:
        return str(CONSENT[status.approval.consent]) if status.approval.consent == ConsentNeeded.INFORM else ""
    if status.state is State.REFUSED and status.refusal is not None:
        return status.refusal.reason
    if status.state is State.RETIRED:
        return status.tool.retired_because
    if status.state is State.WAITING and status.review is not None:
        return _("The district is looking at it.")
    if status.state is State.UNKNOWN:
        return _("The district has not looked at this tool. Asking takes two minutes.")
    return str(BECAUSE[status.because])


def conditions(approval: Approval) -> list[str]:
    """What a teacher keeps to, one sentence each."""
    said = []
    ages = _ages(approval.youngest_age, approval.oldest_age)
    if ages:
        said.append(ages)
    if approval.grades:
        said.append(
            _("Only in grades %(grades)s.") % {"grades": ", ".join(grade.lstrip("0") or _("kindergarten") for grade in approval.grades)}
        )
    if approval.no_names:
        said.append(_("Nobody types real names: use first initials or made-up names."))
    if approval.consent != ConsentNeeded.INFORM:
        said.append(str(CONSENT[approval.consent]))
    said += [line.strip() for line in approval.conditions.splitlines() if line.strip()]
    return said


def _ages(youngest: int | None, oldest: int | None) -> str:
    if youngest and oldest:
        return _("Only for students from %(youngest)d to %(oldest)d years.") % {"youngest": youngest, "oldest": oldest}
    if youngest:
        return _("Only for students of %(youngest)d years and older.") % {"youngest": youngest}
    return _("Only for students up to %(oldest)d years.") % {"oldest": oldest} if oldest else ""


def facts(status: Status, *, purposes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Provider, purposes, accounts, dates: what stands beside the answer."""
    tool = status.tool
    items: list[dict[str, Any]] = [
        {"term": _("Provider"), "value": tool.provider.name},
        {"term": _("Accounts"), "value": str(Tool.Accounts(tool.accounts).label)},
    ]
    if status.usable and status.approval is not None:
        if not status.approval.elements:
            items.append({"term": _("Data that goes there"), "value": _("None")})
        if status.approval.purposes:
            items.append({"term": _("For"), "value": ", ".join(_(purposes.get(key, key)) for key in status.approval.purposes)})
        items.append({"term": _("Approved until"), "value": status.approval.ends_on, "is_day": True})
    if tool.held_in:
        items.append({"term": _("Data is held in"), "value": ", ".join(tool.held_in)})
    return items


def guidance(found: Guidance | None) -> dict[str, Any]:
    """The texts of a tool's page; steps as lines."""
    if found is None:
        return {}
    return {
        "setup": [line.strip() for line in found.setup.splitlines() if line.strip()],
        "families_en": found.families_en,
        "families_es": found.families_es,
        "without_account": found.without_account,
        "whom_to_call": found.whom_to_call,
    }


def request_state(asked: ToolRequest, status: Status | None) -> Shown:
    """Where a request stands, in words."""
    state = queries.state_of(asked)
    if state is queries.State.WITHDRAWN:
        return Shown("off", _("Withdrawn"))
    if state is queries.State.ANSWERED:
        return answer_of(status) if status is not None else Shown("ok", _("Answered"))
    return Shown("wait", _("Being reviewed") if asked.review_id else _("Looked for in the catalog"))


def request_steps(asked: ToolRequest) -> list[dict[str, str]]:
    """How far a request is."""
    done = 1 + (asked.tool_id is not None) + (2 if asked.answered_at else 0)
    labels = [_("Asked"), _("Found in the catalog"), _("Reviewed"), _("Answered")]
    return [{"label": label, "state": "done" if at < done else "current" if at == done else "todo"} for at, label in enumerate(labels)]


@dataclasses.dataclass(frozen=True)
class UseRow:
    """A tool that somebody uses."""

    name: str
    url: str
    use_url: str
    classes: str
    ends_on: dt.date
    ends_soon: bool
    answer: Shown


def use_rows(uses: Sequence[ToolUse], statuses: Mapping[int, Status], titles: Mapping[int, str], *, on: dt.date) -> list[UseRow]:
    """The tools that somebody uses, with whether they still may."""
    return [
        UseRow(
            use.tool.name,
            tool_url(use.tool),
            reverse("tools:use", args=[use.public_id]),
            ", ".join(titles[pk] for pk in use.sections if pk in titles)
            or ngettext("%(count)d class", "%(count)d classes", len(use.sections)) % {"count": len(use.sections)},
            use.ends_on,
            (use.ends_on - on).days <= queries.ENDS_SOON_DAYS,
            answer_of(statuses[use.tool_id]),
        )
        for use in uses
    ]


def titles_of(statuses: Iterable[Status]) -> tuple[dict[str, str], dict[str, str]]:
    """(titles of elements, titles of purposes) that approvals name, by key. Two queries."""
    elements: set[str] = set()
    purposes: set[str] = set()
    for status in statuses:
        if status.approval is not None:
            elements |= set(status.approval.elements)
            purposes |= set(status.approval.purposes)
    return (
        dict(Element.objects.filter(pk__in=elements).values_list("key", "title")),
        dict(Purpose.objects.filter(pk__in=purposes).values_list("pk", "title")),
    )
