"""Drills: the library, one that runs, its result, and what comes of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches.drills import actions, forms, library, present, queries
from breaches.drills.models import Drill, Improvement
from breaches.incidents import queries as incidents
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import taken


def _crumbs(*, inside: bool = True) -> list[dict[str, str]]:
    found = [{"label": _("Incidents"), "href": reverse("incidents:incidents")}]
    return [*found, {"label": _("Drills"), "href": reverse("drills:drills")}] if inside else found


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def drills(request: SignedInRequest) -> HttpResponse:
    """The library, the drills that run, those that ended, and what the last one is evidence of."""
    past = list(queries.ended()[:50])
    context = {
        "crumbs": _crumbs(inside=False),
        "scenarios": [present.scenario(each) for each in library.scenarios().values()],
        "running": [present.row(each) for each in queries.running()],
        "past": [present.row(each) for each in past],
        "evidence": present.evidence(past[0] if past else None, at=clock.now()),
    }
    return render(request, "breaches/drills/drills.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def start(request: SignedInRequest, scenario: str) -> HttpResponse:
    """Read what a scenario is about, and start a drill with it."""
    found = or_404(library.scenarios().get(scenario))
    form = forms.StartForm(request.POST or None)
    made = taken(form, lambda: actions.start(scenario=scenario, tool=form.cleaned_data["tool"], by=request.user, at=clock.now()))
    if made is not None:
        return redirect("drills:drill", made.public_id)
    context = {"crumbs": _crumbs(), "scenario": present.scenario(found), "form": form}
    return render(request, "breaches/drills/start.html", context, status=422 if form.is_bound else 200)


def _found(public_id: UUID) -> Drill:
    found = queries.by_id(public_id) if Drill.objects.filter(public_id=public_id).exists() else None
    if found is None or found.scenario not in library.scenarios():
        raise Http404
    return found


def _forms(request: SignedInRequest, act: str = "") -> dict[str, django_forms.Form]:
    made: dict[str, tuple[Callable[..., django_forms.Form], dict[str, Any]]] = {
        "hold": (forms.HoldForm, {}),
        "copy": (forms.CopyForm, {"lists": queries.lists_to_copy(request.user)}),
        "end": (forms.EndForm, {}),
        "improve": (forms.ImproveForm, {"people": incidents.handlers(on=clock.today())}),
    }
    return {name: make(*([request.POST] if name == act else []), prefix=name, **more) for name, (make, more) in made.items()}


def _page(
    request: SignedInRequest,
    found: Drill,
    *,
    filled: dict[str, django_forms.Form] | None = None,
    typed: dict[tuple[int, int], str] | None = None,
    status: int = 200,
) -> HttpResponse:
    at = clock.now()
    coming = queries.next_inject(found, at=at)
    scenario = queries.scenario_of(found)
    context = {
        "crumbs": _crumbs(),
        "public_id": found.public_id,
        "incident": {"number": str(found.incident), "id": found.incident.public_id},
        "scenario": present.scenario(scenario),
        "injects": present.injects(queries.arrived(found, at=at), found.answers.select_related("by"), bound=typed or {}),
        "coming": {"number": coming.number, "after": coming.after, "to": coming.to} if coming else None,
        "score": present.score_of(found, at=at),
        "improvements": present.improvements(found.improvements.select_related("owner"), request.user, may=True),
        "may_copy": queries.lists_to_copy(request.user).exists(),
        "forms": filled or _forms(request),
    }
    return render(request, "breaches/drills/drill.html", context, status=status)


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def drill(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A drill that runs: what has arrived, what is asked, and how it stands."""
    found = _found(public_id)
    if found.ended_at is not None:
        return redirect("drills:result", public_id)
    return _page(request, found)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def act(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Let the next message in, answer, say what would be stopped, copy a list, give a task, or end the drill."""
    found, name = _found(public_id), request.POST.get("act", "")
    given: dict[str, Any] = {"drill": public_id, "by": request.user, "at": clock.now()}
    if name.startswith(("next.", "answer.")):
        return _move(request, found, name, given)
    verbs: dict[str, Callable[..., Any]] = {
        "hold": actions.hold_step,
        "end": actions.end,
        "improve": actions.improve,
        "copy": lambda *, source, **rest: actions.copy_list(source=source.public_id, **rest),
    }
    if name not in verbs:
        raise Http404
    filled = _forms(request, name)
    form = filled[name]
    show = _result if found.ended_at is not None else _page
    if not form.is_valid():
        return show(request, found, filled=filled, status=422)
    try:
        verbs[name](**form.cleaned_data, **given)
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return show(request, found, filled=filled, status=409)
    messages.success(request, _("Written down."))
    return redirect("drills:result" if found.ended_at is not None or name == "end" else "drills:drill", public_id)


def _move(request: SignedInRequest, found: Drill, name: str, given: dict[str, Any]) -> HttpResponse:
    """The buttons of the list of messages: the next one, and an answer to a question."""
    parts = name.split(".")[1:]
    if not all(part.isdecimal() and len(part) < 4 for part in parts):
        raise Http404
    places = [int(part) for part in parts]
    words = request.POST.get(f"words-{'.'.join(parts)}", "")
    try:
        match (name.partition(".")[0], places):
            case ("next", [number]):
                actions.let_in(number=number, **given)
            case ("answer", [inject, question]):
                form = forms.AnswerForm({"words": words})
                if not form.is_valid():
                    raise CannotDo(_("Write what you would do, in at most 2,000 characters."), code="no_words")
                actions.answer(inject=inject, question=question, words=words, **given)
            case _:
                raise Http404
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return _page(request, found, typed={(places[0], places[-1]): words}, status=409)
    return redirect("drills:drill", found.public_id)


def _result(
    request: SignedInRequest, found: Drill, *, filled: dict[str, django_forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "crumbs": _crumbs(),
        "public_id": found.public_id,
        "drill": present.row(found),
        "incident": {"number": str(found.incident), "id": found.incident.public_id},
        "scenario": present.scenario(queries.scenario_of(found)),
        "lessons": found.lessons,
        "score": present.score_of(found, at=clock.now()),
        "injects": present.injects(queries.arrived(found, at=clock.now()), found.answers.select_related("by"), bound={}),
        "improvements": present.improvements(found.improvements.select_related("owner"), request.user, may=True),
        "controls": present.controls(),
        "forms": filled or _forms(request),
    }
    return render(request, "breaches/drills/result.html", context, status=status)


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def result(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """How a drill did, what was learned, and what is done about it."""
    found = _found(public_id)
    if found.ended_at is None:
        return redirect("drills:drill", public_id)
    return _result(request, found)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def task(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Something that was to be done because of a drill is done."""
    found = get_object_or_404(Improvement.objects.select_related("drill"), public_id=public_id)
    try:
        form = forms.DoneForm(request.POST)
        words = form.cleaned_data["words"] if form.is_valid() else ""
        actions.improved(task=public_id, words=words, by=request.user, at=clock.now())
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    else:
        messages.success(request, _("Written down."))
    return redirect(present.address(found.drill))
