"""The public pages. They look neither at the session nor at the person, so that `portal.base.shelf` may keep them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import translate_url
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from governance.people import queries
from governance.people.policies import public
from portal.base import shelf
from portal.pages.public import present


def _without_database(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A plain page where the database is away and this process has not shown the page before; it is asked for again by itself."""

    @wraps(view)
    def asked(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except (OperationalError, InterfaceError):
            return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})

    return asked


@public(reason="tells what the portal is and whom to ask")
@require_safe
@_without_database
def home(request: HttpRequest) -> HttpResponse:
    """The front page: three ways in, and the contact."""
    return _page(request, "portal/public/home.html", present.home_page(queries.district()))


@public(reason="34 CFR 99.7 and the district's promise: everybody may read what the rights are")
@require_safe
@_without_database
def rights(request: HttpRequest) -> HttpResponse:
    """Every right: who may use it, how, by when, the law, the contact."""
    return _page(request, "portal/public/rights.html", present.rights_page(queries.district(), get_language()))


@public(reason="the rights page on paper, for the school office")
@require_safe
@_without_database
def rights_print(request: HttpRequest) -> HttpResponse:
    """The same rights without the site around them."""
    return _page(request, "portal/public/rights_print.html", present.rights_page(queries.district(), get_language()))


@public(reason="says what is recorded and what is not, to those it is about")
@require_safe
@_without_database
def limits(request: HttpRequest) -> HttpResponse:
    """What is recorded and since when, what never is, and what deletion means."""
    return _page(request, "portal/public/limits.html", present.limits_page(queries.district()))


def _page(request: HttpRequest, template: str, page: dict[str, Any]) -> HttpResponse:
    wanted = shelf.preferred_language(request.headers.get("Accept-Language", ""))
    hint = present.hint(wanted, get_language() or "", translate_url(request.path, wanted) if wanted else "")
    return render(request, template, page | {"hint": hint})
