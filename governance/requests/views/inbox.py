"""What waits for a decision, and deciding it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records.models import Section
from governance.requests import actions, forms, present, queries
from governance.requests.views.parts import State, cards_of, carry_out, crumbs, known_names, readable, school_names, sections_of
from governance.vocabulary import Outcome, Permission
from portal.base import clock
from portal.base.errors import CannotDo


@require_GET
@allow(Permission.DECIDE_REQUESTS)
def inbox(request: SignedInRequest) -> HttpResponse:
    """What waits for a decision, the most urgent first."""
    at, on = clock.now(), clock.today()
    held = queries.waiting_requests(on)
    visible = [each for each in held if queries.may_see_waiting(request.user, each, on=on)]
    mine = [each for each in visible if each.waiting.includes(request.user.pk) and each.data_request.state == State.SUBMITTED]
    form = forms.InboxFilter(
        request.GET, purposes=sorted({(each.data_request.purpose_id, _(each.data_request.purpose.title)) for each in visible})
    )
    form.is_valid()
    shows = form.cleaned_data.get("waits") or forms.InboxFilter.MINE
    if shows == forms.InboxFilter.CLOSED:
        decided = queries.decided_by(request.user)
        schools = queries.schools_of_all(decided)
        shown = [queries.Held(each, queries.NOBODY, schools[each.pk]) for each in decided]
    elif shows == forms.InboxFilter.ALL:
        shown = visible
    elif shows == forms.InboxFilter.QUESTIONS:
        shown = [each for each in visible if each.data_request.state == State.INFORMATION_ASKED]
    else:
        shown = mine
    names = school_names()
    rows = [present.row(each, on=on, schools=names, for_steward=True) for each in queries.narrowed(shown, form.cleaned_data)]
    context = {
        "form": form,
        "rows": rows,
        "mine": len(mine),
        "overdue": sum(each.data_request.due_on is not None and each.data_request.due_on < on for each in mine),
        "median": queries.median_days(at),
        "filtered": bool(request.GET),
        "gaps": sum(each.waiting.gap for each in visible),
    }
    return render(request, "governance/requests/inbox.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.DECIDE_REQUESTS)
def request_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What the rules say, what to allow, for whom, until when, and why."""
    found, waiting = readable(request, public_id)
    detail = reverse("requests:detail", args=[public_id])
    if found.asker_id != request.user.pk and found.state not in queries.WAITING and request.method == "GET":
        return redirect(detail)
    at, on = clock.now(), clock.today()
    act = request.POST.get("act", "")
    may_decide = found.state in queries.WAITING and waiting.includes(request.user.pk)
    if act in {"approve", "refuse"} and not may_decide:
        # The action says why not, and records that somebody tried.
        ticked = [name.removeprefix("allow-") for name in request.POST if name.startswith("allow-")]
        return _decided(request, public_id, allow=ticked, reason=request.POST.get("reason", ""))
    try:
        checked = actions.check(found, at=at)
    except CannotDo as refusal:
        checked, trouble = None, refusal.what_to_do
    else:
        trouble = ""
    sections = sections_of(found)
    asked = [(each.element_id, _(each.element.title), each.reason) for each in found.requested.all() if each.allowed is None]
    last_day = found.wanted_until
    first = found.first_key if found.first_key_by_id else {}
    if first:
        asked = [each for each in asked if each[0] in first["elements"]]
        last_day = min(last_day, dt.date.fromisoformat(first["ends_on"]))
        sections = [section for section in sections if section.pk in first["sections"]]
    question = forms.MessageForm(request.POST if act == "ask" else None, label=_("Your question"))
    form = forms.DecideForm(
        request.POST if act in {"approve", "refuse"} else None,
        elements=asked,
        sections=[(section.pk, section.title) for section in sections],
        first_day=min(on, last_day),
        last_day=last_day,
        initial=_decide_initial(asked, sections, min(last_day, checked.last_day(on)) if checked else last_day, first, checked),
    )
    if act == "ask" and question.is_valid():
        return carry_out(
            request,
            _("Your question was sent."),
            detail,
            actions.ask_information,
            data_request=public_id,
            text=question.cleaned_data["text"],
        )
    if act == "refuse":
        reason = request.POST.get("reason", "").strip()[:1000]
        if reason:
            return _decided(request, public_id, allow=[], reason=reason)
        form.is_valid()
        form.errors.clear()
        form.add_error("reason", _("Give a reason. Families can read it."))
    if act == "approve":
        if form.is_valid() and not form.allowed():
            form.add_error(None, _("Tick at least one kind of data, or refuse the request."))
        if form.is_valid():
            return _decided(
                request,
                public_id,
                allow=form.allowed(),
                reason=form.cleaned_data["reason"],
                ends_on=form.cleaned_data["ends_on"],
                sections=form.chosen_sections(),
                left_out=form.left_out(),
            )
    names = known_names()
    context = {
        "number": str(found),
        "title": found.what_for,
        "request_id": found.public_id,
        "crumbs": crumbs(own=False),
        "asker": present.named(found.asker),
        "sent": found.submitted_at,
        "facts": present.facts(found, sections_of(found), on=on, waits=present.people_in_words(waiting)),
        "due": present.row(queries.Held(found, waiting, frozenset()), on=on, schools={}, for_steward=True).due,
        "cards": cards_of(found, checked, names) if checked else [],
        "trouble": trouble,
        "waits": waiting,
        "people": present.people_in_words(waiting),
        "order": waiting.desk.stewardship.order if waiting.desk and not waiting.gap else "",
        "own": found.asker_id == request.user.pk,
        "may_decide": may_decide,
        "second": bool(first),
        "two_keys": checked is not None and any(said.outcome is Outcome.TWO_KEYS for said in checked.decision.by_element.values()),
        "first_key_by": present.named(found.first_key_by) if found.first_key_by else "",
        "form": form,
        "lines": form.lines(),
        "question": question,
        "asking": act == "ask",
        "history": present.history(found),
        "already": [_(each.element.title) for each in found.requested.all() if each.allowed],
        "never": [_(each.element.title) for each in found.requested.all() if each.allowed is False],
    }
    return render(request, "governance/requests/request_decide.html", context)


def _decided(request: SignedInRequest, public_id: UUID, **decision: Any) -> HttpResponse:
    try:
        found = actions.decide(data_request=public_id, by=request.user, at=clock.now(), **decision)
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("requests:detail", public_id)
    if found.state in queries.WAITING:
        messages.success(request, _("You agreed. %(number)s now waits for a second person.") % {"number": str(found)})
    else:
        messages.success(request, _("%(number)s: %(state)s.") % {"number": str(found), "state": State(found.state).label})
    return redirect("requests:inbox")


def _decide_initial(
    asked: list[tuple[str, str, str]], sections: list[Section], last_day: dt.date, first: dict[str, Any], checked: actions.Checked | None
) -> dict[str, Any]:
    refused = checked.decision.refused if checked else ()
    initial: dict[str, Any] = {
        "sections": [str(section.pk) for section in sections],
        "ends_on": last_day,
        "reason": first.get("reason", ""),
    }
    return initial | {f"allow-{key}": key not in refused for key, _title, _reason in asked}
