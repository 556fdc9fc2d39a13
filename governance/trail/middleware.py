"""Gives every entry its actor, address and request id."""

import datetime as dt
import ipaddress
import math
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from governance.trail import context, entries
from portal.base import clock

CEILING = "53400"  # what door.enter raises


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
        """A limit that is reached is no fault of the program: it gets a page that says what it is and what to do.

        The person's own limit (`entries.TooMany`) names the time to wait; the ceiling of the whole portal begins anew each hour.
        """
        if isinstance(exception, entries.TooMany):
            return self._too_many(request, exception.until)
        if getattr(exception.__cause__, "pgcode", None) != CEILING:
            return None
        answer = render(request, "governance/records/ceiling.html", status=503)
        answer["Retry-After"] = "900"
        return answer

    def _too_many(self, request: HttpRequest, until: dt.datetime | None) -> HttpResponse:
        answer = render(request, "governance/records/stopped.html", {"until": until}, status=429)
        if until is not None:
            answer["Retry-After"] = str(max(1, math.ceil((until - clock.now()).total_seconds())))
        return answer
