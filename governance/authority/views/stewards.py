"""Pages of the data stewards."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority import actions, forms, stewards
from governance.authority.models import Stewardship
from governance.people import permissions
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow, may
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.components import Status
from portal.base.errors import CannotDo


@require_GET
@allow(Permission.SEE_RULES, Permission.DESIGNATE_STEWARDS)
def stewards_list(request: SignedInRequest) -> HttpResponse:
    """Who decides about which data at which schools today, and where nobody does."""
    on = clock.today()
    today = stewards.desks(on)
    coverage = stewards.coverage(on, today=today)
    context = {
        "rows": _coverage_rows(coverage),
        "gaps": sum(each.person is None for each in coverage),
        "designations": [_designation(desk) for desk in today.open],
        "coming": [_plain_designation(each) for each in stewards.coming(on)],
        "admins": ", ".join(admin.name for admin in today.admins),
        "may_designate": may(request, Permission.DESIGNATE_STEWARDS),
    }
    return render(request, "governance/authority/stewards_list.html", context)


def _coverage_rows(coverage: Iterable[stewards.Coverage]) -> list[dict[str, Any]]:
    """One row a category: the schools that have the same answer stand together."""
    by_category: dict[str, dict[stewards.Person | None, list[stewards.Coverage]]] = {}
    for each in coverage:
        by_category.setdefault(each.category, {}).setdefault(each.person, []).append(each)
    rows = []
    for category, answers in sorted(by_category.items()):
        lines = []
        for person, covered in answers.items():
            desk = covered[0].desk
            deputy = person is not None and desk is not None and desk.steward != person
            lines.append(
                {
                    "status": Status("stop", _("Nobody today")) if person is None else Status("warn" if deputy else "ok", person.name),
                    "note": _("deputy") if deputy else person.title if person is not None else _("the district admins decide"),
                    "schools": "" if len(answers) == 1 else ", ".join(each.school.name for each in covered),
                }
            )
        rows.append({"category": _(category), "lines": lines})
    return rows


def _designation(desk: stewards.Desk) -> dict[str, Any]:
    state = (
        Status("ok", _("Decides"))
        if desk.steward and not desk.away
        else Status("warn", _("Away, the deputy decides"))
        if desk.deputy
        else Status("stop", _("Nobody can decide"))
    )
    return {**_plain_designation(desk.stewardship), "state": state}


def _plain_designation(stewardship: Stewardship) -> dict[str, Any]:
    return {
        "url": reverse("authority:stewardship", args=[stewardship.public_id]),
        "title": stewardship.title,
        "steward": stewardship.steward.name,
        "deputy": stewardship.deputy.name if stewardship.deputy else "",
        "categories": len(stewardship.categories),
        "schools": ", ".join(school.name for school in stewardship.schools.all()) or _("the whole district"),
        "order": stewardship.order,
        "starts_on": stewardship.starts_on,
        "ends_on": stewardship.ends_on,
    }


@require_http_methods(["GET", "POST"])
@allow(Permission.DESIGNATE_STEWARDS)
def steward_designate(request: SignedInRequest) -> HttpResponse:
    """Designate a data steward by order."""
    on = clock.today()
    form = forms.DesignateForm(
        request.POST or None,
        people=_who_may_decide(on),
        categories=stewards.held_categories(),
        schools=stewards.schools(),
        initial={"starts_on": on, "categories": request.GET.getlist("category")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.designate(by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("%(name)s is designated.") % {"name": made.steward.name})
            return redirect("authority:stewards")
    return render(request, "governance/authority/steward_designate.html", {"form": form, "crumbs": _crumbs()})


@require_http_methods(["GET", "POST"])
@allow(Permission.SEE_RULES, Permission.DESIGNATE_STEWARDS)
def stewardship_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One designation: what it covers, days away, its end."""
    found = Stewardship.objects.select_related("steward", "deputy", "designated_by", "ended_by").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    may_set = found.ended_at is None and (found.steward_id == request.user.pk or may(request, Permission.DESIGNATE_STEWARDS))
    form = forms.AbsenceForm(request.POST or None)
    if request.method == "POST" and may_set and form.is_valid():
        try:
            actions.set_absence(stewardship=public_id, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Saved. The deputy decides on these days."))
            return redirect("authority:stewardship", public_id)
    context = {
        **_plain_designation(found),
        "public_id": public_id,
        "category_names": [_(category) for category in found.categories],
        "designated_by": found.designated_by.name if found.designated_by else "",
        "designated_at": found.designated_at,
        "ended_at": found.ended_at,
        "absences": [{"starts_on": each.starts_on, "ends_on": each.ends_on} for each in found.absences.order_by("starts_on")],
        "form": form,
        "may_set": may_set,
        "may_end": found.ended_at is None and may(request, Permission.DESIGNATE_STEWARDS),
        "crumbs": _crumbs(),
    }
    return render(request, "governance/authority/stewardship_detail.html", context)


@require_POST
@allow(Permission.DESIGNATE_STEWARDS)
def stewardship_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """End a designation now."""
    if not Stewardship.objects.filter(public_id=public_id).exists():
        raise Http404
    actions.end_stewardship(stewardship=public_id, by=request.user, at=clock.now())
    messages.success(request, _("The designation has ended. See below what nobody decides on now."))
    return redirect("authority:stewards")


def _who_may_decide(on: dt.date) -> Any:
    holders = permissions.HOLDERS[Permission.DECIDE_REQUESTS]
    return User.objects.filter(pk__in={user.pk for role in holders for user in people.people_with(role, on=on)}).order_by("name", "pk")


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Data stewards"), "href": reverse("authority:stewards")}]
