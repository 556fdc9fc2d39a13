"""A report in words: lines for the command, plain values for the pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.records.models import ImportRun
from governance.records.roster.delivery import Report
from governance.records.roster.faults import Fault, Notice

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
    elif report.ends_too_many:
        yield _("It would end more than a tenth of the students, so a second person has to approve it.")
    elif dry_run:
        yield _("Nothing was changed (dry run).")
    else:
        yield _("Applied.")
