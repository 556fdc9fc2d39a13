"""The page of a delivery that runs by itself: policy, form, one action, one template."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.drops import actions, forms, present, queries
from vendors.sharing import queries as sharing
from vendors.sharing.models import Delivery


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def drop(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The schedule of a delivery, its files, and what became of each."""
    return _page(request, _delivery(public_id), forms.StartForm(initial={"every": "workday", "hour": 2, "keep_days": 7}))


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def start(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """From now on it runs by itself."""
    found = _delivery(public_id)
    form = forms.StartForm(request.POST)
    if form.is_valid():
        try:
            actions.start(delivery=found, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("It runs by itself now. The first file is made at the next time you chose."))
            return redirect("drops:drop", public_id)
    return _page(request, found, form)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def stop(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """No further file; what lies in the folder goes now."""
    found = queries.of_delivery(_delivery(public_id))
    if found is not None:
        actions.stop(drop=found, because="asked", by=request.user, at=clock.now())
        messages.success(request, _("Stopped. Nothing lies in the folder any more."))
    return redirect("drops:drop", public_id)


def _page(request: SignedInRequest, delivery: Delivery, form: forms.StartForm) -> HttpResponse:
    running = queries.of_delivery(delivery)
    context = {
        "tool": delivery.tool.name,
        "delivery_id": delivery.public_id,
        "folder": delivery.tool.slug,
        "schedule": present.schedule(running) if running else None,
        "may_start": delivery.stopped_at is None and delivery.seen_at is not None,
        "form": form,
        "files": [present.file(each) for each in queries.files_of(delivery)],
        "crumbs": [
            {"label": _("Sharing"), "href": reverse("sharing:list")},
            {"label": delivery.tool.name, "href": reverse("sharing:delivery", args=[delivery.public_id])},
        ],
    }
    return render(request, "vendors/drops/drop.html", context, status=422 if form.is_bound else 200)


def _delivery(public_id: UUID) -> Delivery:
    found = sharing.find_delivery(public_id)
    if found is None:
        raise Http404
    return found
