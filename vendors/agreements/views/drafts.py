"""The text of an agreement while it is written: terms, services, schedule of data, clauses, document."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from governance.authority.models import Element
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.agreements import actions, forms, present
from vendors.agreements.models import Version
from vendors.agreements.queries import Held
from vendors.agreements.views.parts import crumbs, form_page, held_or_404, purposes_to_choose, receive
from vendors.providers.models import Tool


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def terms(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The terms of the text that is being written."""
    held, version = _writing(public_id)
    initial = {name: getattr(version, name) for name in forms.TermsForm.base_fields}
    form = forms.TermsForm(request.POST if request.method == "POST" else None, purposes=purposes_to_choose(), initial=initial)
    if form.is_valid():
        return _changed(
            request,
            form,
            public_id,
            lambda: actions.write_terms(agreement=public_id, by=request.user, at=clock.now(), **form.terms()),
            held,
        )
    return form_page(request, form, held, _("Terms"))


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
    return form_page(request, form, held, _("Services (Exhibit A)"))


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
    context = {"form": form, "title": held.agreement.title, "agreement_id": public_id, "tool": tool.name, "crumbs": crumbs(held)}
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
        "crumbs": crumbs(held),
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
            kept = receive(request, form.cleaned_data["document"], held.agreement.title)
            actions.attach(agreement=public_id, document=kept, by=request.user, at=clock.now())
        messages.success(request, _("The document was kept. Its hash is part of what is signed."))
        return redirect("agreements:detail", public_id)
    return form_page(request, form, held, _("Document"), multipart=True)


def _writing(public_id: UUID) -> tuple[Held, Version]:
    held = held_or_404(public_id)
    if held.pending is None or held.pending.sent_at is not None:
        raise Http404
    return held, held.pending


def _changed(request: SignedInRequest, form: Form, public_id: UUID, change: Callable[[], Any], held: Held) -> HttpResponse:
    try:
        change()
    except CannotDo as refusal:
        form.add_error(None, refusal.what_to_do)
        return form_page(request, form, held, _("Change the text"))
    messages.success(request, _("The text was changed."))
    return redirect("agreements:detail", public_id)
