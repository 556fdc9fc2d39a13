"""All running clocks of the portal, and the district's calendar."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from breaches.clocks import actions, forms, present, queries
from governance.people import permissions
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo


@require_GET
@allow(Permission.SEE_CLOCKS)
def clocks_list(request: SignedInRequest) -> HttpResponse:
    """Every clock that runs, those that end first on top, as it stands this moment."""
    at = clock.now()
    roles = people.roles_of(request.user, on=clock.today())
    may = {permission for permission in Permission if permissions.holds(roles, permission)}
    rows = [present.row(source, each, may=may, at=at) for source, each in queries.running(at)]
    context = {
        "rows": rows,
        "overdue": sum(row.state.kind == "stop" for row in rows),
        "at": at,
        "may_close": Permission.MANAGE_DISTRICT in may,
    }
    return render(request, "breaches/clocks/clocks_list.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_DISTRICT)
def calendar(request: SignedInRequest) -> HttpResponse:
    """The days on which the offices are closed: add one, take one back."""
    form = forms.CloseDayForm(request.POST if request.POST.get("act") == "close" else None)
    back = forms.OpenDayForm(request.POST if request.POST.get("act") == "open" else None)
    try:
        if form.is_valid():
            actions.close_day(by=request.user, at=clock.now(), **form.cleaned_data)
            messages.success(request, _("The day is closed. It counts for clocks that begin from now on."))
            return redirect("clocks:calendar")
        if back.is_valid():
            actions.open_day(by=request.user, at=clock.now(), **back.cleaned_data)
            messages.success(request, _("The day is a workday again."))
            return redirect("clocks:calendar")
    except CannotDo as refusal:
        if form.is_bound:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.error(request, refusal.what_to_do)
    days = [
        {"day": each.day, "value": each.day.isoformat(), "title": each.title, "by": each.added_by.name} for each in queries.closed_days()
    ]
    crumbs = [{"label": _("Clocks"), "href": reverse("clocks:clocks")}]
    return render(request, "breaches/clocks/calendar.html", {"form": form, "days": days, "crumbs": crumbs})
