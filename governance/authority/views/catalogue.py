"""Pages of the published catalogue: purposes, elements and laws."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from governance.authority import forms, present, queries
from governance.authority.models import Element, Purpose
from governance.authority.views.parts import known_names
from governance.people.http import SignedInRequest
from governance.people.policies import signed_in
from governance.vocabulary import Principle, Tier
from portal.base.components import Status


@require_GET
@signed_in
def purposes_list(request: SignedInRequest) -> HttpResponse:
    """The published purposes, by the principle that each serves."""
    found = list(Purpose.objects.all())
    groups = [
        {
            "principle": str(principle),
            "words": principle.label,
            "rows": [
                {
                    "url": reverse("authority:purpose", args=[purpose.pk]),
                    "title": _(purpose.title),
                    "words": _(purpose.plain_description),
                    "level": _("Counts only") if purpose.aggregate else _("Single students"),
                    "kinds": len(purpose.capped_elements),
                    "max_days": purpose.max_days,
                }
                for purpose in found
                if purpose.principle == principle
            ],
        }
        for principle in Principle
    ]
    return render(request, "governance/authority/purposes_list.html", {"groups": groups})


@require_GET
@signed_in
def purpose_detail(request: SignedInRequest, key: str) -> HttpResponse:
    """One purpose: whose work it is, which data it needs at most, and on which basis it rests."""
    purpose = Purpose.objects.filter(pk=key).first()
    if purpose is None:
        raise Http404
    names = known_names()
    roles = [present.value_in_words("purpose.roles", role, names).replace("_", " ") for role in purpose.facts.get("roles", ())]
    elements = Element.objects.filter(pk__in=purpose.capped_elements)
    context = {
        "title": _(purpose.title),
        "words": _(purpose.plain_description),
        "facts": [
            {"term": _("Principle"), "value": f"{purpose.principle}: {Principle(purpose.principle).label}"},
            {"term": _("Whose work it is"), "value": ", ".join(roles) or "–"},
            {"term": _("Level"), "value": _("Counts and rates only") if purpose.aggregate else _("Data on single students")},
            {"term": _("Longest time"), "value": _("%(days)d days") % {"days": purpose.max_days}},
            {
                "term": _("A person decides"),
                "value": _("must be named") if purpose.named_decider_required else _("no program decides here"),
            },
        ],
        "elements": [
            {"url": reverse("authority:element", args=[each.key]), "title": _(each.title), "category": _(each.category)}
            for each in elements
        ],
        "bases": [{"title": basis.title, "citation": basis.citation, "words": basis.plain_words} for basis in queries.bases_of(purpose)],
        "crumbs": [{"label": _("Purposes"), "href": reverse("authority:purposes")}],
    }
    return render(request, "governance/authority/purpose_detail.html", context)


@require_GET
@signed_in
def elements_list(request: SignedInRequest) -> HttpResponse:
    """Every kind of data that the district names, by category."""
    found = list(Element.objects.all())
    categories = sorted({element.category for element in found})
    form = forms.ElementFilter(request.GET, categories=categories)
    form.is_valid()
    text, category = form.cleaned_data.get("q", "").casefold(), form.cleaned_data.get("category", "")
    groups: dict[str, list[dict[str, Any]]] = {}
    for element in found:
        if (not category or element.category == category) and text in f"{element.title} {element.key} {element.category}".casefold():
            groups.setdefault(_(element.category), []).append(_element_row(element))
    context = {"form": form, "groups": sorted(groups.items()), "shown": sum(map(len, groups.values()))}
    return render(request, "governance/authority/elements_list.html", context)


def _element_row(element: Element) -> dict[str, Any]:
    return {
        "url": reverse("authority:element", args=[element.key]),
        "title": _(element.title),
        "key": element.key,
        "tier": Tier(element.tier).label,
        "wi_class": present.WI_CLASSES.get(element.wi_class, element.wi_class),
        "held": Status("ok", _("Kept here")) if element.held_in else Status("off", _("Not kept here")),
    }


@require_GET
@signed_in
def element_detail(request: SignedInRequest, key: str) -> HttpResponse:
    """One kind of data: how sensitive it is, how long it is kept, and which purposes may need it."""
    element = Element.objects.filter(pk=key).first()
    if element is None:
        raise Http404
    row = _element_row(element)
    purposes = Purpose.objects.filter(capped_elements__contains=[key])
    context = {
        **row,
        "facts": [
            {"term": _("Category"), "value": _(element.category)},
            {"term": _("Sensitivity"), "value": row["tier"]},
            {"term": _("Class in Wisconsin law"), "value": row["wi_class"]},
            {"term": _("Kept in the portal"), "status": row["held"]},
            {"term": _("How long it is kept"), "value": element.retention or "–"},
            {"term": _("Name in rules and in the trail"), "value": element.key},
            {"term": _("Checked against a source"), "value": _("yes") if element.verified else _("not yet reviewed")},
        ],
        "purposes": [
            {"url": reverse("authority:purpose", args=[each.pk]), "title": _(each.title), "words": _(each.plain_description)}
            for each in purposes
        ],
        "crumbs": [{"label": _("Kinds of data"), "href": reverse("authority:elements")}],
    }
    return render(request, "governance/authority/element_detail.html", context)


@require_GET
@signed_in
def laws_list(request: SignedInRequest) -> HttpResponse:
    """The laws that rules, rights and clocks cite, and which of them somebody still has to compare with the text of the law."""
    form = forms.LawFilter(request.GET)
    form.is_valid()
    given = form.cleaned_data
    groups: dict[str, list[dict[str, Any]]] = {}
    for law in queries.laws_with_clocks():
        row = _law_row(law)
        told = f"{law.citation} {law.short_title} {law.what_it_requires}".casefold()
        if (
            (law.jurisdiction in queries.HOME) == (given.get("place") != "others")
            and given.get("q", "").casefold() in told
            and not (given.get("state") == "unchecked" and row["state"].kind == "ok")
        ):
            groups.setdefault(_place(law.jurisdiction), []).append(row)
    total, unchecked = queries.to_check_at_home()
    context = {"form": form, "groups": list(groups.items()), "total": total, "unchecked": unchecked}
    return render(request, "governance/authority/laws_list.html", context)


def _place(jurisdiction: str) -> str:
    return _("Federal law") if jurisdiction == "US" else _("Wisconsin") if jurisdiction == "US-WI" else jurisdiction.removeprefix("US-")


def _law_row(law: Any) -> dict[str, Any]:
    """A law of `queries.laws_with_clocks`."""
    open_parts = law.clocks_unchecked + law.bases_unchecked
    if not law.verified:
        state = Status("warn", _("Check before relying on it"))
    elif open_parts:
        state = Status("warn", ngettext("%(count)s part to check", "%(count)s parts to check", open_parts) % {"count": open_parts})
    else:
        state = Status("ok", _("Compared with a source"))
    return {
        "title": law.short_title,
        "citation": law.citation,
        "url": law.url,
        "words": law.what_it_requires,
        "clocks": law.clock_count,
        "bases": law.basis_count,
        "state": state,
    }
