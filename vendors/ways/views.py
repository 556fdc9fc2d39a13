"""Pages of ways of data and of their tasks: policy, form, one action, one template."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from governance.authority.models import Element
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import told
from vendors.sharing import present as sharing
from vendors.sharing import queries as shared
from vendors.sharing.forms import DoneForm
from vendors.ways import actions, forms, present, queries


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def ways(request: SignedInRequest) -> HttpResponse:
    """Every way on which data travels: agreed against really sent. `look=1` leaves out what is as agreed."""
    on = clock.today()
    found = queries.ways(clock.now())
    words = present.titles(found)
    wanted = [each for each in found if present.needs_a_look(each, on=on)]
    narrowed = request.GET.get("look") == "1"
    context = {
        "rows": [present.row(each, words, on=on) for each in (wanted if narrowed else found)[:500]],
        "narrowed": narrowed,
        "all": len(found),
        "to_look_at": len(wanted),
        "tasks": [sharing.task(each, on=on) for each in shared.open_tasks()[:100]],
        "child_tasks": [present.child_stop(each, on=on) for each in queries.open_child_stops()[:100]],
    }
    return render(request, "vendors/ways/ways.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def way(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One way. By POST: name its owner, or write down a look at what it really sends."""
    found = or_404(queries.find_way(public_id, clock.now()))
    on, act = clock.today(), request.POST.get("act", "")
    keeper = getattr(found.channel, "keeper", None)
    people = queries.who_may_keep(on=on)
    keeper_form = forms.KeeperForm(
        request.POST if act == "keeper" else None, people=people, initial={"user": str(keeper.user_id) if keeper else ""}
    )
    check_form = forms.CheckForm(
        request.POST if act == "check" else None,
        request.FILES if act == "check" else None,
        channel=found.channel,
        agreed=found.agreed,
        elements=list(Element.objects.order_by("title")),
    )

    def name_keeper() -> None:
        user = next(each for each in people if str(each.pk) == keeper_form.cleaned_data["user"])
        actions.name_keeper(channel=found.channel, user=user, by=request.user, at=clock.now())

    def check() -> None:
        said = dict(check_form.cleaned_data)
        actions.check(channel=found.channel, content=said.pop("document"), **said, by=request.user, at=clock.now())

    if told(request, keeper_form, name_keeper, done=_("Saved. Its tasks go there from now on.")) or told(
        request, check_form, check, done=_("Written down. The register says when it was looked at last.")
    ):
        return redirect("ways:way", public_id)
    words = present.titles([found])
    context = {
        "way": present.row(found, words, on=on),
        "keeper_form": keeper_form,
        "check_form": check_form,
        "tool_url": reverse("providers:tool", args=[found.channel.tool.public_id]),
        "tasks": [present.child_stop(each, on=on) for each in queries.open_child_stops().filter(channel=found.channel)],
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/ways/way.html", context, status=422 if act else 200)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def children(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Children who have to be taken off a way. By POST: open their names, with an entry for each; or say that it is done."""
    found = or_404(queries.find_child_stop(public_id))
    act = request.POST.get("act", "")
    form = DoneForm(request.POST if act == "done" else None)
    context: dict[str, Any] = {"form": form, "crumbs": _crumbs()}
    try:
        if act == "done" and form.is_valid():
            actions.finish_for_children(task=public_id, seen=form.cleaned_data["seen"], by=request.user, at=clock.now())
            messages.success(request, _("Noted. Families read that it is stopped."))
            return redirect("ways:list")
        if act == "whom" and found.done_at is None:
            context["names"] = actions.whom(task=found, by=request.user, at=clock.now())
    except CannotDo as refusal:
        form.add_error(None, refusal.what_to_do)
    context["task"] = present.child_stop(found, on=clock.today())
    return render(request, "vendors/ways/children.html", context, status=422 if form.is_bound else 200)


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("How data travels"), "href": reverse("ways:list")}]
