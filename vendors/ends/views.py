"""Pages of deletion orders for the district: policy, form, one action, one template."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.finding import or_404
from portal.base.telling import told
from vendors.ends import actions, forms, present, queries
from vendors.ends.models import Order

MOST_CLOSED = 50


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def orders_list(request: SignedInRequest) -> HttpResponse:
    """Orders without an answer, the late ones first; those that are over."""
    on = clock.today()
    open_ones = queries.orders().filter(certificate=None, called_off_at=None).order_by("due_on", "pk")
    over = queries.orders().exclude(certificate=None, called_off_at=None).order_by("-opened_at", "-pk")[:MOST_CLOSED]
    context = {
        "open": [present.row(order, on=on) for order in open_ones],
        "over": [present.row(order, on=on) for order in over],
        "late": queries.late(on=on).count(),
    }
    return render(request, "vendors/ends/orders_list.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def order_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One order: what was ordered, what the provider said. By POST: call it off, or register a certificate that came on paper."""
    order = _order(public_id)
    on = clock.today()
    act = request.POST.get("act", "")
    answerable = order.called_off_at is None and not hasattr(order, "certificate")
    call_off_form = forms.CallOffForm(request.POST if act == "call_off" else None)
    register_form = forms.RegisterForm(
        request.POST if act == "register" else None,
        request.FILES if act == "register" else None,
        initial={"order_sha256": order.sha256},
    )

    def call_off() -> None:
        actions.call_off(order=public_id, because=call_off_form.cleaned_data["because"], by=request.user, at=clock.now())

    def register() -> None:
        said = dict(register_form.cleaned_data)
        actions.confirm(order=public_id, content=said.pop("document"), **said, by=request.user, at=clock.now())

    if told(request, call_off_form, call_off, done=_("The order was called off.")) or told(
        request, register_form, register, done=_("The certificate was registered.")
    ):
        return redirect("ends:detail", public_id)
    certificate = present.certificate(order)
    context = {
        "tool": {"name": order.tool.name, "id": order.tool.public_id},
        "provider": {"name": order.tool.provider.name, "id": order.tool.provider.public_id},
        "facts": present.facts(order),
        "due_on": order.due_on,
        "state": present.state_of(order, on=on),
        "sha256": order.sha256,
        "certificate": certificate,
        "document_url": reverse("providers:document", args=[certificate["document"]["id"]])
        if certificate and certificate["document"]
        else "",
        "timeline": present.timeline(order, on=on),
        "history_url": reverse("history:history", args=["deletion-order", order.public_id]),
        "answerable": answerable,
        "sent": order.sent_at is not None,
        "act": act,
        "call_off_form": call_off_form,
        "register_form": register_form,
        "crumbs": [{"label": _("Deletion orders"), "href": reverse("ends:list")}],
    }
    return render(request, "vendors/ends/order.html", context, status=422 if act else 200)


def _order(public_id: UUID) -> Order:
    return or_404(queries.find(public_id))
