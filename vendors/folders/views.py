"""Pages of folders for whoever keeps the agreements."""

import datetime as dt
import functools
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.components import Status as Shown
from portal.base.errors import CannotDo
from portal.base.telling import tell
from vendors.agreements.models import Agreement
from vendors.folders import actions, forms, queries
from vendors.folders.models import File, Folder
from vendors.spreadsheets.actions import UNDO_DAYS

LIST = "targets"


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def folders(request: SignedInRequest) -> HttpResponse:
    """Bring a folder of PDF files; those of late."""
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = actions.receive(archive=file, size=file.size, by=request.user, at=clock.now())
        except CannotDo as refusal:
            form.add_error("file", refusal.what_to_do)
        else:
            return redirect("folders:folder", made.public_id)
    rows = [
        {
            "url": reverse("folders:folder", args=[each.public_id]),
            "files": len(each.files.all()),
            "by": each.received_by.name,
            "at": each.received_at,
            "status": _status(each),
        }
        for each in queries.recent()
    ]
    return render(request, "vendors/folders/folders.html", {"form": form, "rows": rows, "crumbs": _crumbs()[:1]})


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def folder(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One folder: what each file seems to be meant for, to be corrected; its faults; then what came of it."""
    found = _find(public_id)
    is_open = found.applied_at is None and found.dropped_at is None
    files = list(found.files.all())
    targets = queries.targets() if is_open else {}
    form = forms.ChoicesForm(request.POST or None, files=[each for each in files if not each.fault], targets=targets, list_id=LIST)
    if request.method == "POST" and is_open and form.is_valid():
        try:
            action = actions.apply if request.POST.get("act") == "apply" else actions.correct
            action(folder=public_id, choices=form.choices(), by=request.user, at=clock.now())
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("folders:folder", public_id)
    agreements = queries.agreements_of(files)
    at, until = clock.now(), dt.timedelta(days=UNDO_DAYS)
    context = {
        "id": found.public_id,
        "status": _status(found),
        "open": is_open,
        "form": form if is_open and form.fields else None,
        "list_id": LIST,
        "labels": [target.label for target in targets.values()],
        "faults": [{"name": each.name or f"#{each.number}", "what_to_do": each.get_fault_display()} for each in files if each.fault],
        "made": [_made(each, agreements[each.agreement]) for each in files if each.agreement in agreements],
        "undo_until": found.applied_at + until if found.applied_at and not found.undone_at and at - found.applied_at <= until else None,
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/folders/folder.html", context)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    """Take a folder back, or drop it."""
    _find(public_id)
    action, words = {
        "undo": (actions.undo, _("Taken back: everything is as it was before.")),
        "drop": (actions.drop, _("Dropped. Its files are forgotten.")),
    }.get(act, (None, ""))
    if action is None:
        raise Http404
    tell(request, functools.partial(action, folder=public_id, by=request.user, at=clock.now()), done=words)
    return redirect("folders:folder", public_id)


def _find(public_id: UUID) -> Folder:
    found = queries.find(public_id)
    if found is None:
        raise Http404
    return found


def _made(file: File, agreement: Agreement) -> dict[str, Any]:
    return {
        "number": file.number,
        "title": agreement.title,
        "provider": agreement.provider.name,
        "url": reverse("agreements:detail", args=[agreement.public_id]),
        "new": file.is_new,
        "sha256": file.sha256,
    }


def _status(found: Folder) -> Shown:
    if found.undone_at is not None:
        return Shown("off", _("Taken back"))
    if found.applied_at is not None:
        return Shown("ok", _("Applied"))
    return Shown("off", _("Dropped")) if found.dropped_at is not None else Shown("wait", _("To be checked"))


def _crumbs() -> list[dict[str, str]]:
    return [
        {"label": _("Agreements"), "href": reverse("agreements:list")},
        {"label": _("A folder of PDF files"), "href": reverse("folders:folders")},
    ]
