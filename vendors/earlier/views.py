"""Pages of earlier answers for the school office."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.finding import or_404
from portal.base.telling import taken
from vendors import bringing_pages as pages
from vendors.columns import ColumnsForm
from vendors.consents import present as consents
from vendors.consents.models import Form
from vendors.earlier import actions, checks, forms
from vendors.earlier.models import EarlierSheet
from vendors.spreadsheets import reading

MOST_SHOWN = 200


@require_http_methods(["GET", "POST"])
@allow(Permission.REGISTER_FAMILY_PAPERS)
def sheets(request: SignedInRequest) -> HttpResponse:
    """Bring a list of earlier answers; the person's own lists of late; answers as a list."""
    texts = _texts()
    form = forms.UploadForm(request.POST or None, request.FILES or None, texts=[(sha256, title) for sha256, title, _id in texts])
    made = taken(form, lambda: _receive(form, by=request.user), field="file")
    if made is not None:
        return redirect("earlier:sheet", made.public_id)
    rows = [
        {
            "url": reverse("earlier:sheet", args=[each.public_id]),
            "title": consents.title_of(each.form),
            "count": each.lines,
            "at": each.received_at,
            "status": pages.state_of_sheet(each, applied=_("Registered")),
        }
        for each in EarlierSheet.objects.filter(received_by=request.user).select_related("form")[:50]
    ]
    context = {"form": form, "rows": rows, "texts": texts, "crumbs": _crumbs()[:1]}
    return render(request, "vendors/earlier/sheets.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@allow(Permission.REGISTER_FAMILY_PAPERS)
def sheet(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One list: its columns, then, by POST, the dry run with each fault, then what came of it."""
    found = _find(request, public_id)
    form, at = None, clock.now()
    if not found.is_closed and not found.mapping:
        form = ColumnsForm(request.POST or None, fields=checks.COLUMNS, header=found.header, guessed=checks.guess(found.header))
        if pages.mapped(form, actions.map_columns, sheet=public_id, by=request.user, at=at):
            return redirect("earlier:sheet", public_id)
    to_check = not found.is_closed and bool(found.mapping)
    ran = to_check and request.POST.get("act") == "check"
    planned, faults = actions.dry_run(sheet=found, by=request.user, at=at) if ran else ([], [])
    context = {
        "id": found.public_id,
        "title": consents.title_of(found.form),
        "covers": found.covers,
        "lines": found.lines,
        "status": pages.state_of_sheet(found, applied=_("Registered")),
        "form": form,
        "header": found.header,
        "to_check": to_check,
        "ran": ran,
        "faults": faults[:MOST_SHOWN],
        "fault_count": len(faults),
        "planned": [
            {"row": each.row, "name": each.person.name, "said": consents.SAID[each.said], "signed_on": each.signed_on}
            for each in planned[:MOST_SHOWN]
        ],
        "planned_count": len(planned),
        "brought": found.brought.count() if found.applied_at else 0,
        "open": not found.is_closed,
        "crumbs": _crumbs(),
        **pages.undoing(found, at),
    }
    return render(request, "vendors/earlier/sheet.html", context, status=422 if form is not None and form.is_bound else 200)


@require_POST
@allow(Permission.REGISTER_FAMILY_PAPERS)
def act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    """Apply, take back or drop a list."""
    _find(request, public_id)
    steps: pages.Steps = {
        "apply": (actions.apply, _("Registered. Families with an account get their receipts.")),
        "undo": (actions.undo, _("Taken back: these answers count no more.")),
        "drop": (actions.drop, _("Dropped. Its cells are forgotten.")),
    }
    pages.take(request, act, steps, sheet=public_id)
    return redirect("earlier:sheet", public_id)


@require_POST
@allow(Permission.REGISTER_FAMILY_PAPERS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def export(request: SignedInRequest) -> HttpResponse:
    """What counts about one matter, of the own school's students, in the shape in which lists come in."""
    form = or_404(Form.objects.filter(sha256=request.POST.get("form", ""), replaced_at=None).select_related("matter").first())
    headers = {"Content-Disposition": 'attachment; filename="answers.csv"', "X-Content-Type-Options": "nosniff"}
    content = actions.export(form=form, by=request.user, at=clock.now())
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _receive(form: forms.UploadForm, *, by: User) -> EarlierSheet:
    said = pages.upload(form, reading.MOST_BYTES)
    return actions.receive(**said | {"form": Form.objects.get(sha256=said["form"], replaced_at=None)}, by=by, at=clock.now())


def _find(request: SignedInRequest, public_id: UUID) -> EarlierSheet:
    """Only who brought a list sees it: it holds what families said."""
    return or_404(EarlierSheet.objects.select_related("form__matter__tool").filter(public_id=public_id, received_by=request.user).first())


def _texts() -> list[tuple[str, str, int]]:
    """Texts in use that can be answered: (hash, title, number)."""
    found = Form.objects.filter(replaced_at=None).exclude(kind=Form.Kind.INFORM).select_related("matter__tool")
    return sorted(((text.sha256, consents.title_of(text), text.number) for text in found), key=lambda each: each[1])


def _crumbs() -> list[dict[str, str]]:
    return [
        {"label": _("Families’ answers"), "href": reverse("consents:overview")},
        {"label": _("Earlier answers"), "href": reverse("earlier:sheets")},
    ]
