"""Gives every entry its actor, address and request id."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from governance.trail import context

CEILING = "53400"  # what door.admit raises


def client_address(request: HttpRequest) -> str | None:
    """The address of the client: the peer's, or what a proxy named in PORTAL_TRUSTED_PROXIES says of it."""
    peer = request.META.get("REMOTE_ADDR") or None
    if peer in settings.TRUSTED_PROXIES:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
        peer = forwarded or peer
    try:
        return str(ipaddress.ip_address(peer)) if peer else None
    except ValueError:
        return None


class TrailContext:
    """One context a request; the user is looked at only when an entry is written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        made = context.Context(
            actor=lambda: request.user.pk if getattr(request, "user", None) is not None and request.user.is_authenticated else None,
            address=client_address(request),
            request_id=getattr(request, "request_id", None) or context.new_request_id(),
        )
        token = context.set_current(made)
        try:
            return self.get_response(request)
        finally:
            context.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The hourly ceiling of door.admit is no fault of the program: it gets a page that says what it is and what to do."""
        if getattr(exception.__cause__, "pgcode", None) != CEILING:
            return None
        answer = render(request, "governance/records/ceiling.html", status=503)
        answer["Retry-After"] = "900"
        return answer
