"""Pages of connections: for staff below a delivery, for the provider's contact below the company, and the description for engineers."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from governance.people.http import SignedInRequest
from governance.people.policies import allow, public
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.oneroster import actions, openapi, present, queries
from vendors.providers.models import Tool
from vendors.sharing import queries as sharing


def _asks_again(request: HttpRequest) -> bool:
    """A second look at who it is, before credentials are handed out."""
    return request.method == "POST" and not settings.DEMO


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
@reauthentication_required(enabled=_asks_again)
def connection(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The credentials of a tool's system. By POST: made, replaced or ended; a new secret is shown this once."""
    delivery = sharing.find_delivery(public_id)
    if delivery is None:
        raise Http404
    tool, at = delivery.tool, clock.now()
    act = request.POST.get("act", "")
    secret = ""
    try:
        if act == "make":
            _client, secret = actions.make(tool=tool, by=request.user, at=at)
        elif act in ("rotate", "rotate_at_once"):
            _client, secret = actions.rotate(tool=tool, by=request.user, at=at, at_once=act == "rotate_at_once")
        elif act == "end":
            actions.end(tool=tool, because="asked", by=request.user, at=at)
            messages.success(request, _("Ended. The system gets nothing any more."))
            return redirect("oneroster:connection", public_id)
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("oneroster:connection", public_id)
    crumbs = [
        {"label": _("Sharing"), "href": reverse("sharing:list")},
        {"label": tool.name, "href": reverse("sharing:delivery", args=[public_id])},
    ]
    context = _context(tool, secret, crumbs) | {"open": delivery.stopped_at is None}
    if (client := queries.client_of(tool)) is not None:
        context["fetches"] = present.fetches(queries.fetches_of(client))
    return render(request, "vendors/oneroster/connection.html", context)


@require_GET
@allow(Permission.ACT_FOR_PROVIDER)
def connections(request: SignedInRequest) -> HttpResponse:
    """The provider's tools whose systems can be connected."""
    tools = queries.tools_of(request.user, clock.now())
    rows = [{"name": tool.name, "url": reverse("oneroster-company:connection", args=[tool.public_id])} for tool in tools]
    return render(request, "vendors/oneroster/connections.html", {"tools": rows, "crumbs": _company_crumbs()[:1]})


@require_http_methods(["GET", "POST"])
@allow(Permission.ACT_FOR_PROVIDER)
@reauthentication_required(enabled=_asks_again)
def own_connection(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The credentials of one of the provider's own tools. By POST: a new secret, shown this once."""
    tool = queries.tools_of(request.user, clock.now()).filter(public_id=public_id).first()
    if tool is None:
        raise Http404
    secret = ""
    if request.method == "POST":
        try:
            _client, secret = actions.rotate(
                tool=tool, by=request.user, at=clock.now(), at_once=request.POST.get("act") == "rotate_at_once"
            )
        except CannotDo as refusal:
            messages.error(request, refusal.what_to_do)
            return redirect("oneroster-company:connection", public_id)
    return render(request, "vendors/oneroster/own_connection.html", _context(tool, secret, _company_crumbs()))


@require_GET
@public(reason="engineers read it before they have credentials; it names no person and no tool")
def docs(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, to be read."""
    return render(request, "vendors/oneroster/docs.html", present.docs(_site()))


@require_GET
@public(reason="engineers read it before they have credentials; it names no person and no tool")
def openapi_document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return JsonResponse(openapi.document(_site()), json_dumps_params={"ensure_ascii": False, "indent": 1})


def _site() -> str:
    return settings.BASE_URL.rstrip("/")


def _context(tool: Tool, secret: str, crumbs: list[dict[str, str]]) -> dict[str, Any]:
    at = clock.now()
    client = queries.client_of(tool)
    held = queries.secrets_in_use(client, at) if client else []
    return {
        "tool": tool.name,
        "client": present.client(client, held, queries.last_token(client)) if client else None,
        "secret": secret,
        "token_url": f"{_site()}/oauth/token",
        "crumbs": crumbs,
    }


def _company_crumbs() -> list[dict[str, str]]:
    return [
        {"label": _("My company"), "href": reverse("company:home")},
        {"label": _("Connections of your systems"), "href": reverse("oneroster-company:connections")},
    ]
