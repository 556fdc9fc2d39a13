"""Admins describe the other systems; families and everybody read it on other pages."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.coverage import actions, forms, queries
from governance.coverage.models import System
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock


@allow(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def systems(request: SignedInRequest) -> HttpResponse:
    """Every system, and a form for one more."""
    form = forms.SystemForm(request.POST or None)
    if form.is_valid():
        actions.describe(system_id=None, by=request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved. Families can read it now."))
        return redirect("coverage:systems")
    return render(request, "governance/coverage/systems.html", {"form": form, "systems": queries.systems()})


@allow(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def system(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Change one description."""
    found = get_object_or_404(System, public_id=public_id, ended_at=None)
    form = forms.SystemForm(request.POST or None, instance=found)
    if form.is_valid():
        actions.describe(system_id=public_id, by=request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved. Families can read it now."))
        return redirect("coverage:systems")
    return render(request, "governance/coverage/system.html", {"form": form, "name": found.name, "public_id": public_id})


@allow(Permission.MANAGE_SEALS)
@require_POST
def system_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The district uses it no more."""
    get_object_or_404(System, public_id=public_id, ended_at=None)
    actions.end(system_id=public_id, by=request.user, at=clock.now())
    messages.success(request, _("It is no longer listed."))
    return redirect("coverage:systems")
