"""Odd looks: the list, one alert, the person's answer, the numbers behind it, planted records."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.alerts import actions, limits, misuse, present, queries
from governance.alerts.forms import AnswerForm, AskForm, CloseForm, LimitsForm, PlantForm
from governance.alerts.models import Alert, Detector, Limits, Planting, Reason
from governance.people.http import SignedInRequest
from governance.people.policies import allow, may, signed_in
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.telling import tell

_again = reauthentication_required(enabled=lambda request: not settings.DEMO)


# -- Alerts --------------------------------------------------------------------------------------------------------------------


@require_safe
@allow(Permission.HANDLE_ALERTS)
def alerts(request: SignedInRequest) -> HttpResponse:
    """Open and closed alerts, how often each detector was wrong, and whether the trail is being watched."""
    typed = request.GET.get("before", "")
    if typed and not (typed.isdecimal() and len(typed) < 10):
        raise Http404
    closed = queries.closed_for(request.user, before=int(typed) if typed else None, at_most=queries.PAGE + 1)
    shown, now, watched = closed[: queries.PAGE], clock.now(), queries.watched_at()
    return render(
        request,
        "governance/alerts/alerts_list.html",
        {
            "open": present.rows(queries.open_for(request.user)) if not typed else [],
            "closed": present.rows(shown),
            "first_page": not typed,
            "next": f"?before={shown[-1].number}" if len(closed) > queries.PAGE else None,
            "previous": reverse("alerts:alerts") if typed else None,
            "shares": present.share_rows(queries.shares(at=now), queries.numbers_of(queries.in_force())),
            "period": present.period_words(),
            "may_see_planted": may(request, Permission.SECOND_KEY),
            "watched_at": watched,
            "asleep": watched is None or now - watched > queries.QUIET,
        },
    )


@require_safe
@allow(Permission.HANDLE_ALERTS)
def alert(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One alert. That it was opened is in the trail, since it tells of a colleague."""
    found = _alert(request, public_id)
    actions.view(alert=found, by=request.user, at=clock.now())
    return _page(request, found)


def _alert(request: SignedInRequest, public_id: UUID) -> Alert:
    found = queries.alert_for(request.user, public_id)
    if found is None:
        raise Http404
    return found


def _page(request: SignedInRequest, found: Alert, *, status: int = 200, **forms: Any) -> HttpResponse:
    may_search, way = may(request, Permission.SEARCH_TRAIL), misuse.way()
    open_ = found.closed_at is None
    context = {
        "crumbs": [{"label": _("Odd looks"), "href": reverse("alerts:alerts")}],
        "alert": present.detail(found),
        "public_id": found.public_id,
        "looks": present.look_rows(queries.looks_of(found), may_search=may_search),
        "others": present.rows(queries.others_of(found)),
        "trail_url": f"{reverse('audit:search')}?person={found.actor.public_id}" if may_search and found.actor else "",
        "ask_form": forms.get("ask_form") or (AskForm(prefix="ask") if open_ and found.actor_id and found.asked_at is None else None),
        "close_form": forms.get("close_form") or (CloseForm(prefix="close") if open_ else None),
        "is_misuse": found.reason == Reason.MISUSE,
        "incident_url": reverse(way.page, args=[found.incident]) if found.incident and way else "",
    }
    return render(request, "governance/alerts/alert_detail.html", context, status=status)


@require_POST
@allow(Permission.HANDLE_ALERTS)
def ask(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask the person concerned."""
    found = _alert(request, public_id)
    form = AskForm(request.POST, prefix="ask")
    if not form.is_valid():
        return _page(request, found, status=422, ask_form=form)
    tell(
        request,
        lambda: actions.ask(alert_id=found.pk, question=form.cleaned_data["question"], by=request.user, at=clock.now()),
        done=_("Your question is on the person’s home page and in the mail."),
    )
    return redirect("alerts:alert", public_id)


@require_POST
@allow(Permission.HANDLE_ALERTS)
def close(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Close an alert with a reason."""
    found = _alert(request, public_id)
    form = CloseForm(request.POST, prefix="close")
    if not form.is_valid():
        return _page(request, found, status=422, close_form=form)
    given = form.cleaned_data
    try:
        actions.close(alert_id=found.pk, reason=Reason(given["reason"]), words=given["words"], by=request.user, at=clock.now())
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _page(request, found, status=422, close_form=form)
    messages.success(request, _("%(alert)s is closed.") % {"alert": found})
    return redirect(
        "alerts:alert" if given["reason"] == Reason.MISUSE else "alerts:alerts", *([public_id] if given["reason"] == Reason.MISUSE else [])
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The person concerned reads the question and answers; nobody else finds the page."""
    found = queries.question_to(request.user, public_id)
    if found is None:
        raise Http404
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        try:
            actions.answer(alert_id=found.pk, words=form.cleaned_data["words"], by=request.user, at=clock.now())
        except CannotDo as refused:
            messages.error(request, refused.what_to_do)
        else:
            messages.success(request, _("Thank you. Your answer was sent to the person who asked."))
        return redirect("alerts:answer", public_id)
    context = {
        "question": found.question,
        "asked_by": present.name_of(found.asked_by),
        "asked_at": found.asked_at,
        "what": Detector(found.detector).label,
        "looks": present.look_rows(queries.looks_of(found), may_search=False),
        "answer": found.answer,
        "answered_at": found.answered_at,
        "is_closed": found.closed_at is not None,
        "form": form if found.answered_at is None and found.closed_at is None else None,
        "may_see_looks": may(request, Permission.SEE_STUDENTS),
    }
    return render(request, "governance/alerts/alert_answer.html", context, status=422 if form.is_bound else 200)


# -- What counts as odd --------------------------------------------------------------------------------------------------------


@require_safe
@allow(Permission.HANDLE_ALERTS)
def numbers(request: SignedInRequest) -> HttpResponse:
    """The numbers in force, the change that waits, and the versions before."""
    waiting, now = queries.proposed(), queries.numbers_of(queries.in_force())
    return render(
        request,
        "governance/alerts/limits.html",
        {
            "crumbs": [{"label": _("Odd looks"), "href": reverse("alerts:alerts")}],
            "rows": present.number_rows(now, queries.numbers_of(waiting) if waiting else None),
            "waiting": {
                "public_id": waiting.public_id,
                "reason": waiting.reason,
                "who": present.name_of(waiting.proposed_by),
                "at": waiting.proposed_at,
                "mine": waiting.proposed_by_id == request.user.pk,
            }
            if waiting
            else None,
            "versions": present.version_rows(queries.versions()),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_ALERTS)
def change_numbers(request: SignedInRequest) -> HttpResponse:
    """Propose other numbers."""
    form = LimitsForm(request.POST or None, numbers=queries.numbers_of(queries.in_force()))
    if form.is_valid():
        try:
            actions.propose_limits(numbers=form.numbers(), reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
        except (CannotDo, limits.OutOfBounds) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. The numbers change once a second person confirms them."))
            return redirect("alerts:limits")
    groups = [
        {
            "title": Detector(detector).label,
            "why": present.WHY[Detector(detector)],
            "fields": [form[f"{detector}.{name}"] for name in known],
        }
        for detector, known in limits.KNOWN.items()
        if detector != Detector.VOLUME
    ]
    crumbs = [
        {"label": _("Odd looks"), "href": reverse("alerts:alerts")},
        {"label": _("What counts as odd"), "href": reverse("alerts:limits")},
    ]
    context = {"crumbs": crumbs, "form": form, "groups": groups}
    return render(request, "governance/alerts/limits_change.html", context, status=422 if form.is_bound else 200)


@allow(Permission.HANDLE_ALERTS)
@require_POST
@_again
def confirm_numbers(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The second person puts proposed numbers in force."""
    waiting = get_object_or_404(Limits, public_id=public_id)
    tell(
        request,
        lambda: actions.confirm_limits(limits_id=waiting.pk, by=request.user, at=clock.now()),
        done=_("The new numbers are in force."),
    )
    return redirect("alerts:limits")


@allow(Permission.HANDLE_ALERTS)
@require_POST
def drop_numbers(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Leave the numbers as they are."""
    waiting = get_object_or_404(Limits, public_id=public_id)
    tell(request, lambda: actions.drop_limits(limits_id=waiting.pk, by=request.user, at=clock.now()), done=_("The change was dropped."))
    return redirect("alerts:limits")


# -- Planted records -----------------------------------------------------------------------------------------------------------


@require_safe
@allow(Permission.SECOND_KEY)
def planted(request: SignedInRequest) -> HttpResponse:
    """Which schools have planted records, and those that wait."""
    return _planted(request, PlantForm())


def _planted(request: SignedInRequest, form: PlantForm, *, status: int = 200) -> HttpResponse:
    context = {
        "crumbs": [{"label": _("Odd looks"), "href": reverse("alerts:alerts")}],
        "rows": present.planting_rows(queries.plantings(), request.user),
        "form": form if may(request, Permission.MANAGE_DISTRICT) else None,
        "on": bool(queries.numbers_of(queries.in_force())["planted"]["on"]),
    }
    return render(request, "governance/alerts/planted.html", context, status=status)


@allow(Permission.MANAGE_DISTRICT)
@require_POST
@_again
def plant(request: SignedInRequest) -> HttpResponse:
    """Propose a planted record."""
    form = PlantForm(request.POST)
    if form.is_valid():
        try:
            actions.propose_planting(**form.cleaned_data, by=request.user, at=clock.now())
        except CannotDo as refused:
            form.add_error(None, refused.what_to_do)
        else:
            messages.success(request, _("Proposed. It is set out once a second person confirms it."))
            return redirect("alerts:planted")
    return _planted(request, form, status=422)


@allow(Permission.SECOND_KEY)
@require_POST
@_again
def confirm_planting(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The second person confirms a planted record."""
    found = get_object_or_404(Planting, public_id=public_id)
    tell(
        request,
        lambda: actions.confirm_planting(public_id=found.public_id, by=request.user, at=clock.now()),
        done=_("Confirmed. It is set out within a minute."),
    )
    return redirect("alerts:planted")


@allow(Permission.SECOND_KEY)
@require_POST
def end_planting(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Drop a proposal, or take a planted record away."""
    found = get_object_or_404(Planting, public_id=public_id)
    tell(
        request,
        lambda: actions.end_planting(public_id=found.public_id, by=request.user, at=clock.now()),
        done=_("It is taken away within a minute."),
    )
    return redirect("alerts:planted")
