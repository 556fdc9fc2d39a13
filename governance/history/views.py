"""The history of an object, for whoever may open the object itself, and for who oversees the trail."""

import datetime as dt
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.history import kinds, present, queries
from governance.people import permissions, policies
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.trail import addresses
from governance.vocabulary import Permission, Role
from portal.base import clock


@require_safe
@policies.signed_in
def history(request: SignedInRequest, kind: str, public_id: UUID) -> HttpResponse:
    """Who changed what, when, field by field. Opening it is an entry of its own."""
    on = clock.today()
    known = kinds.kind_of(kind)
    if known is None:
        raise Http404
    roles = people.roles_of(request.user, on=on)
    found = known.find(request.user, public_id, on)
    mine = found is not None
    if found is None and permissions.holds(roles, Permission.SEARCH_TRAIL):
        found = known.every(public_id)
    if found is None:
        raise Http404
    before = _before(request)
    page = queries.page(by=request.user, hat=_hat(roles), kind=known, found=found, before=before)
    models = queries.models_of(line.content_type_id for line in page.lines)
    around = present.Around(
        people=queries.actors(present.people_in(page.lines, models)),
        schools=queries.schools(present.schools_in(page.lines, models)),
        models=models,
    )
    last = page.lines[-1] if page.has_more else None
    context = {
        "label": known.label,
        "title": known.title(found),
        "page": known.page(found) if mine else "",
        "rows": present.rows(page.lines, around),
        "next": f"?before={addresses.address_of(last.at, last.id)}" if last else "",
        "first": request.path if before else "",
    }
    return render(request, "governance/history/history.html", context)


def _hat(roles: frozenset[Role]) -> Role | None:
    """The role in which somebody reads it: the first in the order in which the district names them."""
    return next((role for role in Role if role in roles), None)


def _before(request: HttpRequest) -> tuple[dt.datetime, int] | None:
    given = request.GET.get("before")
    if given is None:
        return None
    try:
        place = addresses.entry_at(UUID(given))
    except ValueError:
        place = None
    if place is None:
        raise Http404
    return place
