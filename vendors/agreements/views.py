"""Pages of agreements: policy, form, one action, one template."""

import dataclasses
from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from governance.authority.models import Element, Purpose
from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.agreements import actions, forms, present, queries, signing
from vendors.agreements.models import Agreement, Signature, Version
from vendors.agreements.queries import Held
from vendors.providers import documents
from vendors.providers import queries as catalogue
from vendors.providers.models import Document, Tool

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
        context = {"form": forms.ProviderForm(providers=list(catalogue.providers())), "crumbs": _crumbs()}
        return render(request, "vendors/agreements/provider.html", context)
    on = clock.today()
    tools = list(provider.tools.filter(retired_at=None))
    form = forms.DraftForm(
        request.POST if request.method == "POST" else None,
        tools=tools,
        purposes=_purposes(),
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
        request, "vendors/agreements/new.html", {"form": form, "provider": provider.name, "has_tools": bool(tools), "crumbs": _crumbs()}
    )


@require_GET
@allow(*_READERS)
def agreement_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One agreement: where it stands, what it says, who signed, what happened."""
    held = _held(public_id)
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
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/agreements/agreement.html", context)


# -- Writing -------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def terms(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The terms of the text that is being written."""
    held, version = _writing(public_id)
    initial = {name: getattr(version, name) for name in forms.TermsForm.base_fields}
    form = forms.TermsForm(request.POST if request.method == "POST" else None, purposes=_purposes(), initial=initial)
    if form.is_valid():
        return _changed(
            request,
            form,
            public_id,
            lambda: actions.write_terms(agreement=public_id, by=request.user, at=clock.now(), **form.terms()),
            held,
        )
    return _form_page(request, form, held, _("Terms"))


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def services(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Exhibit A of the text that is being written."""
    held, version = _writing(public_id)
    tools = list(held.agreement.provider.tools.filter(retired_at=None))
    chosen = [service.tool.slug for service in version.services.all()]
    form = forms.ServicesForm(request.POST if request.method == "POST" else None, tools=tools, initial={"tools": chosen})
    if form.is_valid():
        wanted = [tool for tool in tools if tool.slug in form.cleaned_data["tools"]]
        return _changed(
            request, form, public_id, lambda: actions.cover(agreement=public_id, tools=wanted, by=request.user, at=clock.now()), held
        )
    return _form_page(request, form, held, _("Services (Exhibit A)"))


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def schedule(request: SignedInRequest, public_id: UUID, slug: str) -> HttpResponse:
    """Exhibit B of the text that is being written, for one tool. Begins with what the catalogue says the tool collects."""
    held, version = _writing(public_id)
    service = version.services.filter(tool__slug=slug).select_related("tool").first()
    if service is None:
        raise Http404
    tool: Tool = service.tool
    listed = {line.element_id: line.required for line in service.schedule.all()}
    if not listed:
        listed = {each.element_id: each.required for each in tool.collects.all()}
    form = forms.ScheduleForm(request.POST if request.method == "POST" else None, listed=listed, elements=list(Element.objects.all()))
    if form.is_valid():
        try:
            actions.schedule(agreement=public_id, tool=tool, elements=form.elements(), by=request.user, at=clock.now())
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The schedule of %(tool)s was saved.") % {"tool": tool.name})
            return redirect("agreements:detail", public_id)
    context = {"form": form, "title": held.agreement.title, "agreement_id": public_id, "tool": tool.name, "crumbs": _crumbs(held)}
    return render(request, "vendors/agreements/schedule.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def clauses(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The passages of the text that is being written: add one, take one out."""
    held, version = _writing(public_id)
    form = forms.ClauseForm(request.POST if request.method == "POST" and "remove" not in request.POST else None)
    if request.method == "POST":
        at = clock.now()
        remove = request.POST.get("remove", "")
        if remove.isdecimal() and len(remove) < 18:
            actions.remove_clause(agreement=public_id, clause=int(remove), by=request.user, at=at)
            return redirect("agreements:clauses", public_id)
        if form.is_valid():
            actions.add_clause(agreement=public_id, by=request.user, at=at, **form.cleaned_data)
            messages.success(request, _("The passage was added."))
            return redirect("agreements:clauses", public_id)
    context = {
        "form": form,
        "title": held.agreement.title,
        "agreement_id": public_id,
        "parts": present.clauses(version),
        "crumbs": _crumbs(held),
    }
    return render(request, "vendors/agreements/clauses.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def document(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The agreement as a PDF, part of the text that is being written."""
    held, _version = _writing(public_id)
    form = forms.DocumentForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        with transaction.atomic():
            kept = _receive(request, form.cleaned_data["document"], held.agreement.title)
            actions.attach(agreement=public_id, document=kept, by=request.user, at=clock.now())
        messages.success(request, _("The document was kept. Its hash is part of what is signed."))
        return redirect("agreements:detail", public_id)
    return _form_page(request, form, held, _("Document"), multipart=True)


# -- Signing -------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@allow(Permission.SIGN_AGREEMENTS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def sign(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Read the text that waits, and sign it for the district."""
    held = _held(public_id)
    pending = held.pending
    if pending is None or pending.sent_at is None:
        messages.info(request, _("No text of this agreement waits for signatures."))
        return redirect("agreements:detail", public_id)
    form, signed = signing.answer(request, pending, side=Signature.Side.DISTRICT, at=clock.now())
    back = reverse("agreements:detail", args=[public_id])
    if signed:
        messages.success(request, _("Signed for the district."))
        return redirect(back)
    context = {
        "form": form,
        "signing_for": _("You sign for the district"),
        "title": held.agreement.title,
        "text": present.text(pending),
        "back": back,
        "crumbs": _crumbs(held),
    }
    return render(request, "vendors/agreements/sign.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def paper(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Register a signature on paper, with its scan."""
    held = _held(public_id)
    pending = held.pending
    if pending is None or pending.sent_at is None:
        messages.info(request, _("No text of this agreement waits for signatures."))
        return redirect("agreements:detail", public_id)
    form = forms.PaperForm(request.POST or None, request.FILES or None, initial={"text_sha256": pending.sha256})
    if form.is_valid():
        said = form.cleaned_data
        try:
            scan = _receive(request, said.pop("scan"), f"{held.agreement.title}: {_('signature')}")
            actions.register_paper(agreement=public_id, scan=scan, by=request.user, at=clock.now(), **said)
        except actions.CannotSign as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The signature was registered."))
            return redirect("agreements:detail", public_id)
    return _form_page(request, form, held, _("Signature on paper"), multipart=True)


# -- Acts that are asked once more ---------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Act:
    """A verb with the question before it: what it means, what is asked with it, and the words after it."""

    title: str | Promise
    words: str | Promise
    done: str | Promise
    action: Callable[..., Any]
    form: Callable[[Any, Held], Form] | None = None
    kind: str = "warn"


def _end_form(data: Any, held: Held) -> Form:
    others = Agreement.objects.filter(provider=held.agreement.provider, ended_at=None).exclude(pk=held.agreement.pk)
    return forms.EndForm(data, others=list(others))


ACTS: dict[str, Act] = {
    "send": Act(
        gettext_lazy("Send for signing"),
        gettext_lazy("The text is closed. Each side signs exactly this text, named by its hash."),
        gettext_lazy("Sent for signing."),
        actions.send,
    ),
    "take-back": Act(
        gettext_lazy("Take the text back"),
        gettext_lazy("Nobody has signed it. It can be changed again, and gets another hash."),
        gettext_lazy("The text is open again."),
        actions.take_back,
    ),
    "amend": Act(
        gettext_lazy("Begin an amendment"),
        gettext_lazy(
            "A copy of the text that holds, to be changed and signed. Until then the old text holds. Approvals that the change touches are asked again."
        ),
        gettext_lazy("The amendment was begun. Change what is to change, then send it."),
        actions.amend,
    ),
    "renew": Act(
        gettext_lazy("Begin a renewal"),
        gettext_lazy("A copy of the text that goes on where it ends. It holds once both sides have signed it."),
        gettext_lazy("The renewal was begun. Check it, then send it."),
        actions.renew,
        lambda data, held: forms.RenewForm(data),
    ),
    "drop": Act(
        gettext_lazy("Drop this text"),
        gettext_lazy("It will not be signed. What holds already goes on."),
        gettext_lazy("The text was dropped."),
        actions.drop,
        kind="stop",
    ),
    "end": Act(
        gettext_lazy("End the agreement now"),
        gettext_lazy(
            "From this moment on the portal lets no more data go to its tools, and they show as “not any more”. The provider has to delete what it holds."
        ),
        gettext_lazy("The agreement has ended."),
        actions.end,
        _end_form,
        kind="stop",
    ),
}


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def act(request: SignedInRequest, public_id: UUID, what: str) -> HttpResponse:
    """Ask once more, then do it: send, take back, amend, renew, drop, end."""
    held, chosen = _held(public_id), ACTS.get(what)
    if chosen is None:
        raise Http404
    form = chosen.form(request.POST if request.method == "POST" else None, held) if chosen.form else None
    if request.method == "POST" and (form is None or form.is_valid()):
        said = dict(form.cleaned_data) if form is not None else {}
        if "superseded_by" in said:
            other = str(said["superseded_by"])
            said["superseded_by"] = Agreement.objects.filter(public_id=other).first() if other else None
        try:
            chosen.action(agreement=public_id, by=request.user, at=clock.now(), **said)
        except CannotDo as refusal:
            messages.error(request, refusal.what_to_do)
        else:
            messages.success(request, str(chosen.done))
        return redirect("agreements:detail", public_id)
    context = {
        "form": form,
        "act": chosen,
        "title": held.agreement.title,
        "back": reverse("agreements:detail", args=[public_id]),
        "crumbs": _crumbs(held),
    }
    return render(request, "vendors/agreements/act.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def join(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Register another district that joined by the general offer."""
    held = _held(public_id)
    form = forms.JoinForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        said = dict(form.cleaned_data)
        content = said.pop("document")
        try:
            with transaction.atomic():
                kept = _receive(request, content, f"{held.agreement.title}: {said['district']}") if content else None
                actions.let_join(agreement=public_id, document=kept, by=request.user, at=clock.now(), **said)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The district was registered."))
            return redirect("agreements:detail", public_id)
    return _form_page(request, form, held, _("Another district joins"), multipart=True)


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _held(public_id: UUID) -> Held:
    held = queries.find(public_id, at=clock.now())
    if held is None:
        raise Http404
    return held


def _writing(public_id: UUID) -> tuple[Held, Version]:
    held = _held(public_id)
    if held.pending is None or held.pending.sent_at is not None:
        raise Http404
    return held, held.pending


def _purposes() -> list[tuple[str, str]]:
    return [(purpose.pk, _(purpose.title)) for purpose in Purpose.objects.filter(aggregate=False)]


def _receive(request: SignedInRequest, content: bytes, title: str) -> Document:
    return documents.receive(content=content, title=title, by=request.user, at=clock.now())


def _changed(request: SignedInRequest, form: Form, public_id: UUID, change: Callable[[], Any], held: Held) -> HttpResponse:
    try:
        change()
    except CannotDo as refusal:
        form.add_error(None, refusal.what_to_do)
        return _form_page(request, form, held, _("Change the text"))
    messages.success(request, _("The text was changed."))
    return redirect("agreements:detail", public_id)


def _form_page(request: SignedInRequest, form: Form, held: Held, heading: str, *, multipart: bool = False) -> HttpResponse:
    context = {
        "form": form,
        "heading": heading,
        "title": held.agreement.title,
        "multipart": multipart,
        "back": reverse("agreements:detail", args=[held.agreement.public_id]),
        "crumbs": _crumbs(held),
    }
    return render(request, "vendors/agreements/form.html", context)


def _crumbs(held: Held | None = None) -> list[dict[str, str]]:
    crumbs = [{"label": _("Agreements"), "href": reverse("agreements:list")}]
    if held is not None:
        crumbs.append({"label": held.agreement.title, "href": reverse("agreements:detail", args=[held.agreement.public_id])})
    return crumbs
