"""Pages of spreadsheets for whoever keeps the catalogue."""

import datetime as dt
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.components import Status as Shown
from portal.base.errors import CannotDo
from portal.base.telling import tell
from vendors.spreadsheets import actions, checks, forms, queries, reading
from vendors.spreadsheets.models import Sheet

MOST_SHOWN = 200


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def sheets(request: SignedInRequest) -> HttpResponse:
    """Bring a spreadsheet; those of late; the catalogue as a spreadsheet."""
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.receive(
                kind=form.cleaned_data["kind"],
                content=form.cleaned_data["file"].read(reading.MOST_BYTES + 1),
                by=request.user,
                at=clock.now(),
            )
        except CannotDo as refusal:
            form.add_error("file", refusal.what_to_do)
        else:
            return redirect("spreadsheets:sheet", made.public_id)
    rows = [
        {
            "url": reverse("spreadsheets:sheet", args=[sheet.public_id]),
            "kind": sheet.get_kind_display(),
            "lines": sheet.lines,
            "by": sheet.received_by.name,
            "at": sheet.received_at,
            "status": _status(sheet),
        }
        for sheet in queries.recent()
    ]
    return render(
        request, "vendors/spreadsheets/sheets.html", {"form": form, "rows": rows, "crumbs": _crumbs(), "kinds": Sheet.Kind.choices}
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def sheet(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One sheet: its columns, then the dry run, then what came of it."""
    found = _find(public_id)
    closed = found.applied_at is not None or found.dropped_at is not None
    form = forms.ColumnsForm(request.POST or None, sheet=found) if not closed and not found.mapping else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            actions.map_columns(sheet=public_id, mapping=form.mapping(), by=request.user, at=clock.now())
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("spreadsheets:sheet", public_id)
    at = clock.now()
    run = checks.dry_run(found, at) if not closed and found.mapping else None
    context = {
        "id": found.public_id,
        "kind": found.get_kind_display(),
        "lines": found.lines,
        "status": _status(found),
        "form": form,
        "sample": {"header": found.header, "rows": found.rows[:3]} if form is not None else None,
        "run": run is not None,
        "faults": run.faults[:MOST_SHOWN] if run else [],
        "fault_count": len(run.faults) if run else 0,
        "new": [_planned(each) for each in run.new[:MOST_SHOWN]] if run else [],
        "new_count": len(run.new) if run else 0,
        "there_count": len(run.planned) - len(run.new) if run else 0,
        "agreements": found.kind == Sheet.Kind.AGREEMENTS,
        "made": found.made.count() if found.applied_at else 0,
        "undo_until": found.applied_at + dt.timedelta(days=actions.UNDO_DAYS) if found.applied_at and not found.undone_at else None,
        "can_undo": bool(found.applied_at and not found.undone_at and at - found.applied_at <= dt.timedelta(days=actions.UNDO_DAYS)),
        "open": not closed,
        "crumbs": [*_crumbs(), {"label": _("Spreadsheets"), "href": reverse("spreadsheets:sheets")}],
    }
    return render(request, "vendors/spreadsheets/sheet.html", context)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    """Apply, take back or drop a sheet."""
    _find(public_id)
    done = {
        "apply": (actions.apply, _("Applied.")),
        "undo": (actions.undo, _("Taken back: everything is as it was before.")),
        "drop": (actions.drop, _("Dropped. Its cells are forgotten.")),
    }.get(act)
    if done is None:
        raise Http404
    action, words = done
    tell(request, lambda: action(sheet=public_id, by=request.user, at=clock.now()), done=words)
    return redirect("spreadsheets:sheet", public_id)


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The catalogue or the agreements in the shape in which they come in."""
    if kind not in Sheet.Kind.values:
        raise Http404
    answer = HttpResponse(queries.as_csv(kind), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return answer


def _find(public_id: UUID) -> Sheet:
    found = queries.find(public_id)
    if found is None:
        raise Http404
    return found


def _status(found: Sheet) -> Shown:
    if found.undone_at is not None:
        return Shown("off", _("Taken back"))
    if found.applied_at is not None:
        return Shown("ok", _("Applied"))
    if found.dropped_at is not None:
        return Shown("off", _("Dropped"))
    return Shown("wait", _("To be checked") if found.mapping else _("Columns to be named"))


def _planned(each: checks.Planned) -> dict[str, object]:
    values = each.values
    title = values["name"] if "name" in values else "; ".join(values["products"])
    return {"row": each.row, "title": title, "provider": values["provider"]}


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Providers"), "href": reverse("providers:list")}]
