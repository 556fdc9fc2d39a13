"""The set-up of a district: twelve tiles, and the forms behind some of them."""

import dataclasses

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from governance.people import facts as actions
from governance.people import permissions, present, queries
from governance.people.forms import DistrictFacts
from governance.people.http import SignedInRequest
from governance.people.models import District
from governance.people.policies import allow
from governance.records.models import Guardianship
from governance.vocabulary import Permission
from portal.base import clock
from portal.pages.setup import forms, tiles


@dataclasses.dataclass(frozen=True)
class Part:
    """Facts that belong together on one form; `needed` of them cannot stay empty."""

    title: str | Promise
    lead: str | Promise
    fields: tuple[str, ...]
    needed: tuple[str, ...] = ()


PARTS = {
    "district": Part(
        gettext_lazy("District facts"),
        gettext_lazy("Pages, letters and notices use these. A text that needs a missing fact says that it is missing."),
        (
            "name",
            "short_name",
            "code",
            "address",
            "website",
            "office_hours",
            "languages",
            "superintendent",
            "board_clerk",
            "server_access_count",
            "records_since",
        ),
        ("name", "short_name"),
    ),
    "contact": Part(
        gettext_lazy("Privacy contact"),
        gettext_lazy("Whom families and staff ask. Call the number and write to the address before you say that they were checked."),
        ("contact_name", "contact_title", "contact_phone", "contact_email", "contact_checked_on", "deputy_name"),
        ("contact_name",),
    ),
    "roster": Part(
        gettext_lazy("Roster source"),
        gettext_lazy("Where rosters come from and how often, in a sentence that a substitute understands."),
        ("roster_source",),
        ("roster_source",),
    ),
    "rules": Part(
        gettext_lazy("Rules adopted"),
        gettext_lazy(
            "The starter rules are in force from the first day. Say when the district, its board or its superintendent adopted them."
        ),
        ("rules_adopted_on",),
        ("rules_adopted_on",),
    ),
    "legal": Part(
        gettext_lazy("Legal texts reviewed"),
        gettext_lazy("Rights, rules and clocks are paraphrased from the law. Until counsel has read them, public pages say so."),
        ("legal_texts_reviewed_on", "legal_texts_reviewed_by"),
        ("legal_texts_reviewed_on", "legal_texts_reviewed_by"),
    ),
}


@allow(Permission.SEE_SETUP)
@require_safe
def setup(request: SignedInRequest) -> HttpResponse:
    """Twelve tiles, each red, amber or green with one sentence why."""
    found = tiles.all_tiles(at=clock.now())
    return render(
        request,
        "portal/setup/setup.html",
        {
            "tiles": found,
            "counts": {color: sum(tile.color == color for tile in found) for color in tiles.KINDS},
            "total": len(found),
            "today": clock.today(),
            "may_change": permissions.holds(queries.roles_of(request.user, on=clock.today()), Permission.MANAGE_DISTRICT),
        },
    )


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Setup"), "href": reverse("setup:setup")}]


@allow(Permission.MANAGE_DISTRICT)
@require_http_methods(["GET", "POST"])
def facts(request: SignedInRequest, part: str) -> HttpResponse:
    """Set one part of the district's facts."""
    if part not in PARTS:
        raise Http404
    about = PARTS[part]
    form = DistrictFacts(request.POST or None, instance=queries.district() or District(), part=about.fields, needed=about.needed)
    if form.is_valid():
        actions.change(by=request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("setup:setup")
    return render(request, "portal/setup/facts.html", {"form": form, "part": about, "crumbs": _crumbs()})


@allow(Permission.MANAGE_DISTRICT)
@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=True)
def families(request: SignedInRequest) -> HttpResponse:
    """The launch gate: families may sign in once somebody attests that court limits are loaded and checked."""
    form = forms.Attest(request.POST or None)
    if form.is_valid():
        try:
            actions.open_family_sign_in(by=request.user, at=clock.now(), **form.cleaned_data)
        except actions.CannotOpen as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Family sign-in is open."))
            return redirect("setup:setup")
    district = queries.district()
    limits = Guardianship.objects.filter(ended_at=None).exclude(limit="")
    return render(
        request,
        "portal/setup/families.html",
        {
            "form": form,
            "crumbs": _crumbs(),
            "state": [
                {"term": _("Limits in the portal"), "value": limits.count()},
                {"term": _("of these without their papers"), "value": limits.filter(limit_papers_due_on__isnull=False).count()},
            ],
            "open_since": district.limits_checked_at if district else None,
            "checked_by": present.name_of(district.limits_checked_by) if district and district.limits_checked_by else "",
        },
    )
