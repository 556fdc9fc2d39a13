"""The district's pages about auditors: who audits, the scope, the keys."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.auditors import actions, forms, present, queries
from governance.auditors.areas import events_in
from governance.auditors.models import Engagement
from governance.auditors.views.parts import crumbs, paper_rows
from governance.people import accounts, invitations
from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.vocabulary import Permission
from portal.base import clock

_again = reauthentication_required(enabled=lambda request: not settings.DEMO)


@allow(Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@require_safe
def auditors(request: SignedInRequest) -> HttpResponse:
    """Who audits, until when, and the work papers that were shared."""
    return render(
        request,
        "governance/auditors/auditors.html",
        {
            "rows": [present.engagement_row(one, reader=request.user) for one in queries.engagements()[:200]],
            "papers": paper_rows(queries.papers(shared=True)),
            "may_invite": may(request, Permission.INVITE_AUDITORS),
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.INVITE_AUDITORS)
@_again
def invite(request: SignedInRequest) -> HttpResponse:
    """Propose an auditor with a scope and an end."""
    form = forms.Invite(request.POST or None, today=clock.today())
    if form.is_valid():
        given = dict(form.cleaned_data)
        given["kinds"] = events_in(given.pop("areas"))
        try:
            engagement = actions.propose(by=request.user, at=clock.now(), **given)
        except (actions.CannotAudit, accounts.CannotChangeAccount) as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Proposed. A second person reads the scope and admits the auditor."))
            return redirect("auditors:auditor", engagement.public_id)
    return render(request, "governance/auditors/invite.html", {"form": form, "crumbs": crumbs()}, status=422 if form.is_bound else 200)


@allow(Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@require_safe
def auditor(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One audit: the scope in sentences, the keys, the papers that were shared."""
    return _auditor_page(request, get_object_or_404(queries.engagements(), public_id=public_id), forms.Longer())


def _auditor_page(request: SignedInRequest, engagement: Engagement, longer: forms.Longer) -> HttpResponse:
    row = present.engagement_row(engagement, reader=request.user)
    key = may(request, Permission.SECOND_KEY)
    return render(
        request,
        "governance/auditors/auditor.html",
        {
            "row": row,
            "said": present.said(queries.scope_in(engagement), schools=queries.school_names(engagement.schools), to_auditor=False),
            "longer": longer,
            "may_invite": may(request, Permission.INVITE_AUDITORS),
            "may_admit": row.waiting and key and not row.mine,
            "may_agree": row.longer_until is not None and key and not row.longer_is_mine,
            "may_drop": row.longer_until is not None and (key or row.longer_is_mine),
            "may_refuse": row.waiting and (key or row.mine),
            "papers": paper_rows([pair for pair in queries.papers(engagement=engagement) if pair[0].shared_at is not None]),
            "crumbs": crumbs(),
        },
        status=422 if longer.is_bound else 200,
    )


_DECIDED = {
    "admit": (actions.admit, gettext_lazy("The auditor is admitted. The invitation goes out by e-mail.")),
    "refuse": (actions.refuse, gettext_lazy("The auditor is not admitted.")),
    "agree": (actions.agree_longer, gettext_lazy("The audit is longer now.")),
    "drop": (actions.drop_longer, gettext_lazy("The audit ends as planned.")),
    "end": (actions.end, gettext_lazy("The audit has ended, and every session of the auditor.")),
}


@require_POST
@allow(Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@_again
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Turn a key, take a proposal back, make the audit longer, or end it."""
    engagement = get_object_or_404(queries.engagements(), public_id=public_id)
    answer = request.POST.get("answer", "")
    try:
        if answer == "longer":
            form = forms.Longer(request.POST)
            if not form.is_valid():
                return _auditor_page(request, engagement, form)
            actions.propose_longer(engagement_id=engagement.pk, until=form.cleaned_data["until"], by=request.user, at=clock.now())
            messages.success(request, _("Proposed. A second person agrees."))
        elif answer in _DECIDED:
            act, words = _DECIDED[answer]
            act(engagement_id=engagement.pk, by=request.user, at=clock.now())
            messages.success(request, words)
    except (actions.CannotAudit, invitations.CannotInvite) as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("auditors:auditor", public_id)
