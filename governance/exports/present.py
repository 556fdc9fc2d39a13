"""Exports as plain values for templates."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.audit import present as audit
from governance.audit import queries as audit_queries
from governance.audit.questions import NotAQuestion
from governance.exports import board, queries, words
from governance.exports.models import Export
from governance.exports.queries import Size
from governance.people.models import User
from portal.base.components import Status, bar_chart
from portal.base.templatetags.portal import count, long_date, long_time

State = Export.State
STATUS: Mapping[str, str] = {
    State.WAITING: "wait",
    State.QUEUED: "wait",
    State.MAKING: "wait",
    State.READY: "ok",
    State.GONE: "off",
    State.REFUSED: "stop",
    State.LAPSED: "off",
    State.CANCELLED: "off",
    State.FAILED: "stop",
}
_KILO = 1000


def status_of(export: Export) -> Status:
    """Where it stands."""
    return Status(STATUS[export.state], str(State(export.state).label))


def row(export: Export) -> dict[str, Any]:
    """One export in the list."""
    return {
        "url": reverse("exports:detail", args=[export.public_id]),
        "what": str(words.PURPOSES.get(export.purpose, export.purpose)),
        "form": str(words.FORMS.get(export.form, export.form)),
        "asked_at": export.asked_at,
        "asked_by": export.asked_by.name,
        "entries": count(export.entries),
        "status": status_of(export),
    }


def size_facts(size: Size | Export) -> list[dict[str, str]]:
    """How much the file holds, for a list of terms and values."""
    students = count(size.students) if size.all_counted else _("%(count)s or more") % {"count": count(size.students)}
    facts = [(_("Entries"), count(size.entries)), (_("Lines of a table"), count(size.lines)), (_("Students they name"), students)]
    if size.whole_schools:
        facts.append((_("Schools of which every student is named"), count(size.whole_schools)))
    return [{"term": term, "value": value} for term, value in facts]


def second_words(size: Size | Export) -> str:
    """Why a second person is needed; nothing where none is."""
    if not size.needs_second:
        return ""
    if size.students > queries.MOST_ALONE:
        return _("It names more than %(most)d students. So a second person has to agree.") % {"most": queries.MOST_ALONE}
    if size.whole_schools:
        return _("It names every student of a school. So a second person has to agree.")
    return _("It is too much to count every student. So a second person has to agree.")


def asked_words(export: Export) -> list[dict[str, str]]:
    """What was searched for, for a list of terms and values. Five queries at most."""
    try:
        question = queries.question_of(export)
    except NotAQuestion:
        return []
    return audit.asked_words(question, people=audit_queries.people_with_ids(question.people), titles=audit_queries.lists())


def page(export: Export, *, reader: User) -> dict[str, Any]:
    """One export on its page. `reader` is whoever asked for it, or a second person."""
    is_own = reader.pk == export.asked_by_id
    files = _files(export) if is_own and export.state == State.READY else []
    asked_for = [
        (_("Asked by"), export.asked_by.name),
        (_("When"), long_time(export.asked_at)),
        (_("Purpose"), str(words.PURPOSES.get(export.purpose, export.purpose))),
        (_("Why"), export.reason),
        (_("File"), str(words.FORMS.get(export.form, export.form))),
    ]
    if export.decided_by is not None:
        asked_for.append(
            (
                _("Refused by") if export.state == State.REFUSED else _("Approved by"),
                f"{export.decided_by.name}, {long_time(export.decided_at)}",
            )
        )
    if export.refusal:
        asked_for.append((_("Why not"), export.refusal))
    return {
        "id": export.public_id,
        "state": export.state,
        "status": status_of(export),
        "at_work": export.state in {State.QUEUED, State.MAKING},
        "is_own": is_own,
        "asked": [{"term": term, "value": value} for term, value in asked_for],
        "holds": size_facts(export),
        "searched": asked_words(export),
        "second": second_words(export),
        "until": long_date(export.lapses_on),
        "progress": _progress(export),
        "failure": str(Export.Failure(export.failure).label) if export.failure else "",
        "may_cancel": is_own and export.state in {State.WAITING, State.QUEUED, State.MAKING, State.READY},
        "files": files,
        "digests": [{"term": f"SHA-256, {file['label']}", "value": file["sha256"]} for file in files],
        "has_proof": bool(export.proof),
        "goes": long_time(export.gone_after),
    }


def _progress(export: Export) -> dict[str, Any]:
    done, of = min(export.done, export.lines), export.lines
    return {
        "done": done,
        "of": max(of, 1),
        "words": ngettext("%(done)s of %(of)s line written", "%(done)s of %(of)s lines written", of)
        % {"done": count(done), "of": count(of)},
    }


def _files(export: Export) -> list[dict[str, str]]:
    found = [(_("Download the file"), "exports:file", export.file)]
    if export.proof:
        found.append((_("Download the proof"), "exports:proof", export.proof))
    return [
        {"label": label, "url": reverse(name, args=[export.public_id]), "size": bytes_words(part["size"]), "sha256": part["sha256"]}
        for label, name, part in found
    ]


def bytes_words(size: int) -> str:
    """A file's length as people say it."""
    if size < _KILO:
        return ngettext("%(count)s byte", "%(count)s bytes", size) % {"count": size}
    if size < _KILO**2:
        return _("%(count)s kB") % {"count": f"{size / _KILO:.1f}"}
    return _("%(count)s MB") % {"count": f"{size / _KILO**2:.1f}"}


def board_page(report: board.Report) -> dict[str, Any]:
    """The report for the school board on its page."""
    return {
        "period": report.period.words,
        "before": report.period.before.words,
        "made_at": report.made_at,
        "unseen": report.unseen,
        "parts": [
            {
                "id": f"part-{number}",
                "heading": part.heading,
                "label": part.label,
                "text": part.text,
                "compared": part.name != "verified",
                "barred": part.charted and part.name != "month",
                "chart": bar_chart(part.heading, part.bars, label_heading=part.label, value_heading=_("Times"))
                if part.charted and part.name == "month"
                else None,
                "rows": [
                    {"label": row.label, "now": row.now_words, "before": row.before_words, "share": part.share(row)} for row in part.rows
                ],
            }
            for number, part in enumerate(report.parts)
        ],
    }
