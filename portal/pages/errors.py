"""What people read when a page cannot be shown: what happened and what to do. Named by portal.urls and by the settings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what was sent cannot be read."""
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the function is not for this person's roles."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or one that this person is told nothing about."""
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without request, user or database, any of which may be what is broken."""
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form was sent from a page that is too old, or without cookies."""
    return _page(request, 403, "403_csrf.html")


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: too many tries in a short time."""
    return _page(request, 429)


def _page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    user = getattr(request, "user", None)
    layout = "base.html" if user is not None and user.is_authenticated else "base_public.html"
    return render(request, template or f"{status}.html", {"layout": layout}, status=status)
