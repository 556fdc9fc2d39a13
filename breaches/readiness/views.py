"""Breach day: who can sign in, which way mail goes, the numbers, the printed card, and whom mail would reach."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from breaches.readiness import actions, forms, present, queries
from breaches.readiness.missing import PAGE, open_page
from breaches.reports import queries as reports
from governance.exports import typesetting
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.models import RoleAssignment, School, User
from governance.people.permissions import HOLDERS
from governance.people.policies import allow
from governance.vocabulary import Permission, Role
from portal.base import clock
from portal.base.errors import CannotDo

_ON_THE_CARD = (Role.INCIDENT_LEAD, Role.DISTRICT_ADMIN, Role.LEADER, Role.COMPLIANCE_OFFICER)


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Incidents"), "href": reverse("incidents:incidents")}, {"label": _("Breach day"), "href": reverse("readiness:day")}]


def _forms(request: SignedInRequest, act: str = "") -> dict[str, django_forms.Form]:
    on = clock.today()
    held = RoleAssignment.objects.filter(people.in_force(on), role__in=HOLDERS[Permission.HANDLE_INCIDENTS])
    handlers = User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("name", "pk")
    made: dict[str, tuple[Callable[..., django_forms.Form], dict[str, Any]]] = {
        "name": (forms.NameForm, {"people": handlers}),
        "mail": (forms.MailForm, {}),
        "number": (forms.NumberForm, {}),
    }
    return {name: make(*([request.POST] if name == act else []), prefix=name, **more) for name, (make, more) in made.items()}


def _page(request: SignedInRequest, *, filled: dict[str, django_forms.Form] | None = None, status: int = 200) -> HttpResponse:
    at, on = clock.now(), clock.today()
    named = list(queries.holders())
    context = {
        "crumbs": _crumbs()[:1],
        "holders": [present.holder(one, reader=request.user, at=at, on=on) for one in named],
        "room": len(named) < queries.HOLDERS,
        "uses": present.uses(queries.uses()),
        "mail": present.mail_state(queries.last_switch()),
        "may_switch": queries.is_named(request.user),
        "numbers": list(queries.numbers().values("pk", "title", "name", "phone")),
        "reach": present.reach(queries.reach()),
        "forms": filled or _forms(request),
    }
    return render(request, "breaches/readiness/day.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def day(request: SignedInRequest) -> HttpResponse:
    """What has to work on the day of a breach, and what people do so that it does."""
    if request.method != "POST":
        return _page(request)
    act = request.POST.get("act", "")
    name = "mail" if act.startswith("mail-") else act
    filled = _forms(request, name)
    given: dict[str, Any] = {"by": request.user, "at": clock.now()}
    form = filled.get(name)
    if form is not None and not form.is_valid():
        return _page(request, filled=filled, status=422)
    try:
        _do(request, act, form.cleaned_data if form is not None else {}, given)
    except CannotDo as refused:
        if form is None:
            messages.error(request, refused.what_to_do)
            return redirect("readiness:day")
        form.add_error(None, refused.what_to_do)
        return _page(request, filled=filled, status=409)
    messages.success(request, _("Done. It stands in the trail."))
    return redirect("readiness:day")


def _do(request: SignedInRequest, act: str, typed: dict[str, Any], given: dict[str, Any]) -> None:
    match act:
        case "name":
            actions.name(**typed, **given)
        case "mail-first" | "mail-second":
            actions.switch_mail(path=act.removeprefix("mail-"), **typed, **given)
        case "number":
            actions.add_number(**typed, **given)
        case "remove":
            actions.remove_number(number=_number(request), **given)
        case "confirm" | "end":
            verb = actions.confirm if act == "confirm" else actions.end
            verb(holder=_holder(request), **given)
        case _:
            raise Http404


def _number(request: SignedInRequest) -> int:
    typed = request.POST.get("number", "")
    if not typed.isdecimal() or len(typed) > 18:
        raise Http404
    return int(typed)


def _holder(request: SignedInRequest) -> UUID:
    named = {str(one.public_id): one.public_id for one in queries.holders()}
    if (chosen := request.POST.get("holder", "")) not in named:
        raise CannotDo(_("This is over already."), code="decided")
    return named[chosen]


# -- Whom mail would reach -----------------------------------------------------------------------------------------------------


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def reach(request: SignedInRequest) -> HttpResponse:
    """How many children have a confirmed address, school by school."""
    return render(request, "breaches/readiness/reach.html", {"crumbs": _crumbs(), "reach": present.reach(queries.reach())})


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def missing(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The children of a school whom mail would not reach. Their names come through the door, with an entry that each family sees."""
    school = get_object_or_404(School, public_id=public_id)
    after = request.GET.get("after", "")
    shown = open_page(school=school, after=int(after) if after.isdecimal() and len(after) < 10 else 0, by=request.user, at=clock.now())
    address = reverse("readiness:missing", args=[public_id])
    context = {
        "crumbs": [*_crumbs(), {"label": _("Whom mail reaches"), "href": reverse("readiness:reach")}],
        "school": school.name,
        "rows": shown.rows,
        "total": shown.total,
        "shown": _("%(first)s to %(last)s") % {"first": shown.first + 1, "last": shown.first + len(shown.rows)} if shown.rows else "",
        "next": f"{address}?after={shown.first + PAGE}" if shown.first + PAGE < shown.total else "",
        "previous": f"{address}?after={max(shown.first - PAGE, 0)}" if shown.first else "",
    }
    return render(request, "breaches/readiness/missing.html", context)


# -- The card ------------------------------------------------------------------------------------------------------------------


def _card() -> dict[str, Any]:
    on, safety = clock.today(), reports.safety_contact()
    return present.card(
        holders=queries.holders(),
        roles=[(str(role.label), [present.name_of(user) for user in people.people_with(role, on=on)]) for role in _ON_THE_CARD],
        numbers=queries.numbers(),
        district=people.district(),
        safety=(safety.name, safety.phone) if safety else None,
        found=queries.reach(),
        on=on,
    )


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def card(request: SignedInRequest) -> HttpResponse:
    """The card for the safe, as a page to print."""
    return render(request, "breaches/readiness/card.html", _card())


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def card_pdf(request: SignedInRequest) -> HttpResponse:
    """The same card as a PDF."""
    district = people.district()
    report = present.card_report(_card(), district=district.name if district else "", language=get_language() or "en")
    return HttpResponse(
        typesetting.pdf(report),
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="breach-card.pdf"'},
    )
