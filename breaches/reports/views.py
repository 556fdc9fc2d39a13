"""The public page where anybody tells of a problem, the page behind the code, and the two queues of those who read."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches.reports import actions, present, queries, reporters, slow
from breaches.reports.forms import AskForm, CloseForm, CodeForm, ContactForm, MoreForm, ReportForm
from breaches.reports.models import Report, Topic
from governance.people import permissions
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow, may, public
from governance.trail.middleware import client_address
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.telling import tell

# -- For everybody -------------------------------------------------------------------------------------------------------------


@public(reason="anybody may tell of a problem, without an account and without a name")
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Tell of a problem. Its answer shows the code, once; nothing of who sent it is kept but what they wrote."""
    address = client_address(request)
    before = slow.seen(address)
    if before is not None and before > slow.MOST and request.method == "POST":
        return _form_page(request, ReportForm(request.POST, asks=True, signed_in=_signed_in(request)), status=429, too_many=True)
    form = ReportForm(request.POST or None, asks=before is None or before >= slow.FREE, signed_in=_signed_in(request))
    if not form.is_valid():
        return _form_page(request, form, status=422 if form.is_bound else 200)
    given = form.cleaned_data
    try:
        made, code = actions.receive(
            topic=Topic(given["topic"]),
            words=given["words"],
            when=given["when"],
            name=given["name"],
            reach=given["reach"],
            account=request.user if given.get("with_account") and isinstance(request.user, User) else None,
            language=get_language() or "en",
            sending=form.sending_hash,
            at=clock.now(),
        )
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _form_page(request, form, status=409)
    slow.count(address)
    contact = queries.safety_contact()
    return render(
        request, "breaches/reports/received.html", {"code": code, "apart": made.apart, "contact": contact if made.apart else None}
    )


def _signed_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


def _form_page(request: HttpRequest, form: ReportForm, *, status: int, too_many: bool = False) -> HttpResponse:
    context = {"form": form, "contact": queries.safety_contact(), "too_many": too_many, "office": people.district()}
    return render(request, "breaches/reports/report.html", context, status=status)


@public(reason="whoever holds the code of a report may follow it up, without a name")
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """What became of a report. The code comes in the body of the request and never stands in an address."""
    if "words" in request.POST:
        return _add(request)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        found = queries.by_code(form.cleaned_data["code"])
        if found is not None:
            return _talk(request, found, form.cleaned_data["code"])
        form.add_error("code", _("No report has this code. Check each letter."))
    return render(request, "breaches/reports/follow.html", {"form": form}, status=422 if form.is_bound else 200)


def _add(request: HttpRequest) -> HttpResponse:
    code = request.POST.get("code", "")[:60]
    found = queries.by_code(code)
    if found is None:
        form = CodeForm({"code": code})
        form.add_error("code", _("No report has this code. Check each letter."))
        return render(request, "breaches/reports/follow.html", {"form": form}, status=422)
    more = MoreForm(request.POST)
    if not more.is_valid():
        return _talk(request, found, code, more=more, status=422)
    try:
        actions.add(code=code, words=more.cleaned_data["words"], at=clock.now())
    except CannotDo as refused:
        more.add_error(None, refused.what_to_do)
        return _talk(request, found, code, more=more, status=409)
    return _talk(request, found, code, sent=True)


def _talk(
    request: HttpRequest, found: Report, code: str, *, more: MoreForm | None = None, sent: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "state": present.state_of(found),
        "received_at": found.received_at,
        "lines": present.public_talk(found.lines.all()),
        "reason": present.plain(found.reason),
        "closed_at": found.closed_at,
        "more": more or (MoreForm(initial={"code": code}) if found.closed_at is None else None),
        "sent": sent,
    }
    return render(request, "breaches/reports/talk.html", context, status=status)


# -- For those who read them ---------------------------------------------------------------------------------------------------


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def reports(request: SignedInRequest) -> HttpResponse:
    """Reports about privacy that wait, and the newest that are closed."""
    return _queue(request, apart=False)


@require_safe
@allow(Permission.HANDLE_SAFETY_REPORTS)
def safety_reports(request: SignedInRequest) -> HttpResponse:
    """Reports about a student's safety: other people read these."""
    return _queue(request, apart=True)


def _queue(request: SignedInRequest, *, apart: bool) -> HttpResponse:
    on = clock.today()
    names_contact = permissions.holds(people.roles_of(request.user, on=on), Permission.MANAGE_DISTRICT)
    context = {
        "apart": apart,
        "open": present.rows(queries.waiting(request.user, on=on, apart=apart)),
        "closed": present.rows(queries.closed(request.user, on=on, apart=apart)),
        "contact": queries.safety_contact(),
        "contact_url": reverse("reports:contact") if names_contact else "",
    }
    return render(request, "breaches/reports/reports_list.html", context)


@require_safe
@allow(Permission.HANDLE_INCIDENTS, Permission.HANDLE_SAFETY_REPORTS)
def one_report(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One report. That it was opened stands in the trail."""
    _found(request, public_id)
    actions.view(report=public_id, by=request.user, at=clock.now())
    return _page(request, _found(request, public_id))


def _found(request: SignedInRequest, public_id: UUID) -> Report:
    found = queries.for_reader(request.user, public_id, on=clock.today())
    if found is None:
        raise Http404
    return found


def _page(request: SignedInRequest, found: Report, *, status: int = 200, **more: Any) -> HttpResponse:
    open_ = found.closed_at is None
    queue = "reports:safety" if found.apart else "reports:reports"
    context = {
        "crumbs": [{"label": _("Reports"), "href": reverse(queue)}],
        "row": present.row(found),
        "public_id": found.public_id,
        "words": present.plain(found.words),
        "facts": present.facts(found),
        "lines": present.said(found.lines.select_related("by")),
        "named": found.named,
        "may_reveal": reporters.hat_for(found, request.user, on=clock.today()) is not None,
        "reporter": more.get("reporter"),
        "ask_form": more.get("ask_form") or (AskForm(prefix="ask") if open_ and found.code_hash is not None else None),
        "close_form": more.get("close_form") or (CloseForm(prefix="close") if open_ and found.alert is None else None),
        "may_become_incident": open_ and not found.apart,
        "is_alert": found.alert is not None,
        "alert_url": reverse("alerts:alert", args=[found.alert.public_id])
        if found.alert and may(request, Permission.HANDLE_ALERTS)
        else "",
        "apart": found.apart,
        "outcome": present.outcome_of(found),
        "reason": present.plain(found.reason),
        "closed_at": found.closed_at,
        "incident": found.incident if not found.apart else None,
    }
    return render(request, "breaches/reports/report_detail.html", context, status=status)


@require_POST
@allow(Permission.HANDLE_INCIDENTS, Permission.HANDLE_SAFETY_REPORTS)
def ask(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Write to the reporter."""
    found = _found(request, public_id)
    form = AskForm(request.POST, prefix="ask")
    if not form.is_valid():
        return _page(request, found, status=422, ask_form=form)
    tell(
        request,
        lambda: actions.ask(report=public_id, words=form.cleaned_data["words"], by=request.user, at=clock.now()),
        done=_("The reporter reads this with the code."),
    )
    return redirect("reports:report", public_id)


@require_POST
@allow(Permission.HANDLE_INCIDENTS, Permission.HANDLE_SAFETY_REPORTS)
def reveal(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Who reported, for the two roles, after the entry; for others an entry and a refusal."""
    found = _found(request, public_id)
    try:
        reporter = reporters.reveal(found, by=request.user, at=clock.now())
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return redirect("reports:report", public_id)
    return _page(request, found, reporter=reporter)


@require_POST
@allow(Permission.HANDLE_INCIDENTS, Permission.HANDLE_SAFETY_REPORTS)
def move(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Give the report to its other readers."""
    found = _found(request, public_id)
    try:
        actions.move(report=public_id, by=request.user, at=clock.now())
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return redirect("reports:report", public_id)
    messages.success(request, _("%(report)s went to its other readers. They were told by mail.") % {"report": found})
    return redirect("reports:safety" if found.apart else "reports:reports")


@require_POST
@allow(Permission.HANDLE_INCIDENTS, Permission.HANDLE_SAFETY_REPORTS)
def close(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Close a report that becomes no incident."""
    found = _found(request, public_id)
    form = CloseForm(request.POST, prefix="close")
    if not form.is_valid():
        return _page(request, found, status=422, close_form=form)
    given = form.cleaned_data
    try:
        actions.close(report=public_id, outcome=given["outcome"], reason=given["reason"], by=request.user, at=clock.now())
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _page(request, found, status=422, close_form=form)
    messages.success(request, _("%(report)s is closed. The reporter reads why with the code.") % {"report": found})
    return redirect("reports:safety" if found.apart else "reports:reports")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.MANAGE_DISTRICT)
def contact(request: SignedInRequest) -> HttpResponse:
    """Name whom worries about safety go to."""
    form = ContactForm(request.POST or None, instance=queries.safety_contact())
    if form.is_valid():
        actions.set_safety_contact(by=request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, _("Worries about safety go there from now on."))
        return redirect("reports:reports")
    crumbs = [{"label": _("Reports"), "href": reverse("reports:reports")}]
    return render(request, "breaches/reports/contact.html", {"form": form, "crumbs": crumbs}, status=422 if form.is_bound else 200)
