"""A report in words: lines for the command, plain values for the pages."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.people.models import User
from governance.records.models import ImportRun
from governance.records.roster.delivery import FEW_ENDS, Report
from governance.records.roster.faults import Fault, Notice
from governance.records.values.mapping import KEYS, LIMIT_PARTS
from portal.base.components import Status

State = ImportRun.State
STATUS: Mapping[str, str] = {
    State.MAPPING: "warn",
    State.RECEIVED: "wait",
    State.CHECKED: "warn",
    State.REFUSED: "stop",
    State.WAITING: "wait",
    State.APPLYING: "wait",
    State.APPLIED: "ok",
    State.FAILED: "stop",
    State.DROPPED: "off",
}
FAULTS_ON_PAGE = 100
FAILURES: Mapping[str, str | Promise] = {
    "attempts": gettext_lazy(
        "It was started three times and did not come to an end. Nothing was changed. Look at the worker’s log, then send the file again."
    ),
    "lost": gettext_lazy(
        "The upload is gone: uploads are kept for a day at most, and not through a crash of the database. Nothing was changed. Send the file again."
    ),
    "error": gettext_lazy(
        "The portal could not work on this file. Nothing was changed. Tell the people who run the portal, and give them the number of this import."
    ),
}

KINDS: Mapping[str, str | Promise] = {
    "schools": gettext_lazy("Schools"),
    "terms": gettext_lazy("Terms"),
    "sections": gettext_lazy("Classes"),
    "staff": gettext_lazy("Staff"),
    "students": gettext_lazy("Students"),
    "guardians": gettext_lazy("Parents and guardians"),
    "links": gettext_lazy("Links of guardians to students"),
    "enrollments": gettext_lazy("Students in classes"),
    "teachings": gettext_lazy("Teachers of classes"),
    "values": gettext_lazy("Values"),
    "limits": gettext_lazy("Limits on guardians’ access"),
}


def counted(counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """A row for each kind: label, and how many are added, changed, back, ended."""
    return [
        {"label": str(label), **{what: counts[kind].get(what, 0) for what in ("added", "changed", "returned", "ended")}}
        for kind, label in KINDS.items()
        if kind in counts
    ]


def place(found: Fault | Notice) -> str:
    """Where a fault or a notice is: file, line, column, as far as it has them."""
    parts = [found.file]
    if found.line:
        parts.append(_("line %(line)s") % {"line": found.line})
    if found.column:
        parts.append(_("column %(column)s") % {"column": found.column})
    return ", ".join(parts)


def lines(report: Report, *, dry_run: bool, run: ImportRun | None) -> Iterator[str]:
    """What the command says."""
    if report.identical:
        yield _("This is the same delivery as was applied last. It changes nothing.")
        return
    for fault in report.faults:
        yield f"{place(fault)}: {fault.what} {fault.what_to_do}"
    if report.refused:
        more = report.fault_count - len(report.faults)
        if more:
            yield ngettext("… and %(more)s more fault.", "… and %(more)s more faults.", more) % {"more": more}
        yield ngettext(
            "Refused: %(count)s fault. Nothing was changed.", "Refused: %(count)s faults. Nothing was changed.", report.fault_count
        ) % {"count": report.fault_count}
        return
    for notice in report.notices:
        times = f" ({notice.count}×)" if notice.count > 1 else ""
        yield _("Note: %(place)s: %(what)s") % {"place": place(notice), "what": notice.what} + times
    for row in counted(report.counts):
        yield _("%(label)s: %(added)s added, %(changed)s changed, %(returned)s back, %(ended)s ended") % row
    if report.unchanged:
        yield _("The portal holds all of it already. It changes nothing.")
    elif report.ends_too_many and run is not None:
        yield _(
            "Not applied: it would end more than a tenth of the students. An admin or the superintendent has to approve it at /roster/%(run)s/."
        ) % {"run": run.public_id}
    elif report.lifts_limits and run is not None:
        yield _(
            "Not applied: it would end or change limits on guardians’ access. An admin or the superintendent has to approve it at /roster/%(run)s/."
        ) % {"run": run.public_id}
    elif report.lifts_limits:
        yield _("It would end or change limits on guardians’ access, so a second person has to approve it.")
    elif report.ends_too_many:
        yield _("It would end more than a tenth of the students, so a second person has to approve it.")
    elif dry_run:
        yield _("Nothing was changed (dry run).")
    else:
        yield _("Applied.")


def head(run: ImportRun) -> dict[str, Any]:
    """What stands above every page of a run."""
    return {
        "id": str(run.public_id),
        "file": run.file_name,
        "kind": str(ImportRun.Kind(run.kind).label),
        "is_roster": run.kind == ImportRun.Kind.ROSTER,
        "state": run.state,
        "status": Status(STATUS[run.state], str(State(run.state).label)),
        "made_at": run.made_at,
        "made_by": run.made_by.name if run.made_by else _("the server’s command line"),
        "second_by": run.second_by.name if run.second_by else "",
        "applied_at": run.applied_at,
    }


def row(run: ImportRun, *, url: str) -> dict[str, Any]:
    """A line of the list: the state, and the gist of what it changed or what is wrong."""
    return {**head(run), "url": url, "gist": _gist(run)}


def _gist(run: ImportRun) -> str:
    report = run.report
    if report.get("fault_count"):
        return ngettext("%(count)s fault", "%(count)s faults", report["fault_count"]) % {"count": f"{report['fault_count']:,}"}
    if report.get("unchanged"):
        return _("Nothing to change")
    counts = report.get("counts", {})
    kind = next((kind for kind in ("students", "values", "limits") if kind in counts), None)
    if kind is None:
        return ""
    names = {
        "added": _("%(count)s added"),
        "changed": _("%(count)s changed"),
        "returned": _("%(count)s back"),
        "ended": _("%(count)s ended"),
    }
    parts = [words % {"count": f"{counts[kind][what]:,}"} for what, words in names.items() if counts[kind].get(what)]
    return _("%(kind)s: %(parts)s") % {"kind": KINDS[kind], "parts": ", ".join(parts) or _("none")}


def page(
    run: ImportRun, *, reader: User, may_import: bool, may_approve: bool, worker_away: bool, titles: Mapping[str, str]
) -> dict[str, Any]:
    """Everything the page of a run shows. `titles` maps element keys to words."""
    report = run.report
    found = [Fault(**{"column": "", **fault}) for fault in report.get("faults", [])]
    own = run.made_by_id is not None and run.made_by_id == reader.pk
    students = report.get("counts", {}).get("students", {})
    return {
        **head(run),
        "steps": _steps(run),
        "at_work": run.state in {State.RECEIVED, State.APPLYING},
        "worker_away": worker_away,
        "version": report.get("version", ""),
        "source": report.get("source", ""),
        "counts": list(counted(report.get("counts", {}))),
        "is_done": run.state == State.APPLIED,
        "unchanged": bool(report.get("unchanged")) and not report.get("fault_count"),
        "elements": [titles.get(key, key) for key in report.get("elements", [])],
        "files": [
            {
                "name": file["name"],
                "rows": file["rows"],
                "mode": _("whole") if file["mode"] == "bulk" else _("changes"),
            }
            for file in report.get("files", [])
        ],
        "faults": [{"place": fault, "what": fault.what, "what_to_do": fault.what_to_do} for fault in found[:FAULTS_ON_PAGE]],
        "fault_count": report.get("fault_count", 0),
        "faults_listed": len(found),
        "faults_on_page": min(len(found), FAULTS_ON_PAGE),
        "notices": [
            {"place": place(notice), "what": notice.what, "count": notice.count}
            for notice in (Notice(**{"column": "", **n}) for n in report.get("notices", []))
        ],
        "may_apply": may_import and run.state == State.CHECKED and not report.get("unchanged"),
        "may_approve": may_approve and run.state == State.WAITING and not own,
        "is_own": own,
        "may_drop": (may_import or may_approve) and run.state in {State.CHECKED, State.WAITING},
        "ended": students.get("ended", 0),
        "before": students.get("before", 0),
        "lifted": sum(report.get("counts", {}).get("limits", {}).get(what, 0) for what in ("ended", "changed")),
        "few": FEW_ENDS,
        "failure": str(FAILURES[report["failed"]]) if report.get("failed") in FAILURES else str(FAILURES["error"]),
    }


def _steps(run: ImportRun) -> list[dict[str, str]]:
    labels = [_("Uploaded"), _("Checked"), _("Applied")]
    if run.kind == ImportRun.Kind.VALUES:
        labels.insert(1, _("Columns named"))
    reached = {State.MAPPING: 1, State.RECEIVED: len(labels) - 2, State.REFUSED: len(labels) - 2, State.APPLIED: len(labels)}.get(
        State(run.state), len(labels) - 1
    )
    return [
        {"label": label, "state": "done" if place < reached else "current" if place == reached else "todo"}
        for place, label in enumerate(labels)
    ]


def fault_cells(run: ImportRun) -> Iterator[list[str]]:
    """The faults of a run as rows for a spreadsheet; a cell that it would run is made harmless."""
    for kept in run.report.get("faults", []):
        fault = Fault(**{"column": "", **kept})
        cells = [fault.file, str(fault.line or ""), fault.column, fault.what, fault.what_to_do]
        yield [f"'{cell}" if re.match(r"[=+\-@\t\r\n]", cell) else cell for cell in cells]


def meanings(titles: Mapping[str, str]) -> list[Any]:
    """What a column may mean, as the groups of a list. `titles` maps keys of elements to their titles."""
    return [
        ("", _("Leave this column out")),
        (_("Whose row it is"), list(KEYS.items())),
        (_("Values"), list(titles.items())),
        (_("About the values of the row"), [("item", _("Which one: course, test, vaccine")), ("date", _("Date recorded"))]),
        (_("Limits from court orders"), list(LIMIT_PARTS.items())),
    ]
