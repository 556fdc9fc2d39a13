"""Pages of deliveries and of ways to switch off: policy, form, one action, one template."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority.models import Purpose
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from vendors.providers import queries as catalogue
from vendors.reviews import status
from vendors.sharing import actions, forms, present, queries
from vendors.sharing.actions import CannotShare
from vendors.sharing.models import Delivery, StopTask


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def deliveries(request: SignedInRequest) -> HttpResponse:
    """To which tools the portal sends data, and which other ways have to be switched off."""
    at, on = clock.now(), clock.today()
    found = list(queries.deliveries()[:300])
    usable = status.of_all([each.tool for each in found], at)
    context = {
        "rows": [present.row(each, usable=usable[each.tool_id].usable) for each in found],
        "tasks": [present.task(each, on=on) for each in queries.open_tasks()[:100]],
        "may_open": bool(queries.to_deliver(at)),
    }
    return render(request, "vendors/sharing/deliveries.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def delivery_new(request: SignedInRequest) -> HttpResponse:
    """Open the portal's way to a tool; the preview comes next."""
    at = clock.now()
    tools = queries.to_deliver(at)
    purposes = sorted({purpose for tool in tools for purpose in tool.purposes})
    form = forms.OpenForm(
        request.POST if request.method == "POST" else None,
        tools=tools,
        purposes=list(Purpose.objects.filter(pk__in=purposes).order_by("title")),
    )
    if form.is_valid():
        tool = catalogue.find_tool(form.cleaned_data["tool"])
        assert tool is not None
        try:
            made = actions.open_delivery(tool=tool, purpose=form.cleaned_data["purpose"], by=request.user, at=at)
        except CannotShare as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("sharing:delivery", made.public_id)
    context = {"form": form, "any": bool(tools), "crumbs": _crumbs()}
    return render(request, "vendors/sharing/new.html", context, status=422 if form.is_bound else 200)


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def delivery(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One delivery: what was sent, what can be done, and every other way to the same tool."""
    found = _delivery(public_id)
    at = clock.now()
    usable = status.of(found.tool, at).usable
    context = {
        "delivery": present.row(found, usable=usable),
        "delivery_id": found.public_id,
        "tool_url": reverse("providers:tool", args=[found.tool.public_id]),
        "open": found.stopped_at is None,
        "usable": usable,
        "seen": {"at": found.seen_at, "by": found.seen_by.name if found.seen_by else "", "children": found.seen_children},
        "elements": present.titles_of(found.seen_elements),
        "releases": [present.release(each) for each in queries.releases_of(found)],
        "channels": [present.channel(each) for each in queries.channel_states(found.tool, at)],
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/sharing/delivery.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def preview(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """How many children, which elements, how many withheld and why. By POST: seen, and answered for."""
    found = _delivery(public_id)
    form = forms.ConfirmForm(request.POST if request.method == "POST" else None)
    at = clock.now()
    if form.is_valid():
        try:
            actions.confirm(delivery=found, children=form.cleaned_data["children"], by=request.user, at=at)
        except CannotShare as refusal:
            messages.error(request, refusal.what_to_do)
            return redirect("sharing:preview", public_id)
        messages.success(request, _("Confirmed. The data can be sent now."))
        return redirect("sharing:delivery", public_id)
    context: dict[str, Any] = {
        "tool": found.tool.name,
        "delivery_id": found.public_id,
        "crumbs": [*_crumbs(), {"label": found.tool.name, "href": reverse("sharing:delivery", args=[public_id])}],
    }
    try:
        decided = actions.preview(delivery=found, by=request.user, at=at)
    except CannotShare as refusal:
        context["refused"] = refusal.what_to_do
    else:
        context |= {"preview": present.preview(decided), "form": forms.ConfirmForm(initial={"children": len(decided.given)})}
    return render(request, "vendors/sharing/preview.html", context)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def send(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The bundle as a download, after its lines stand."""
    found = _delivery(public_id)
    try:
        release, content = actions.send_bundle(delivery=found, by=request.user, at=clock.now())
    except CannotShare as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("sharing:delivery", public_id)
    name = f"{found.tool.slug}-{clock.today().isoformat()}.zip"
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "X-Release-State": str(release.state),
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def stop(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Stop a delivery at once."""
    found = _delivery(public_id)
    if request.method == "POST":
        actions.stop_delivery(delivery=found, by=request.user, at=clock.now())
        messages.success(request, _("Stopped. Nothing more leaves for this tool through the portal."))
        return redirect("sharing:delivery", public_id)
    context = {"tool": found.tool.name, "back": reverse("sharing:delivery", args=[public_id]), "crumbs": _crumbs()}
    return render(request, "vendors/sharing/stop.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def task(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A way that has to be switched off: who can do it, until when. By POST: done, and what was seen."""
    found = _task(public_id)
    form = forms.DoneForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.finish_stop(task=public_id, seen=form.cleaned_data["seen"], by=request.user, at=clock.now())
        except CannotShare as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Noted. The register says that this way is stopped."))
            return redirect("sharing:list")
    context = {"task": present.task(found, on=clock.today()), "form": form, "crumbs": _crumbs()}
    return render(request, "vendors/sharing/task.html", context, status=422 if form.is_bound else 200)


def _delivery(public_id: UUID) -> Delivery:
    found = queries.find_delivery(public_id)
    if found is None:
        raise Http404
    return found


def _task(public_id: UUID) -> StopTask:
    found = queries.find_task(public_id)
    if found is None:
        raise Http404
    return found


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Sharing"), "href": reverse("sharing:list")}]
