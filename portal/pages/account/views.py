"""One's own account: facts, language, sign-in, sessions."""

import datetime as dt

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.people import accounts, forms, permissions, present, queries, sessions
from governance.people.adapter import PREVIOUS_SIGN_IN
from governance.people.http import SignedInRequest
from governance.people.policies import signed_in
from portal.base import clock


@signed_in
@require_http_methods(["GET", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """What the portal holds about the account itself, and how to change what may be changed."""
    user, today = request.user, clock.today()
    form = forms.Language(request.POST or None, initial={"language": user.language})
    if form.is_valid():
        accounts.set_language(user=user, language=form.cleaned_data["language"], at=clock.now())
        with translation.override(user.language):
            messages.success(request, _("Your language is changed."))
            return redirect(reverse("account:account"))
    assignments = queries.assignments_of(user, on=today)
    prefetch_related_objects(assignments, "school")
    before = request.session.get(PREVIOUS_SIGN_IN)
    return render(
        request,
        "portal/account/account.html",
        {
            "form": form,
            "name": user.name,
            "email": user.email,
            "title": user.title,
            "roles": [present.role_row(one, today=today) for one in assignments],
            "second_factor": is_mfa_enabled(user),
            "second_factor_needed": bool({one.role for one in assignments} & permissions.SECOND_FACTOR_ROLES),
            "previous": dt.datetime.fromisoformat(before) if before else None,
        },
    )


@signed_in
@require_POST
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    """End every session of this account, this one too."""
    accounts.end_sessions(user=request.user, by=request.user, at=clock.now())
    logout(request)
    messages.success(request, _("You are signed out on every device."))
    return redirect("account_login")


@signed_in
@require_GET
def devices(request: SignedInRequest) -> HttpResponse:
    """Where the account is signed in now."""
    found = sessions.of(request.user, here=request.session.session_key)
    crumbs = [{"label": _("Your account"), "href": reverse("account:account")}]
    return render(request, "portal/account/devices.html", {"sessions": found, "crumbs": crumbs})


@signed_in
@require_POST
@reauthentication_required
def end_device(request: SignedInRequest, name: str) -> HttpResponse:
    """End one of the account's sessions."""
    if not accounts.end_session(user=request.user, name=name, at=clock.now()):
        raise Http404
    messages.success(request, _("Signed out there."))
    return redirect("account:devices")
