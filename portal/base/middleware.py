"""The outermost and the innermost layers around every page."""

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.security import SecurityMiddleware

from portal.base import request_id, shelf

_FROM_PROXY = re.compile(r"[0-9a-zA-Z-]{8,64}")
_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), display-capture=(), publickey-credentials-get=(self)"
    ),
    "X-Permitted-Cross-Domain-Policies": "none",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Chain = Callable[[HttpRequest], HttpResponseBase]


class PublicPages:
    """Hands out the public pages from memory, ahead of sessions, languages and sign-in (`portal.base.shelf`)."""

    def __init__(self, get_response: Chain):
        self.get_response = get_response
        self.shelf = shelf.Shelf(get_response, shelf.source_in_settings(), settings.PUBLIC_PAGES_RECHECK_SECONDS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.shelf.answer(request) or self.get_response(request)


class Transport(SecurityMiddleware):
    """Django's, which sends people from HTTP to HTTPS; a program is refused instead, or it would go on sending its secrets in the clear."""

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:  # type: ignore[override]
        if request.method not in _METHODS:
            return HttpResponse(
                "No such method.", content_type="text/plain; charset=utf-8", status=405, headers={"Allow": "GET, HEAD, POST"}
            )
        sends = request.method not in ("GET", "HEAD") or request.path.startswith(settings.MACHINE_ADDRESSES)
        if self.redirect and sends and not request.is_secure():
            return HttpResponse("Use https.", content_type="text/plain; charset=utf-8", status=403)
        return super().process_request(request)


class RequestId:
    """Names every request: `request.request_id`, the log lines, the trail and the answer carry the same id."""

    def __init__(self, get_response: Chain):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "") if settings.SECURE_PROXY_SSL_HEADER else ""
        name = given if _FROM_PROXY.fullmatch(given) else request_id.fresh()
        request.request_id = name  # type: ignore[attr-defined]  # Django's request may carry more
        token = request_id.enter(name)
        try:
            response = self.get_response(request)
        finally:
            request_id.leave(token)
        response["X-Request-ID"] = name
        return response


class SignInRequired(LoginRequiredMiddleware):
    """Django's, with its two questions the other way round: a view open to all does not look who is signed in, so it touches no session."""

    def process_view(self, request: HttpRequest, view_func: Chain, view_args: tuple, view_kwargs: dict) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class SecurityHeaders:
    """What Django's own middleware leaves out. A page that does not say how it may be kept is kept nowhere."""

    def __init__(self, get_response: Chain):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in _HEADERS.items():
            response.setdefault(name, value)
        response.setdefault("Cache-Control", "no-store")
        return response
