"""Is it healthy, in words."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.pages.status import checks


@allow(Permission.SEE_STATUS)
@require_safe
def status(request: SignedInRequest) -> HttpResponse:
    """One line for each thing the portal needs."""
    found = checks.all_checks(at=clock.now())
    return render(
        request,
        "portal/status/status.html",
        {"checks": found, "wrong": sum(check.kind in ("warn", "stop") for check in found), "now": clock.now()},
    )
