"""What is kept how long, what has left and by which rule; and for families what stays of their child's record."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.records.family.queries import Way, access_to
from governance.retention import actions, forms, present, queries
from governance.retention import family as words
from governance.retention.models import Hold, RetentionRule
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.telling import tell

SHOWN = 100
_again = reauthentication_required(enabled=lambda request: not settings.DEMO)


@allow(Permission.SEE_RETENTION)
@require_safe
def retention(request: SignedInRequest) -> HttpResponse:
    """Receipts, what leaves next, the rules and the holds."""
    return _page(request)


def _page(
    request: SignedInRequest, *, rule_form: forms.ProposeRule | None = None, hold_form: forms.PlaceHold | None = None
) -> HttpResponse:
    in_force = queries.in_force()
    counting = {rule.pk for rule in in_force.values()}
    rules = [present.rule_row(rule, reader=request.user, counts=rule.pk in counting) for rule in queries.rules()[:SHOWN]]
    holds = [present.hold_row(hold, named=named, reader=request.user) for hold, named in queries.holds(at_most=SHOWN)]
    bound = any(form is not None and form.is_bound for form in (rule_form, hold_form))
    return render(
        request,
        "governance/retention/retention.html",
        {
            "rules": rules,
            "without_rule": present.without_rule(in_force),
            "holds": holds,
            "next": present.next_month(queries.months(), now=clock.now()),
            "due": present.due_rows(queries.due()),
            "receipts": present.receipt_rows(list(queries.receipts()[:SHOWN])),
            "may_manage": may(request, Permission.MANAGE_RETENTION),
            "may_confirm": may(request, Permission.SECOND_KEY),
            "rule_form": rule_form or forms.ProposeRule(prefix="rule"),
            "hold_form": hold_form or forms.PlaceHold(prefix="hold"),
        },
        status=422 if bound else 200,
    )


@require_POST
@allow(Permission.MANAGE_RETENTION)
@_again
def propose(request: SignedInRequest) -> HttpResponse:
    """Propose a rule that the board adopted."""
    form = forms.ProposeRule(request.POST, prefix="rule")
    if form.is_valid():
        try:
            actions.propose(by=request.user, at=clock.now(), **form.cleaned_data)
        except actions.CannotChange as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Proposed. A second person adopts it; until then nothing changes."))
            return redirect("retention:retention")
    return _page(request, rule_form=form)


@require_POST
@allow(Permission.MANAGE_RETENTION, Permission.SECOND_KEY)
@_again
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Adopt a proposed rule, or not."""
    rule = get_object_or_404(RetentionRule, public_id=public_id)
    adopt = request.POST.get("answer") == "adopt"
    tell(
        request,
        lambda: actions.decide(rule_id=rule.pk, adopt=adopt, by=request.user, at=clock.now()),
        done=_("The rule is adopted.") if adopt else _("The rule is not adopted."),
    )
    return redirect("retention:retention")


@require_POST
@allow(Permission.MANAGE_RETENTION)
def place_hold(request: SignedInRequest) -> HttpResponse:
    """Keep what must not be destroyed, at once."""
    form = forms.PlaceHold(request.POST, prefix="hold")
    if form.is_valid():
        try:
            actions.place(by=request.user, at=clock.now(), **form.cleaned_data)
        except actions.CannotChange as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The hold stands from now on."))
            return redirect("retention:retention")
    return _page(request, hold_form=form)


@require_POST
@allow(Permission.MANAGE_RETENTION, Permission.SECOND_KEY)
@_again
def end_hold(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Propose the end of a hold, agree to it as the second person, or keep the hold."""
    hold = get_object_or_404(Hold, public_id=public_id)
    answer = request.POST.get("answer")
    try:
        if answer == "ask":
            actions.ask_to_end(hold_id=hold.pk, by=request.user, at=clock.now())
            messages.success(request, _("Proposed. The hold stands until a second person agrees."))
        elif answer in {"end", "keep"}:
            actions.end(hold_id=hold.pk, agree=answer == "end", by=request.user, at=clock.now())
            messages.success(request, _("The hold has ended.") if answer == "end" else _("The hold stays."))
    except actions.CannotChange as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("retention:retention")


@allow(Permission.SEE_OWN_FAMILY)
@require_safe
def family(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What stays of a child's record and until when. Says no value; a stranger and a closed record answer 404."""
    access = access_to(request.user, public_id, on=clock.today())
    if access is None or access.way is not Way.OPEN:
        raise Http404
    # The day on which a child left tells a place and a time: where an order keeps something back, no day is said.
    left_on = None if access.kept_back else access.student.left_on
    return render(
        request,
        "governance/retention/family.html",
        {
            "rows": words.rows(queries.kept_until(student_id=access.student.pk, left_on=left_on)),
            "left": left_on is not None,
            "crumbs": [{"label": _("The record"), "href": reverse("family:overview", args=[public_id])}],
        },
    )
