"""Pages of imports: upload, what it would change, every fault, apply, and what came before."""

import csv
import functools
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority.models import Element
from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.records import queue
from governance.records.models import ImportRun
from governance.records.roster import forms, present, runs
from governance.records.uploads import UnnamedFile
from governance.records.values import mapping
from governance.records.values import runs as values
from governance.vocabulary import Permission
from portal.base import clock, heartbeat

SHOWN = 50
View = Callable[..., HttpResponse]


class UploadRequest(SignedInRequest):
    """For the type checker: `_takes_upload` adds whether the upload was too large."""

    oversized: Callable[[], bool]


def _takes_upload(view: View) -> View:
    """Have the upload pass through a file without a name; the form's token is checked after that is settled."""

    @csrf_exempt
    @functools.wraps(view)
    def with_handler(request: UploadRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        handler = UnnamedFile(request)
        request.upload_handlers = [handler]
        request.oversized = lambda: handler.too_large
        return csrf_protect(view)(request, *args, **kwargs)

    return with_handler


@require_GET
@allow(Permission.IMPORT_ROSTER, Permission.SECOND_KEY)
def runs_list(request: SignedInRequest) -> HttpResponse:
    """The last imports, newest first."""
    found = ImportRun.objects.select_related("made_by", "second_by").order_by("-made_at")[:SHOWN]
    return render(
        request,
        "governance/roster/runs_list.html",
        {
            "rows": [present.row(run, url=reverse("roster:run", args=[run.public_id])) for run in found],
            "may_upload": may(request, Permission.IMPORT_ROSTER),
        },
    )


@_takes_upload
@require_http_methods(["GET", "POST"])
@allow(Permission.IMPORT_ROSTER)
def upload(request: UploadRequest) -> HttpResponse:
    """Send a roster; it is checked, and nothing changes yet."""
    form = forms.RosterUploadForm(*_sent(request))
    if request.method == "POST" and _accept(request, form):
        file = form.cleaned_data["file"]
        run = runs.receive(content=file.file, name=file.name, by=request.user, at=clock.now())
        if run.state == ImportRun.State.APPLIED:
            messages.info(request, _("This is the same file as was applied last. It changes nothing."))
        return redirect("roster:run", run.public_id)
    return render(request, "governance/roster/upload.html", {"form": form, "crumbs": _crumbs()})


@_takes_upload
@require_http_methods(["GET", "POST"])
@allow(Permission.IMPORT_ROSTER)
def values_upload(request: UploadRequest) -> HttpResponse:
    """Send a file with values of students; next, its columns are named."""
    form = forms.ValuesUploadForm(*_sent(request))
    if request.method == "POST" and _accept(request, form):
        file = form.cleaned_data["file"]
        try:
            run = values.receive(content=file.file, name=file.name, by=request.user, at=clock.now())
        except values.NotTaken as refusal:
            form.add_error("file", refusal.what_to_do)
        else:
            return redirect("roster:columns", run.public_id)
    return render(request, "governance/roster/values_upload.html", {"form": form, "crumbs": _crumbs()})


@require_http_methods(["GET", "POST"])
@allow(Permission.IMPORT_ROSTER)
def columns(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Say what the columns of a file mean."""
    run = _run(public_id)
    if run.state != ImportRun.State.MAPPING:
        return redirect("roster:run", public_id)
    titles = dict(Element.objects.filter(held_in="value").order_by("title").values_list("key", "title"))
    headers = run.mapping["headers"]
    form = forms.ColumnsForm(
        request.POST if request.method == "POST" else None,
        headers=headers,
        choices=present.meanings(titles),
        guessed=mapping.guess(headers, titles),
    )
    if form.is_valid():
        try:
            values.map_columns(run_id=run.pk, pairs=form.pairs(), source=form.cleaned_data["source"], by=request.user, at=clock.now())
        except (mapping.WrongMapping, queue.CannotDecide) as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("roster:run", public_id)
    return render(request, "governance/roster/columns.html", {"form": form, "crumbs": _crumbs(), "run": present.head(run)})


@require_GET
@allow(Permission.IMPORT_ROSTER, Permission.SECOND_KEY)
def run_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One import: how far it is, what it would change or changed, what is wrong with it."""
    run = _run(public_id)
    if run.state == ImportRun.State.MAPPING:
        return redirect("roster:columns", public_id) if may(request, Permission.IMPORT_ROSTER) else redirect("roster:runs")
    now = clock.now()
    page = present.page(
        run,
        reader=request.user,
        may_import=may(request, Permission.IMPORT_ROSTER),
        may_approve=may(request, Permission.SECOND_KEY),
        worker_away=queue.is_silent(run, worker_seen=heartbeat.last("keeper"), now=now),
        titles=dict(Element.objects.values_list("key", "title")),
    )
    return render(request, "governance/roster/run.html", {"run": page, "crumbs": _crumbs()})


@require_GET
@allow(Permission.IMPORT_ROSTER, Permission.SECOND_KEY)
def faults(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The faults of one import as a CSV, to work through in a spreadsheet."""
    run = _run(public_id)
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="faults-{run.public_id}.csv"'}
    )
    answer.write("\ufeff")
    writer = csv.writer(answer)
    writer.writerow([_("File"), _("Line"), _("Column"), _("What is wrong"), _("What to do")])
    writer.writerows(present.fault_cells(run))
    return answer


@require_POST
@allow(Permission.IMPORT_ROSTER)
def apply(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Have a checked import applied."""
    return _decided(request, public_id, lambda run: queue.apply(run_id=run.pk, by=request.user, at=clock.now(), on=clock.today()))


@require_POST
@allow(Permission.SECOND_KEY)
def approve(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The second person's yes to an import that would end many students, or lift limits on a guardian's access."""
    return _decided(request, public_id, lambda run: queue.approve(run_id=run.pk, by=request.user, at=clock.now(), on=clock.today()))


@require_POST
@allow(Permission.IMPORT_ROSTER, Permission.SECOND_KEY)
def drop(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Give an import up."""
    return _decided(request, public_id, lambda run: queue.drop(run_id=run.pk, by=request.user, at=clock.now()))


def _decided(request: SignedInRequest, public_id: UUID, decide: Callable[[ImportRun], ImportRun]) -> HttpResponse:
    try:
        decide(_run(public_id))
    except queue.CannotDecide as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("roster:run", public_id)


def _run(public_id: UUID) -> ImportRun:
    run = ImportRun.objects.select_related("made_by", "second_by", "applied_by").filter(public_id=public_id).first()
    if run is None:
        raise Http404
    return run


def _sent(request: SignedInRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _accept(request: UploadRequest, form: Any) -> bool:
    if request.oversized():
        form.full_clean()
        form.errors.pop("file", None)
        form.add_error("file", _("The file is larger than 100 MB. Import the folder by the command on the server instead."))
        return False
    return bool(form.is_valid())


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Roster"), "href": reverse("roster:runs")}]
