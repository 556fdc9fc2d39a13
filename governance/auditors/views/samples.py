"""The auditor's samples: announced, drawn, tested."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.auditors import forms, present, queries, sampling
from governance.auditors.areas import events_in
from governance.auditors.models import Sample
from governance.auditors.policies import open_to_auditors
from governance.auditors.views.parts import OWN_WORK, download, own_crumbs, own_engagement
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=OWN_WORK)
def sample_new(request: SignedInRequest) -> HttpResponse:
    """Announce a sample: population, size and seed."""
    engagement = own_engagement(request)
    form = forms.NewSample(request.POST or None, yesterday=clock.today() - dt.timedelta(days=1))
    if form.is_valid():
        given = form.cleaned_data
        kind = given["kind"]
        kinds = events_in([kind.removeprefix("area:")]) if kind.startswith("area:") else [kind] if kind else None
        try:
            sample = sampling.announce(
                engagement=engagement,
                objective=given["objective"],
                since=_midnight(given["first"]),
                until=_midnight(given["last"] + dt.timedelta(days=1)),
                only={"kinds": kinds, "purpose": given["purpose"], "hat": given["hat"], "element": given["element"]},
                strata=given["strata"],
                size=given["size"],
                seed=given["seed"],
                attributes=given["attributes"],
                by=request.user,
                at=clock.now(),
            )
        except sampling.CannotSample as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("auditors:sample", sample.public_id)
    return render(
        request, "governance/auditors/sample_new.html", {"form": form, "crumbs": own_crumbs()}, status=422 if form.is_bound else 200
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), timezone.get_default_timezone())


def _sample(request: SignedInRequest, public_id: UUID) -> Sample:
    return get_object_or_404(Sample.objects.select_related("engagement"), public_id=public_id, engagement=own_engagement(request))


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=OWN_WORK)
def sample(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What was announced; once drawn, the entries and their test. By POST the marks of one entry."""
    found = _sample(request, public_id)
    bound: forms.Marks | None = None
    if request.method == "POST":
        bound = forms.Marks(request.POST, attributes=found.attributes)
        if bound.is_valid() and found.items.filter(place=bound.cleaned_data["place"]).exists():
            place = bound.cleaned_data["place"]
            sampling.mark(
                sample_id=found.pk, place=place, marks=bound.marks, note=bound.cleaned_data["note"], by=request.user, at=clock.now()
            )
            page = (place - 1) // sampling.SHOWN + 1
            return redirect(f"{reverse('auditors:sample', args=[public_id])}?page={page}#entry-{place}")
    page = _page_number(request)
    titles = queries.titles()
    items = list(found.items.all()[(page - 1) * sampling.SHOWN : page * sampling.SHOWN])
    for item in items:
        item.sample = found
    lines = sampling.lines_of(items, engagement=found.engagement, by=request.user)
    whose = queries.people_with(line.actor_id for line in lines.values())
    here = reverse("auditors:sample", args=[public_id])
    drawn = found.items.count()
    return render(
        request,
        "governance/auditors/sample.html",
        {
            "row": present.sample_row(found, tested=found.items.exclude(tested_at=None).count(), items=drawn),
            "sample_id": public_id,
            "drawn": found.drawn_at,
            "facts": present.sample_facts(found, titles=titles, same_population=queries.count_over(found)),
            "strata": present.strata_rows(found) if found.strata else [],
            "items": [
                present.item_row(
                    item,
                    lines.get((item.entry_id, item.entry_at)),
                    form=_marks_form(item, found, bound),
                    people=whose,
                    titles=titles,
                )
                for item in items
            ],
            "previous": f"{here}?page={page - 1}" if page > 1 else "",
            "next": f"{here}?page={page + 1}" if drawn > page * sampling.SHOWN else "",
            "crumbs": own_crumbs(),
        },
        status=422 if bound is not None else 200,
    )


def _marks_form(item: Any, sample: Sample, bound: forms.Marks | None) -> forms.Marks:
    if bound is not None and bound.data.get("place") == str(item.place):
        return bound
    initial = {"place": item.place, "note": item.note, **{f"a{name}": mark for name, mark in item.marks.items()}}
    return forms.Marks(initial=initial, attributes=sample.attributes, auto_id=f"id_{item.place}_%s")


def _page_number(request: SignedInRequest) -> int:
    given = request.GET.get("page", "1")
    return max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 4 else 1


@require_POST
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=OWN_WORK)
def sample_draw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Draw what was announced."""
    found = _sample(request, public_id)
    try:
        sampling.draw(sample_id=found.pk, by=request.user, at=clock.now())
    except sampling.CannotSample as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("auditors:sample", public_id)


@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=OWN_WORK)
@require_safe
def sample_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The sample as JSON: seed, population, tickets, leaf hashes, marks."""
    found = _sample(request, public_id)
    return download(present.sample_file(found, list(found.items.all())), f"sample-{found.number}.json")
