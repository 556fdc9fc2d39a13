"""Pages of folders for whoever keeps the agreements."""

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
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
from portal.base.components import Status
from portal.base.finding import or_404
from portal.base.telling import taken
from vendors import bringing_pages as pages
from vendors.agreements.models import Agreement
from vendors.folders import actions, forms, queries
from vendors.folders.models import File, Folder

LIST = "targets"


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def folders(request: SignedInRequest) -> HttpResponse:
    """Bring a folder of PDF files; those of late."""
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    made = taken(form, lambda: _receive(form.cleaned_data["file"], by=request.user), field="file")
    if made is not None:
        return redirect("folders:folder", made.public_id)
    rows = [
        {
            "url": reverse("folders:folder", args=[each.public_id]),
            "count": len(each.files.all()),
            "by": each.received_by.name,
            "at": each.received_at,
            "status": _status(each),
        }
        for each in queries.recent()
    ]
    context = {"form": form, "rows": rows, "crumbs": _crumbs()[:1]}
    return render(request, "vendors/folders/folders.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def folder(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One folder: what each file seems to be meant for, to be corrected; its faults; then what came of it."""
    found = _find(public_id)
    is_open, at = not found.is_closed, clock.now()
    files = list(found.files.all())
    targets = queries.targets() if is_open else {}
    form = forms.ChoicesForm(request.POST or None, files=[each for each in files if not each.fault], targets=targets, list_id=LIST)
    action = actions.apply if request.POST.get("act") == "apply" else actions.correct
    if is_open and taken(form, lambda: action(folder=public_id, choices=form.choices(), by=request.user, at=at)) is not None:
        return redirect("folders:folder", public_id)
    agreements = queries.agreements_of(files)
    context = {
        "id": found.public_id,
        "status": _status(found),
        "open": is_open,
        "form": form if is_open and form.fields else None,
        "list_id": LIST,
        "labels": [target.label for target in targets.values()],
        "faults": [{"name": each.name or f"#{each.number}", "what_to_do": each.get_fault_display()} for each in files if each.fault],
        "made": [_made(each, agreements[each.agreement]) for each in files if each.agreement in agreements],
        "crumbs": _crumbs(),
        **pages.undoing(found, at),
    }
    return render(request, "vendors/folders/folder.html", context, status=422 if is_open and form.is_bound else 200)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    """Take a folder back, or drop it."""
    _find(public_id)
    steps: pages.Steps = {
        "undo": (actions.undo, _("Taken back: everything is as it was before.")),
        "drop": (actions.drop, _("Dropped. Its files are forgotten.")),
    }
    pages.take(request, act, steps, folder=public_id)
    return redirect("folders:folder", public_id)


def _receive(file: UploadedFile, *, by: User) -> Folder:
    return actions.receive(archive=file, size=file.size or 0, by=by, at=clock.now())


def _find(public_id: UUID) -> Folder:
    return or_404(queries.find(public_id))


def _made(file: File, agreement: Agreement) -> dict[str, Any]:
    return {
        "number": file.number,
        "title": agreement.title,
        "provider": agreement.provider.name,
        "url": reverse("agreements:detail", args=[agreement.public_id]),
        "new": file.is_new,
        "sha256": file.sha256,
    }


def _status(found: Folder) -> Status:
    return pages.state_of(found, applied=_("Applied"), waiting=_("To be checked"))


def _crumbs() -> list[dict[str, str]]:
    return [
        {"label": _("Agreements"), "href": reverse("agreements:list")},
        {"label": _("A folder of PDF files"), "href": reverse("folders:folders")},
    ]
