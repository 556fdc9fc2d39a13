"""The asker's requests: the list, one of them, an answer to a question, and taking back what is not needed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority import present as rules_in_words
from governance.authority import queries as catalogue
from governance.authority import stewards
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.requests import actions, forms, present, queries
from governance.requests.models import DataRequest
from governance.requests.views.parts import State, carry_out, crumbs, readable, school_names, sections_of
from governance.vocabulary import Permission
from portal.base import clock


@require_GET
@allow(Permission.MAKE_REQUESTS)
def requests_list(request: SignedInRequest) -> HttpResponse:
    """The own requests: state, on whom each waits, what ends soon."""
    on = clock.today()
    today = stewards.desks(on)
    found = queries.requests_of(request.user)
    schools = queries.schools_of_all(found)
    held = [queries.Held(each, queries.waits_on(each, today, schools[each.pk]), schools[each.pk]) for each in found]
    names = school_names()
    rows = [present.row(each, on=on, schools=names, for_steward=False) for each in held]
    return render(
        request,
        "governance/requests/requests_list.html",
        {"rows": rows, "ending": [row for row in rows if row.renew_url]},
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.MAKE_REQUESTS)
def request_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask once more, then take a request back."""
    found = readable(request, public_id)[0]
    if found.asker_id != request.user.pk:
        raise Http404
    if request.method == "POST":
        return carry_out(request, _("The request was taken back."), "requests:list", actions.withdraw, data_request=public_id)
    return render(
        request, "governance/requests/request_withdraw.html", {"number": str(found), "title": found.what_for, "request_id": public_id}
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.MAKE_REQUESTS, Permission.DECIDE_REQUESTS)
def grant_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask once more, then end the permission before its last day."""
    found, _waiting = readable(request, public_id)
    if found.grant is None:
        raise Http404
    if request.method == "POST":
        because = "not_needed" if found.asker_id == request.user.pk else "steward"
        detail = reverse("requests:detail", args=[public_id])
        return carry_out(request, _("The permission has ended."), detail, actions.end_grant, data_request=public_id, because=because)
    context = {"number": str(found), "title": found.what_for, "request_id": public_id, "ends_on": found.grant.ends_on, "crumbs": crumbs()}
    return render(request, "governance/requests/grant_end.html", context)


@require_GET
@allow(Permission.MAKE_REQUESTS, Permission.DECIDE_REQUESTS)
def request_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One request: how far it is, what was said, what was decided and why."""
    found, waiting = readable(request, public_id)
    if found.state == State.DRAFT:
        return redirect("requests:edit", public_id)
    on = clock.today()
    own = found.asker_id == request.user.pk
    waits = present.people_in_words(waiting) if found.state in queries.WAITING else ""
    grant = found.grant
    running = grant is not None and grant.ended_at is None and grant.ends_on >= on
    context = {
        "number": str(found),
        "title": found.what_for,
        "request_id": found.public_id,
        "crumbs": crumbs(own=own),
        "state": present.state_of(found, on=on),
        "asker": present.named(found.asker),
        "own": own,
        "steps": present.steps(found, on=on),
        "facts": present.facts(found, sections_of(found), on=on, waits=waits),
        "elements": _elements(found),
        "outcome": present.outcome_sentences(found) if found.state in queries.DECIDED or found.grant_id else [],
        "decided": found.state in queries.DECIDED,
        "refused": found.state == State.REFUSED,
        "reason": found.decision_reason,
        "decided_by": present.named(found.decided_by) if found.decided_by else "",
        "decided_at": found.decided_at,
        "history": present.history(found),
        "may_answer": own and found.state == State.INFORMATION_ASKED,
        "answer_form": forms.MessageForm(label=_("Your answer")),
        "may_withdraw": own and found.state in queries.WAITING,
        "may_end": running and (own or found.decided_by_id == request.user.pk),
        "renew_url": present.renew_url(found)
        if own and running and grant is not None and grant.ends_on - on <= present.RENEW_WITHIN
        else "",
        "may_decide": found.state in queries.WAITING and waiting.includes(request.user.pk),
        "cards": _saved_cards(found),
    }
    return render(request, "governance/requests/request_detail.html", context)


@require_POST
@allow(Permission.MAKE_REQUESTS)
def request_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The asker answers an open question."""
    found = readable(request, public_id)[0]
    if found.asker_id != request.user.pk:
        raise Http404
    form = forms.MessageForm(request.POST)
    detail = reverse("requests:detail", args=[public_id])
    if not form.is_valid():
        messages.error(request, _("Write an answer of at most 2,000 characters."))
        return redirect(detail)
    return carry_out(
        request, _("Your answer was sent."), detail, actions.give_information, data_request=public_id, text=form.cleaned_data["text"]
    )


def _elements(found: DataRequest) -> list[dict[str, Any]]:
    kinds = {True: ("ok", _("Allowed")), False: ("stop", _("Left out")), None: ("wait", _("Waits"))}
    return [
        {
            "title": _(each.element.title),
            "reason": each.reason,
            "kind": kinds[each.allowed][0],
            "state": kinds[each.allowed][1],
            "why_not": each.left_out_reason,
        }
        for each in found.requested.all()
    ]


def _saved_cards(found: DataRequest) -> list[dict[str, Any]]:
    """The rules that were named when it was sent or decided, as they were then."""
    said = found.facts.get("decided") or found.facts.get("sent")
    return [
        {
            "outcome": rules_in_words.CARD_OUTCOMES[rule.outcome],
            "outcome_text": rule.outcome.label,
            "title": _(rule.title),
            "words": _(rule.words),
            "citation": rule.citation,
            "elements": [_(title) for title in rule.elements],
            "rule": rule.name,
        }
        for rule in catalogue.saved_rules(said["elements"] if said else {})
    ]
