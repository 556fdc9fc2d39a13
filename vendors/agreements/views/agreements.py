"""The list of agreements, a new one, one of them with all that it says, and another district that joins."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.agreements import actions, forms, present, queries
from vendors.agreements.models import Signature
from vendors.agreements.views.parts import crumbs, form_page, held_or_404, purposes_to_choose, receive
from vendors.providers import queries as catalogue

_READERS = (Permission.MANAGE_PROVIDERS, Permission.SIGN_AGREEMENTS)


@require_GET
@allow(*_READERS)
def agreements_list(request: SignedInRequest) -> HttpResponse:
    """All agreements with where each stands; those that end soon on top where asked."""
    at = clock.now()
    form = forms.ListFilter(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    if wanted.get("ending"):
        held = queries.ending_within(120, at=at)
    else:
        held = queries.with_standing(
            queries.matching(wanted.get("q", ""), wanted.get("kind", "")).order_by("provider__name", "title"), at=at
        )
    ending = queries.ending_within(120, at=at)
    context = {
        "form": form,
        "rows": [present.row(each) for each in held],
        "filtered": any(wanted.values()),
        "ending": len(ending),
        "may_manage": may(request, Permission.MANAGE_PROVIDERS),
    }
    return render(request, "vendors/agreements/agreements_list.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def agreement_new(request: SignedInRequest) -> HttpResponse:
    """A new agreement: first the provider, then the rest."""
    provider = next((each for each in catalogue.providers() if str(each.public_id) == request.GET.get("provider")), None)
    if provider is None:
        context = {"form": forms.ProviderForm(providers=list(catalogue.providers())), "crumbs": crumbs()}
        return render(request, "vendors/agreements/provider.html", context)
    on = clock.today()
    tools = list(provider.tools.filter(retired_at=None))
    form = forms.DraftForm(
        request.POST if request.method == "POST" else None,
        tools=tools,
        purposes=purposes_to_choose(),
        initial={
            "title": _("Agreement with %(provider)s") % {"provider": provider.name},
            "tools": [tool.slug for tool in tools],
            "starts_on": on,
            "ends_on": forms.next_june(on),
            "purposes": sorted({purpose for tool in tools for purpose in tool.purposes}),
            "breach_hours": 72,
            "disposition_days": 60,
            "inspection_days": 45,
            "audit_days": 10,
        },
    )
    if form.is_valid():
        said = form.cleaned_data
        try:
            made = actions.draft(
                provider=provider,
                kind=said["kind"],
                title=said["title"],
                tools=[tool for tool in tools if tool.slug in said["tools"]],
                originator=said["originator"],
                risk=said["risk"],
                risk_words=said["risk_words"],
                by=request.user,
                at=clock.now(),
                **form.terms(),
            )
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The draft was saved. Now the schedule of data of each tool."))
            return redirect("agreements:detail", made.public_id)
    return render(
        request, "vendors/agreements/new.html", {"form": form, "provider": provider.name, "has_tools": bool(tools), "crumbs": crumbs()}
    )


@require_GET
@allow(*_READERS)
def agreement_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One agreement: where it stands, what it says, who signed, what happened."""
    held = held_or_404(public_id)
    agreement, pending = held.agreement, held.pending
    shown = held.latest
    manages = may(request, Permission.MANAGE_PROVIDERS)
    ended = agreement.ended_at is not None
    open_sides = present.sides_open(pending) if pending is not None and pending.sent_at else []
    signable = [side for side in open_sides if side in actions.SIDES[agreement.kind]]
    context = {
        "agreement_id": agreement.public_id,
        "title": agreement.title,
        "kind": agreement.get_kind_display(),
        "provider": {"name": agreement.provider.name, "id": agreement.provider.public_id},
        "originator": agreement.originator,
        "risk": agreement.get_risk_display() if agreement.risk else "",
        "risk_words": agreement.risk_words,
        "state": present.state_of(held),
        "pending_state": present.pending_of(held),
        "ends_on": held.standing.ends_on,
        "text": present.text(shown) if shown else None,
        "pending_text": present.text(pending) if pending is not None and held.in_force is not None else None,
        "signatures": present.signatures(shown) if shown else [],
        "pending_signatures": present.signatures(pending) if pending is not None and held.in_force is not None else [],
        "versions": present.versions(agreement),
        "channels": present.channels(held.in_force) if held.in_force else [],
        "subscribers": list(agreement.subscribers.values("district", "state", "joined_on")),
        "superseded_by": agreement.superseded_by.title if agreement.superseded_by else "",
        "manages": manages,
        "writing": manages and pending is not None and pending.sent_at is None and not ended,
        "may_take_back": manages and pending is not None and pending.sent_at is not None and len(open_sides) == 2,
        "may_sign": Signature.Side.DISTRICT in signable and may(request, Permission.SIGN_AGREEMENTS),
        "may_register": manages and bool(signable),
        "may_drop": manages and pending is not None,
        "may_change": manages and pending is None and not ended and any(version.signed_at for version in agreement.versions.all()),
        "may_end": manages and not ended and any(version.signed_at for version in agreement.versions.all()),
        "may_join": manages and held.in_force is not None and held.in_force.offered_until is not None,
        "crumbs": crumbs(),
    }
    return render(request, "vendors/agreements/agreement.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def join(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Register another district that joined by the general offer."""
    held = held_or_404(public_id)
    form = forms.JoinForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        said = dict(form.cleaned_data)
        content = said.pop("document")
        try:
            with transaction.atomic():
                kept = receive(request, content, f"{held.agreement.title}: {said['district']}") if content else None
                actions.let_join(agreement=public_id, document=kept, by=request.user, at=clock.now(), **said)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The district was registered."))
            return redirect("agreements:detail", public_id)
    return form_page(request, form, held, _("Another district joins"), multipart=True)
