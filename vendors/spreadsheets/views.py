"""Pages of spreadsheets for whoever keeps the catalogue."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.finding import or_404
from portal.base.telling import taken
from vendors import bringing_pages as pages
from vendors.columns import ColumnsForm
from vendors.spreadsheets import actions, checks, forms, presets, queries, reading
from vendors.spreadsheets.models import Sheet

MOST_SHOWN = 200


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def sheets(request: SignedInRequest) -> HttpResponse:
    """Bring a spreadsheet; those of late; the catalogue as a spreadsheet."""
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    made = taken(form, lambda: actions.receive(**pages.upload(form, reading.MOST_BYTES), by=request.user, at=clock.now()), field="file")
    if made is not None:
        known = presets.recognize(made.kind, made.header)
        if known is not None and not known.unknown:
            actions.map_columns(sheet=made.public_id, mapping=known.mapping, by=request.user, at=clock.now())
            messages.success(request, _("This is a list of the %(title)s: its columns need no naming.") % {"title": known.title})
        return redirect("spreadsheets:sheet", made.public_id)
    rows = [
        {
            "url": reverse("spreadsheets:sheet", args=[sheet.public_id]),
            "title": sheet.get_kind_display(),
            "count": sheet.lines,
            "by": sheet.received_by.name,
            "at": sheet.received_at,
            "status": pages.state_of_sheet(sheet, applied=_("Applied")),
        }
        for sheet in queries.recent()
    ]
    context = {"form": form, "rows": rows, "crumbs": _crumbs(), "kinds": Sheet.Kind.choices}
    return render(request, "vendors/spreadsheets/sheets.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def sheet(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One sheet: its columns, then the dry run, then what came of it."""
    found = _find(public_id)
    form, at = None, clock.now()
    if not found.is_closed and not found.mapping:
        guessed = checks.guess(found.kind, found.header)
        form = ColumnsForm(request.POST or None, fields=checks.FIELDS[found.kind], header=found.header, guessed=guessed)
        if pages.mapped(form, actions.map_columns, sheet=public_id, by=request.user, at=at):
            return redirect("spreadsheets:sheet", public_id)
    run = checks.dry_run(found, at) if not found.is_closed and found.mapping else None
    context = {
        "id": found.public_id,
        "kind": found.get_kind_display(),
        "lines": found.lines,
        "status": pages.state_of_sheet(found, applied=_("Applied")),
        "form": form,
        "known": presets.recognize(found.kind, found.header) if form is not None else None,
        "sample": {"header": found.header, "rows": found.rows[:3]} if form is not None else None,
        "run": run is not None,
        "faults": run.faults[:MOST_SHOWN] if run else [],
        "fault_count": len(run.faults) if run else 0,
        "new": [_planned(each) for each in run.new[:MOST_SHOWN]] if run else [],
        "new_count": len(run.new) if run else 0,
        "there_count": len(run.planned) - len(run.new) if run else 0,
        "agreements": found.kind == Sheet.Kind.AGREEMENTS,
        "made": found.made.count() if found.applied_at else 0,
        "open": not found.is_closed,
        "crumbs": [*_crumbs(), {"label": _("Spreadsheets"), "href": reverse("spreadsheets:sheets")}],
        **pages.undoing(found, at),
    }
    return render(request, "vendors/spreadsheets/sheet.html", context, status=422 if form is not None and form.is_bound else 200)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    """Apply, take back or drop a sheet."""
    _find(public_id)
    steps: pages.Steps = {
        "apply": (actions.apply, _("Applied.")),
        "undo": (actions.undo, _("Taken back: everything is as it was before.")),
        "drop": (actions.drop, _("Dropped. Its cells are forgotten.")),
    }
    pages.take(request, act, steps, sheet=public_id)
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
    return or_404(queries.find(public_id))


def _planned(each: checks.Planned) -> dict[str, object]:
    values = each.values
    title = values["name"] if "name" in values else "; ".join(values["products"])
    return {"row": each.row, "title": title, "provider": values["provider"]}


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Providers"), "href": reverse("providers:list")}]
