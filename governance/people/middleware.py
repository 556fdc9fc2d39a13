"""Holds every view to its declared policy, people with powerful roles to a second factor, and families to the opening of their pages."""

from collections.abc import Callable
from typing import cast

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from governance.people import policies, queries
from governance.people.models import User
from governance.people.permissions import SECOND_FACTOR_ROLES
from governance.vocabulary import Permission
from portal.base import clock


class Policies:
    """Checks `policies.policy_of(view)` before the view runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if getattr(request, "signed_out", False):
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        policies.check(request, view, names_object=bool(args or kwargs))
        policy = policies.policy_of(view)
        if policy is None or not policy.signed_in or not request.user.is_authenticated:
            return None
        if self._second_factor_missing(request):
            return redirect(reverse("mfa_activate_totp"))
        if policy.permissions == (Permission.SEE_OWN_FAMILY,) and not queries.families_may_sign_in():
            return render(request, "account/family_sign_in_closed.html", {"district": queries.district()}, status=403)
        return None

    def _second_factor_missing(self, request: HttpRequest) -> bool:
        """Required of those who decide, export or administer; the demo asks it only with PORTAL_DEMO_TOTP."""
        if settings.DEMO and not settings.PORTAL_DEMO_TOTP:
            return False
        roles = queries.roles_of(cast(User, request.user), on=clock.today())
        return bool(roles & SECOND_FACTOR_ROLES) and not is_mfa_enabled(request.user)
