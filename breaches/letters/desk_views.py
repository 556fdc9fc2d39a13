"""Printing letters and calling people, for those who handle the incident."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from breaches.letters import calls, desk_present, present, printing, queries
from breaches.letters.desk_forms import OutcomeForm, PostedForm, ReturnedForm
from breaches.letters.models import Printing
from breaches.letters.views import crumbs_of, notice_for, notice_page
from breaches.notices.models import Notice
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock, vault
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import tell

_SHOWN, _PRINTED = "breaches/letters/calls.html", "breaches/letters/calls_print.html"


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def print_all(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask for the letters of all who need one."""
    notice_for(request, public_id)
    tell(
        request,
        lambda: printing.ask(notice=public_id, by=request.user, at=clock.now()),
        done=_("The letters are being made. This page shows how far they are."),
    )
    return redirect("letters:notice", public_id)


def _printing(request: SignedInRequest, public_id: UUID) -> Printing:
    return or_404(queries.printing_for(request.user, public_id))


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def file(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    """Download a printing, after the password once more. It holds names and addresses: each of these families sees that somebody took it."""
    found = _printing(request, public_id)
    try:
        kept = printing.hand_out(printing=public_id, by=request.user, at=clock.now())
        pieces = vault.read(kept)
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return redirect("letters:notice", found.notice.public_id)
    except vault.Damaged:
        messages.error(request, _("This file cannot be opened any more. Ask for the letters again."))
        return redirect("letters:notice", found.notice.public_id)
    headers = {"Content-Disposition": f'attachment; filename="letters-{found}.zip"', "Content-Length": str(kept.size)}
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def posted(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Say on which day a printing went to the post."""
    found = _printing(request, public_id)
    form = PostedForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors.get("posted_on", [])))
        return redirect("letters:notice", found.notice.public_id)
    day = form.cleaned_data["posted_on"]
    tell(
        request,
        lambda: printing.posted(printing=public_id, on=day, by=request.user, at=clock.now()),
        done=_("Written down. Letters that come back are entered below."),
    )
    return redirect("letters:notice", found.notice.public_id)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def returned(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take in letters that came back, typed or scanned. What is not known stays in the field."""
    found = notice_for(request, public_id)
    form = ReturnedForm(request.POST)
    if not form.is_valid():
        return notice_page(request, found, status=422, returned=form)
    try:
        came = printing.returned(notice=public_id, letters=form.cleaned_data["letters"], by=request.user, at=clock.now())
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return notice_page(request, found, status=409, returned=form)
    if came.taken:
        messages.success(
            request,
            ngettext("%(n)s letter goes on the list of calls.", "%(n)s letters go on the list of calls.", came.taken) % {"n": came.taken},
        )
    if not came.unknown:
        return redirect("letters:notice", public_id)
    left = ReturnedForm(initial={"letters": "\n".join(came.unknown)})
    messages.error(request, _("What stands in the field is no posted letter of this notice. Check each line."))
    return notice_page(request, found, status=409, returned=left)


# -- Calls ---------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def calls_list(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Whom to call. Names and numbers are opened by a press, with an entry that each family sees; `act` says what was pressed."""
    found = notice_for(request, public_id)
    act = request.POST.get("act", "")
    if act == "take":
        tell(
            request, lambda: calls.take(notice=public_id, by=request.user, at=clock.now()), done=_("They are in your hands for two hours.")
        )
        return redirect("letters:calls", public_id)
    if act == "record":
        return _record(request, found)
    if act not in {"open", "print"}:
        return _calls_page(request, found)
    try:
        opened = calls.open_page(found, by=request.user, at=clock.now())
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return redirect("letters:calls", public_id)
    return _calls_page(request, found, opened=opened, template=_PRINTED if act == "print" else _SHOWN)


def _record(request: SignedInRequest, found: Notice) -> HttpResponse:
    rows = queries.in_hand(found, request.user, clock.now())
    outcomes = {}
    for row in rows:
        form = OutcomeForm(request.POST, prefix=str(row.public_id))
        if form.is_valid() and form.cleaned_data["outcome"]:
            outcomes[row.public_id] = form.cleaned_data["outcome"]
    tell(
        request,
        lambda: calls.record(notice=found.public_id, outcomes=outcomes, by=request.user, at=clock.now()),
        done=_("Written down. Whom you did not reach goes back on the list."),
    )
    return redirect("letters:calls", found.public_id)


def _calls_page(
    request: SignedInRequest, found: Notice, *, opened: dict[int, calls.ToCall] | None = None, template: str = _SHOWN
) -> HttpResponse:
    now = clock.now()
    rows = queries.in_hand(found, request.user, now)
    context: dict[str, Any] = {
        "crumbs": [*crumbs_of(found), desk_present.crumb_of(found)],
        "public_id": found.public_id,
        "rows": desk_present.call_rows(
            rows, opened or {}, queries.last_outcomes(rows), queries.wrong_ones(rows), queries.not_printed(rows)
        ),
        "opened": opened is not None,
        "free": queries.free_to_call(found, now).count(),
        "open": found.incident.closed_at is None and not found.drill,
        "said": present.said(found, "en")[0],
    }
    return render(request, template, context)
