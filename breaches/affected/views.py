"""Whom an incident touched: asking for a list, the frozen list, its names by an entry, and changes by two people."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches.affected import actions, forms, present, queries, reading
from breaches.affected.models import AffectedList
from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from governance.authority.models import Element
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import taken, tell


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def lists(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The lists of an incident, and four ways to ask for one."""
    incident = or_404(incidents.for_reader(request.user, public_id))
    asked = request.POST.get("how", "") if request.method == "POST" else ""
    filled = _ask_forms(request, incident, asked)
    if asked:
        form = or_404(filled.get(asked))
        made = taken(form, lambda: _asked(incident, asked, form.cleaned_data, by=request.user))
        if made is not None:
            return redirect("affected:list", made.public_id)
    context = {
        "crumbs": present.crumbs(incident),
        "incident": incident.public_id,
        "title": incident.title,
        "drill": incident.drill,
        "is_open": incident.closed_at is None,
        "lists": [present.row(one) for one in queries.of_incident(incident)],
        "forms": filled,
    }
    return render(request, "breaches/affected/lists.html", context, status=422 if asked else 200)


def _ask_forms(request: SignedInRequest, incident: Incident, asked: str) -> dict[str, Form]:
    today = clock.today()
    days = {"since": today - dt.timedelta(days=365), "until": today}
    local = timezone.localtime
    span = {
        "since": local(incident.happened_from or incident.opened_at),
        "until": local(incident.happened_until or clock.now()),
        "account": incident.account.email if incident.account else "",
    }
    provider = {"provider": incident.provider.public_id if incident.provider else None}
    made: dict[str, tuple[Callable[..., Form], dict[str, Any]]] = {
        AffectedList.How.PROVIDER: (forms.ProviderForm, days | provider),
        AffectedList.How.ACCOUNT: (forms.AccountForm, span),
        AffectedList.How.FILE: (forms.FileForm, {}),
        AffectedList.How.HAND: (forms.HandForm, {}),
    }
    return {
        str(name): make(request.POST if name == asked else None, prefix=str(name), initial=initial)
        for name, (make, initial) in made.items()
    }


def _asked(incident: Incident, how: str, given: dict[str, Any], **who: Any) -> AffectedList:
    ask: dict[str, Callable[..., AffectedList]] = {
        AffectedList.How.PROVIDER: actions.ask_provider,
        AffectedList.How.ACCOUNT: actions.ask_account,
        AffectedList.How.FILE: actions.ask_file,
        AffectedList.How.HAND: actions.ask_by_hand,
    }
    return ask[how](incident=incident.public_id, at=clock.now(), **given, **who)


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def one(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One list: how far it is, or what it counts. No name stands here."""
    return _page(request, _found(request, public_id))


def _found(request: SignedInRequest, public_id: UUID) -> AffectedList:
    return or_404(queries.for_reader(request.user, public_id))


def _page(request: SignedInRequest, found: AffectedList, *, form: Form | None = None, status: int = 200, **more: Any) -> HttpResponse:
    titles, is_open = _titles(), found.incident.closed_at is None
    context: dict[str, Any] = {
        "crumbs": present.crumbs(found.incident, of_list=found)[:3],
        "id": found.public_id,
        "incident": found.incident.public_id,
        "how": present.how(found),
        "state": present.state_of(found),
        "question": present.question(found),
        "is_made": found.made_at is not None,
        "is_open": is_open,
        "corrections": present.corrections(queries.changes_to(found), reader=request.user, titles=titles, names=more.pop("names", None)),
    }
    if found.made_at is not None:
        touched, could = queries.counts_of(found)
        asked = request.GET.get("student", "")
        context |= {
            "touched": touched,
            "could": could,
            "facts": present.facts(found, touched=touched, could=could, days=queries.days_of(found)),
            "by_school": present.tallies(queries.by_school(found), {}, none=_("No school any more")),
            "by_element": present.tallies(queries.by_element(found), titles, none=""),
            "form": form or (forms.ProposeForm(initial={"student": asked, "kind": "remove" if asked else None}) if is_open else None),
            "changing": bool(asked) or form is not None,
        }
    return render(request, "breaches/affected/list.html", context | more, status=status)


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def names(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The children of a list by name, a page at a time: a look that each family sees."""
    found = _found(request, public_id)
    typed = request.GET.get("page", "1")
    page = int(typed) if typed.isdecimal() and 0 < int(typed) < 10_000 else 1
    rows, total = reading.members(found, page=page, by=request.user)
    first = (page - 1) * reading.PAGE + 1
    context = {
        "crumbs": present.crumbs(found.incident, of_list=found),
        "id": found.public_id,
        "rows": present.members(rows, _titles(), found),
        "total": total,
        "shown": _("%(first)s to %(last)s of %(total)s") % {"first": first, "last": first + len(rows) - 1, "total": f"{total:,}"}
        if rows
        else "",
        "previous": f"?page={page - 1}" if page > 1 else "",
        "next": f"?page={page + 1}" if page * reading.PAGE < total else "",
        "is_open": found.incident.closed_at is None,
    }
    return render(request, "breaches/affected/names.html", context)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def grades(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The list counted by grade, or the names in what two people change: both open records, so a button asks for them."""
    found = _found(request, public_id)
    if request.POST.get("show") == "names":
        students = list(queries.changes_to(found).values_list("student_id", flat=True))
        return _page(request, found, names=reading.named(found, students, by=request.user))
    try:
        counted = reading.by_grade(found, by=request.user)
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return redirect("affected:list", public_id)
    return _page(request, found, by_grade=present.grades(counted))


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def propose(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Propose to add a child or to take one off."""
    found = _found(request, public_id)
    form = forms.ProposeForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        actions.propose(affected=public_id, by=request.user, at=clock.now(), **form.cleaned_data)
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _page(request, found, form=form, status=409)
    messages.success(request, _("Proposed. Somebody else has to agree."))
    return redirect("affected:list", public_id)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The second person agrees to a change, or refuses it."""
    found = or_404(queries.correction_for(request.user, public_id))
    agreed = request.POST.get("act") == "agree"
    tell(
        request,
        lambda: actions.decide(correction=public_id, agreed=agreed, by=request.user, at=clock.now()),
        done=_("Agreed. The list counts it from now on.") if agreed else _("Refused. The list stays as it was."),
    )
    return redirect(f"{reverse('affected:list', args=[found.list.public_id])}#changes")


def _titles() -> dict[str, str]:
    return dict(Element.objects.values_list("key", "title"))
