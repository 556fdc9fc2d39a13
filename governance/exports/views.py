"""Asking for an export, watching it, deciding as the second person, downloading."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from governance.audit import present as audit
from governance.audit import queries as audit_queries
from governance.audit.questions import NotAQuestion, Question
from governance.auditors.policies import open_to_auditors
from governance.exports import actions, board, downloads, forms, present, proofs, queries, tables, words
from governance.exports.models import Export
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission, Role
from portal.base import clock, vault
from portal.base.errors import CannotDo

State = Export.State
# Outside the demo the password or second factor once more: one stolen session must not take the trail away.
asked_again = reauthentication_required(enabled=lambda request: not settings.DEMO)


@require_http_methods(["GET", "POST"])
@open_to_auditors(reason="an export within the audit's scope, where the audit allows exports")
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
@asked_again
def ask(request: SignedInRequest) -> HttpResponse:
    """What the search found, as a file: how much it would hold, whether a second person is needed, and why it is wanted."""
    hat = _hat(request)
    question = _asked(request)
    filters = queries.asked_of(question, by=request.user, hat=hat)
    if filters is None:
        raise Http404
    size = queries.size_of(filters, by=request.user, hat=hat)
    form = forms.AskForm(request.POST or None, size=size)
    if form.is_valid():
        try:
            export = actions.ask(by=request.user, hat=hat, question=question, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("exports:detail", export.public_id)
    context = {
        "form": form,
        "asked": audit.asked_words(question, people=audit_queries.people_with_ids(question.people), titles=audit_queries.lists()),
        "holds": present.size_facts(size),
        "second": present.second_words(size),
        "nothing": not size.entries,
        "action": request.get_full_path(),
        "back": reverse("audit:search") + question.in_address(),
        "list": reverse("exports:list"),
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
    }
    return render(request, "governance/exports/ask.html", context, status=422 if form.is_bound else 200)


@require_GET
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ, Permission.SECOND_KEY)
def exports(request: SignedInRequest) -> HttpResponse:
    """One's own exports, and those that wait for a second person."""
    found = list(queries.listed_for(request.user, on=clock.today()))
    waiting = [export for export in found if export.state == State.WAITING and export.asked_by_id != request.user.pk]
    context = {
        "waiting": [present.row(export) for export in waiting],
        "rows": [present.row(export) for export in found if export not in waiting],
        "may_ask": queries.hat_of(request.user, on=clock.today()) is not None,
        "crumbs": _crumbs(request),
    }
    return render(request, "governance/exports/list.html", context)


@require_GET
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ, Permission.SECOND_KEY)
def detail(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    """One export: what it holds and why, how far it is, its files and until when they are there."""
    return _page(request, _visible(request, export_id), forms.RefuseForm())


@require_POST
@allow(Permission.SEARCH_TRAIL, Permission.SECOND_KEY)
@asked_again
def approve(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    """The second person's yes."""
    _visible(request, export_id)
    return _step(request, export_id, lambda: actions.approve(export_id=export_id, by=request.user, at=clock.now()))


@require_POST
@allow(Permission.SEARCH_TRAIL, Permission.SECOND_KEY)
@asked_again
def refuse(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    """The second person's no, with a reason."""
    export = _visible(request, export_id)
    form = forms.RefuseForm(request.POST)
    if not form.is_valid():
        return _page(request, export, form, status=422)
    return _step(
        request, export_id, lambda: actions.refuse(export_id=export_id, by=request.user, reason=form.cleaned_data["reason"], at=clock.now())
    )


@require_POST
@open_to_auditors(reason="an own export")
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
def cancel(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    """Call one's own export off."""
    _visible(request, export_id)
    return _step(request, export_id, lambda: actions.cancel(export_id=export_id, by=request.user, at=clock.now()))


@require_safe
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
@asked_again
def file(request: SignedInRequest, export_id: UUID) -> HttpResponseBase:
    """The file, for whoever asked for it and for nobody else; any part of it, so that a broken download goes on."""
    return _download(request, export_id, "file")


@require_safe
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
@asked_again
def proof(request: SignedInRequest, export_id: UUID) -> HttpResponseBase:
    """The file's companion, in the same way."""
    return _download(request, export_id, "proof")


@require_safe
@allow(Permission.SEARCH_TRAIL)
def board_report(request: SignedInRequest) -> HttpResponse:
    """What the compliance officer brings to the school board: last month, or the days that the address names."""
    form, period = _period(request)
    context: dict[str, Any] = {"form": form, "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}]}
    if period is None:
        return render(request, "governance/exports/board_report.html", context, status=422)
    found = board.report(period, by=request.user, hat=Role.COMPLIANCE_OFFICER)
    days = urlencode({"first": period.first.isoformat(), "last": period.last.isoformat()})
    context |= {
        "report": present.board_page(found),
        "pdf": f"{reverse('exports:board-report-pdf')}?{days}",
        "languages_of_pdf": forms.LANGUAGES_OF_PDF,
    }
    return render(request, "governance/exports/board_report.html", context)


@require_safe
@allow(Permission.SEARCH_TRAIL)
def board_report_pdf(request: SignedInRequest) -> HttpResponse:
    """The same as a PDF/UA, in English or Spanish."""
    _form, period = _period(request)
    language = request.GET.get("language", "en")
    if period is None or language not in dict(forms.LANGUAGES_OF_PDF):
        raise Http404
    with translation.override(language):
        found = board.report(period, by=request.user, hat=Role.COMPLIANCE_OFFICER)
    name = f"board-report-{period.first.isoformat()}-to-{period.last.isoformat()}-{language}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(board.as_pdf(found, language=language), content_type="application/pdf", headers=headers)


def _period(request: HttpRequest) -> tuple[forms.PeriodForm, board.Period | None]:
    """The form as it was sent, and the period; None where it is none."""
    usual = board.last_month(clock.today())
    if not {"first", "last"} & set(request.GET):
        return forms.PeriodForm(initial={"first": usual.first, "last": usual.last}), usual
    form = forms.PeriodForm(request.GET)
    return form, board.Period(**form.cleaned_data) if form.is_valid() else None


def _download(request: SignedInRequest, export_id: UUID, part: str) -> HttpResponseBase:
    export = Export.objects.select_related("asked_by").filter(public_id=export_id, asked_by=request.user).first()
    if export is None or not queries.may_export(request.user, hat=export.hat, on=clock.today()):
        raise Http404
    told = export.proof if part == "proof" else export.file
    if export.state in {State.READY, State.GONE} and (export.gone_after is None or clock.now() >= export.gone_after):
        return render(request, "governance/exports/gone.html", {"crumbs": _crumbs(request), "export": export.public_id}, status=410)
    if not told:
        raise Http404
    kept = actions.kept_of(told)
    filters = queries.filters_of(export)
    if filters is None:
        raise Http404
    name = tables.file_name(filters, export.form)
    try:
        wanted = downloads.part_of(request.headers, kept)
    except downloads.Unsatisfiable:
        return downloads.not_satisfiable(kept)
    actions.note_download(export=export, by=request.user, part=part, first=wanted[0] if wanted else 0)
    name, kind = (name + proofs.SUFFIX, "application/json") if part == "proof" else (name, words.TYPES[export.form])
    try:
        return downloads.answer(request, kept, wanted, name=name, content_type=kind)
    except vault.Damaged:
        messages.error(request, _("The file cannot be read any more. Ask for it again, and tell whoever runs the server."))
        return redirect("exports:detail", export_id)


def _page(request: SignedInRequest, export: Export, form: forms.RefuseForm, *, status: int = 200) -> HttpResponse:
    context = {
        "export": present.page(export, reader=request.user),
        "may_decide": export.state == State.WAITING and queries.may_decide(request.user, export, on=clock.today()),
        "form": form,
        "crumbs": [*_crumbs(request), {"label": _("Exports"), "href": reverse("exports:list")}],
    }
    return render(request, "governance/exports/detail.html", context, status=status)


def _step(request: SignedInRequest, export_id: UUID, step: Callable[[], Export]) -> HttpResponse:
    try:
        step()
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("exports:list")
    return redirect("exports:detail", export_id)


def _visible(request: SignedInRequest, export_id: UUID) -> Export:
    export = queries.visible_to(request.user, export_id, on=clock.today())
    if export is None:
        raise Http404
    return export


def _hat(request: SignedInRequest) -> Role:
    hat = queries.hat_of(request.user, on=clock.today())
    if hat is None:
        raise PermissionDenied
    return hat


def _asked(request: HttpRequest) -> Question:
    """What the address asks for. Raises Http404 for an address that no page made."""
    try:
        return Question.from_address(request.GET)
    except NotAQuestion as error:
        raise Http404 from error


def _crumbs(request: SignedInRequest) -> list[dict[str, str]]:
    may_search = queries.hat_of(request.user, on=clock.today()) is not None
    return [{"label": _("Audit"), "href": reverse("audit:search")}] if may_search else []
