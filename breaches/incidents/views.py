"""Incidents: the list, one incident with everything that is done in it, how it ends, and the card for the day when much is down."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches.incidents import actions, containment, evidence, forms, pages, present, queries
from breaches.incidents.models import Evidence, Incident, Moment, Step, Task
from breaches.readiness import present as readiness_words
from breaches.readiness import queries as readiness
from breaches.reports import queries as reports
from breaches.reports.models import Report
from breaches.reports.present import plain
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock, vault
from portal.base.errors import CannotDo
from vendors.providers.models import Tool


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def incidents(request: SignedInRequest) -> HttpResponse:
    """Open and closed incidents, own tasks, and how many children's families can be reached by mail."""
    mine = queries.within_reach(request.user)
    return render(
        request,
        "breaches/incidents/incidents_list.html",
        {
            "open": [present.row(one) for one in mine.filter(closed_at=None)],
            "closed": [present.row(one) for one in mine.filter(closed_at__isnull=False)[: queries.PAGE]],
            "tasks": [
                {
                    "title": task.title,
                    "due_at": task.due_at,
                    "number": str(task.incident),
                    "url": reverse("incidents:incident", args=[task.incident.public_id]),
                }
                for task in queries.tasks_of(request.user).exclude(incident__account=request.user)
            ],
            "reach": readiness_words.reach(readiness.reach()),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def new(request: SignedInRequest) -> HttpResponse:
    """Open an incident without a report."""
    form = forms.OpenForm(request.POST or None, initial={"discovered_at": timezone.localtime(clock.now())})
    if form.is_valid():
        try:
            made = actions.open_incident(**form.cleaned_data, by=request.user, at=clock.now())
        except CannotDo as refused:
            form.add_error(None, refused.what_to_do)
        else:
            return redirect("incidents:incident", made.public_id)
    return _open_page(request, form, title=_("Open an incident"))


def _open_page(request: SignedInRequest, form: django_forms.Form, **more: Any) -> HttpResponse:
    crumbs = [{"label": _("Incidents"), "href": reverse("incidents:incidents")}]
    return render(
        request, "breaches/incidents/incident_open.html", {"form": form, "crumbs": crumbs, **more}, status=422 if form.is_bound else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def from_report(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A report becomes an incident, or belongs to one that is open."""
    report = reports.for_reader(request.user, public_id, on=clock.today())
    if report is None or report.apart or report.closed_at is not None:
        raise Http404
    adding = request.POST.get("act") == "add"
    open_ones = queries.within_reach(request.user).filter(closed_at=None)
    form = forms.FromReportForm(request.POST if request.method == "POST" and not adding else None)
    add_form = forms.AddToForm(request.POST if adding else None, incidents=open_ones, prefix="add")
    if report.alert is not None:
        for one in (form, add_form):
            one.fields["reason"].label = _("Why this is misuse")
            one.fields["reason"].help_text = _("Whoever checks your work reads this. Name no student.")
    chosen = add_form if adding else form
    if chosen.is_valid():
        try:
            made = _taken(request, report, chosen, adding=adding)
        except CannotDo as refused:
            chosen.add_error(None, refused.what_to_do)
        else:
            return redirect("incidents:incident", made.public_id)
    return _open_page(
        request, form, title=_("%(report)s becomes an incident") % {"report": report}, add_form=add_form if open_ones.exists() else None
    )


def _taken(request: SignedInRequest, report: Report, form: django_forms.Form, *, adding: bool) -> Incident:
    given = form.cleaned_data
    if adding:
        return actions.add_report(
            report=report.public_id, incident=given["incident"].public_id, reason=given["reason"], by=request.user, at=clock.now()
        )
    return actions.from_report(report=report.public_id, **given, by=request.user, at=clock.now())


# -- One incident --------------------------------------------------------------------------------------------------------------


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def incident(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One incident. That it was opened stands in the trail."""
    found = _found(request, public_id)
    actions.view(incident=found, by=request.user, at=clock.now())
    return _page(request, found)


def _found(request: SignedInRequest, public_id: UUID) -> Incident:
    found = queries.for_reader(request.user, public_id)
    if found is None:
        raise Http404
    return found


def _forms(request: SignedInRequest, found: Incident, act: str = "") -> dict[str, django_forms.Form]:
    """Every form of the page; the one of `act` holds what was sent."""
    now = clock.now()
    handlers = queries.handlers(on=clock.today()).exclude(pk=found.account_id or 0)
    first_ones = queries.within_reach(request.user).exclude(pk=found.pk).filter(cause=None)
    local = timezone.localtime(now)
    made: dict[str, tuple[Callable[..., django_forms.Form], dict[str, Any]]] = {
        "note": (forms.NoteForm, {"initial": {"happened_at": local}}),
        "decision": (forms.DecisionForm, {}),
        "breach": (forms.BreachForm, {}),
        "severity": (forms.SeverityForm, {"initial": {"severity": found.severity}}),
        "lead": (forms.PersonForm, {"people": handlers}),
        "counsel": (forms.PersonForm, {"people": handlers}),
        "cause": (forms.CauseForm, {"incidents": first_ones}),
        "task": (forms.TaskForm, {"people": handlers}),
        "moment": (forms.MomentForm, {}),
        "outside": (forms.OutsideForm, {}),
        "evidence": (forms.EvidenceForm, {}),
        "contain": (
            forms.ContainForm,
            {
                "tools": Tool.objects.filter(retired_at=None).order_by("name"),
                "initial": {"account": found.account.email if found.account else "", "tool": found.tool.public_id if found.tool else None},
            },
        ),
    }
    return {
        name: make(*((request.POST, request.FILES) if name == act else ()), prefix=name, **kwargs) for name, (make, kwargs) in made.items()
    }


def _page(
    request: SignedInRequest, found: Incident, *, filled: dict[str, django_forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    now, open_ = clock.now(), found.closed_at is None
    known = queries.starts_of(found)
    all_tasks = list(found.tasks.select_related("owner", "done_by"))
    notes = list(queries.notes_for(found, request.user))
    context = {
        "crumbs": [{"label": _("Incidents"), "href": reverse("incidents:incidents")}],
        "row": present.row(found),
        "public_id": found.public_id,
        "more": pages.of(found.public_id),
        "open": open_,
        "facts": present.facts(found, known),
        "starts": present.starts(known),
        "waiting": present.waiting(queries.waiting_moments(found), request.user),
        "tasks": present.tasks(all_tasks, at=now),
        "evidence": present.evidence(found.evidence.prefetch_related("custody__by")),
        "timeline": present.timeline(
            found,
            moments=found.moments.select_related("said_by"),
            steps=found.steps.select_related("taken_by"),
            all_tasks=all_tasks,
            decisions=found.decisions.select_related("by"),
            notes=notes,
            told=reports.of_incident(found.public_id),
        ),
        "also_caused": [present.row(one) for one in queries.within_reach(request.user).filter(cause=found)],
        "left": actions.what_is_left(found, at=now) if open_ else [],
        "forms": filled or (_forms(request, found) if open_ else {}),
        "ending": [
            {"term": term, "words": plain(words)}
            for term, words in (
                (_("What was found"), found.found),
                (_("What was done"), found.done),
                (_("What families are told"), found.told),
                (_("What was learned"), found.lessons),
            )
            if words
        ],
        "is_misuse": found.outcome == Incident.Outcome.MISUSE,
    }
    return render(request, "breaches/incidents/incident_detail.html", context, status=status)


def _acts(found: Incident) -> dict[str, tuple[Callable[..., Any], Callable[[dict[str, Any]], dict[str, Any]]]]:
    """What each form of the page does with what was typed."""

    def same(given: dict[str, Any]) -> dict[str, Any]:
        return given

    return {
        "note": (actions.add_note, same),
        "decision": (actions.decide, same),
        "breach": (actions.decide_breach, same),
        "severity": (actions.set_severity, same),
        "lead": (actions.hand_over, lambda given: {"lead": given["person"], "reason": given["reason"]}),
        "counsel": (actions.name_counsel, lambda given: {"counsel": given["person"], "reason": given["reason"]}),
        "cause": (actions.share_cause, lambda given: {"cause": given["cause"].public_id, "reason": given["reason"]}),
        "task": (actions.give_task, same),
        "moment": (actions.say_when, same),
        "outside": (containment.note_outside, same),
        "evidence": (
            evidence.take,
            lambda given: {
                "title": given["title"],
                "came_from": given["came_from"],
                "media_type": given["file"].content_type or "",
                "pieces": given["file"].chunks(),
            },
        ),
    }


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def act(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Whatever the forms of the page do, but containment and closing."""
    found = _found(request, public_id)
    name = request.POST.get("act", "")
    known = _acts(found)
    if name not in known:
        raise Http404
    filled = _forms(request, found, name)
    form = filled[name]
    if not form.is_valid():
        return _page(request, found, filled=filled, status=422)
    do, shape = known[name]
    try:
        do(incident=public_id, **shape(form.cleaned_data), by=request.user, at=clock.now())
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _page(request, found, filled=filled, status=409)
    messages.success(request, _("Written down."))
    return redirect("incidents:incident", public_id)


_OF_ACCOUNT: dict[str, Callable[..., Step]] = {
    Step.Kind.SUSPEND_ACCOUNT: containment.suspend_account,
    Step.Kind.END_SESSIONS: containment.end_sessions,
    Step.Kind.END_GRANTS: containment.end_grants,
    Step.Kind.ROTATE_CREDENTIALS: containment.rotate_credentials,
}


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def contain(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A button of containment: it acts at once."""
    found = _found(request, public_id)
    kind = request.POST.get("step", "")
    filled = _forms(request, found, "contain")
    form = filled["contain"]
    if not form.is_valid():
        return _page(request, found, filled=filled, status=422)
    account, tool = form.cleaned_data["account"], form.cleaned_data["tool"]
    given: dict[str, Any] = {"incident": public_id, "by": request.user, "at": clock.now()}
    try:
        if kind in _OF_ACCOUNT and account is not None:
            done = _OF_ACCOUNT[kind](account=account, **given)
        elif kind == Step.Kind.STOP_TOOL and tool is not None:
            done = containment.stop_tool(tool=tool, **given)
        elif kind == "end_credentials" and tool is not None:
            done = containment.end_credentials(tool=tool, **given)
        elif kind == Step.Kind.HOLD_PURGE:
            done = containment.hold_purge(**given)
        else:
            raise CannotDo(_("Name the account or the tool first; then press the button."), code="no_target")
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _page(request, found, filled=filled, status=409)
    messages.success(request, _("Done: %(step)s.") % {"step": Step.Kind(done.kind).label})
    return redirect("incidents:incident", public_id)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def finish(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A task ends: it is done, or dropped with the reason."""
    task = get_object_or_404(Task.objects.select_related("incident").exclude(incident__account=request.user), public_id=public_id)
    form = forms.FinishForm(request.POST)
    dropped = request.POST.get("act") == "drop"
    if form.is_valid():
        try:
            actions.finish_task(task=public_id, words=form.cleaned_data["words"], dropped=dropped, by=request.user, at=clock.now())
        except CannotDo as refused:
            messages.error(request, refused.what_to_do)
        else:
            messages.success(request, _("The task is dropped.") if dropped else _("The task is done."))
    else:
        messages.error(request, _("That is too long. Write at most 500 characters."))
    return redirect("incidents:incident", task.incident.public_id)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def decide_moment(request: SignedInRequest, public_id: UUID, number: int) -> HttpResponse:
    """The second person agrees to a later start of a clock, or refuses it."""
    found = _found(request, public_id)
    moment = get_object_or_404(Moment, pk=number, incident=found)
    try:
        actions.decide_moment(moment=moment.pk, agreed=request.POST.get("act") == "agree", by=request.user, at=clock.now())
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    return redirect("incidents:incident", public_id)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def custody(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    """Open evidence, hand it over, or check its hash."""
    found = get_object_or_404(Evidence.objects.select_related("incident").exclude(incident__account=request.user), public_id=public_id)
    form = forms.CustodyForm(request.POST)
    form.is_valid()
    reason, to = form.cleaned_data.get("reason", ""), form.cleaned_data.get("to", "")
    given: dict[str, Any] = {"evidence": public_id, "by": request.user, "at": clock.now()}
    try:
        match request.POST.get("act"):
            case "open":
                opened, pieces = evidence.open_it(reason=reason, **given)
                return StreamingHttpResponse(
                    pieces,
                    content_type="application/octet-stream",
                    headers={
                        "Content-Disposition": f'attachment; filename="evidence-{opened.public_id}"',
                        "Content-Length": str(opened.size),
                    },
                )
            case "hand_over":
                evidence.hand_over(to=to, reason=reason, **given)
            case "check":
                evidence.check(**given)
            case _:
                raise Http404
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    except vault.Damaged:
        messages.error(request, _("The file is gone or was changed. Check its hash: the chain then says so."))
    return redirect("incidents:incident", found.incident.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def close(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """End an incident, or read what is left to do."""
    found = _found(request, public_id)
    if found.closed_at is not None and request.method != "POST":
        return redirect("incidents:incident", public_id)
    form = forms.CloseForm(request.POST or None)
    if form.is_valid():
        try:
            actions.close(incident=public_id, **form.cleaned_data, by=request.user, at=clock.now())
        except CannotDo as refused:
            form.add_error(None, refused.what_to_do)
        else:
            messages.success(request, _("%(incident)s is closed.") % {"incident": found})
            return redirect("incidents:incident", public_id)
    crumbs = [
        {"label": _("Incidents"), "href": reverse("incidents:incidents")},
        {"label": str(found), "href": reverse("incidents:incident", args=[public_id])},
    ]
    context = {
        "form": form,
        "crumbs": crumbs,
        "left": actions.what_is_left(found, at=clock.now()),
        "number": str(found),
        "public_id": public_id,
    }
    return render(request, "breaches/incidents/incident_close.html", context, status=422 if form.is_bound else 200)
