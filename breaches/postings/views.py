"""Telling the public of a closed incident: writing, approving by two people, publishing, taking down."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches import approving
from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from breaches.incidents.present import name_of
from breaches.postings import actions, forms, present, queries, wording
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.finding import or_404
from portal.base.telling import taken, tell


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def posting(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """How far the public text of an incident is, as it would be read."""
    return _page(request, incident_of(request, public_id), forms.TakeDownForm())


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def write(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Write what the public reads, in both languages."""
    incident = incident_of(request, public_id)
    has_provider = incident.provider is not None
    form = forms.WriteForm(request.POST or None, initial=_begins(incident), has_provider=has_provider)
    if taken(form, lambda: actions.write(incident=public_id, **form.said(), by=request.user, at=clock.now())) is not None:
        return redirect("postings:posting", public_id)
    crumbs = [*crumbs_of(incident), {"label": _("Public posting"), "href": reverse("postings:posting", args=[public_id])}]
    context = {"incident": _facts_of(incident), "crumbs": crumbs, "form": form}
    return render(request, "breaches/postings/posting_write.html", context, status=422 if form.is_bound else 200)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def act(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Approve, publish or take down."""
    incident = incident_of(request, public_id)
    found = or_404(queries.of_incident(incident))
    who: dict[str, Any] = {"posting": found.public_id, "by": request.user, "at": clock.now()}
    read = request.POST.get("sha256", "")
    match request.POST.get("act"):
        case "approve":
            tell(request, lambda: actions.approve(sha256=read, **who), done=_("You approved this text."))
        case "publish":
            tell(request, lambda: actions.publish(sha256=read, **who), done=_("The public reads it now."))
        case "take_down":
            form = forms.TakeDownForm(request.POST)
            if not form.is_valid():
                return _page(request, incident, form, status=422)
            reason = form.cleaned_data["reason"]
            tell(request, lambda: actions.take_down(reason=reason, **who), done=_("The text is taken down."))
        case _:
            raise Http404
    return redirect("postings:posting", public_id)


def incident_of(request: SignedInRequest, public_id: UUID) -> Incident:
    """The incident; whom it is about finds nothing. Raises Http404."""
    return or_404(incidents.for_reader(request.user, public_id))


def crumbs_of(incident: Incident) -> list[dict[str, str]]:
    """The way from the list of incidents."""
    return [
        {"label": _("Incidents"), "href": reverse("incidents:incidents")},
        {"label": str(incident), "href": reverse("incidents:incident", args=[incident.public_id])},
    ]


def _facts_of(incident: Incident) -> dict[str, object]:
    return {"number": str(incident), "title": incident.title, "public_id": incident.public_id, "drill": incident.drill}


def _begins(incident: Incident) -> dict[str, str]:
    """What a new version begins with: the last one, or in English what stands at the incident's end."""
    found = queries.of_incident(incident)
    last = queries.newest(found) if found else None
    if last is not None:
        return {f"{part}_{code}": words for code, said in last.texts.items() for part, words in said.items()} | {"counsel": last.counsel}
    return {"happened_en": incident.found, "done_en": incident.done, "learned_en": incident.lessons}


def _page(request: SignedInRequest, incident: Incident, form: forms.TakeDownForm, *, status: int = 200) -> HttpResponse:
    found = queries.of_incident(incident)
    newest = queries.newest(found) if found else None
    approvals = list(newest.approvals.select_related("by")) if newest else []
    given = approving.approvals_of(newest) if newest else 0
    stands = found is not None and newest is not None and found.version_id == newest.pk and found.taken_down_at is None
    mine = newest is not None and (newest.written_by_id == request.user.pk or any(one.by_id == request.user.pk for one in approvals))
    texts = (
        [{"code": code, **{part: newest.texts[code][part] for part in ("title", *wording.PARTS)}} for code in wording.LANGUAGES]
        if newest
        else []
    )
    context = {
        "incident": _facts_of(incident),
        "crumbs": crumbs_of(incident),
        "open": incident.closed_at is None,
        "for_the_public": not incident.drill and incident.outcome != Incident.Outcome.PART,
        "state": present.state(found, newest, given, needed=approving.APPROVALS),
        "link": reverse("postings:page", args=[found.slug]) if found and found.version_id else "",
        "facts": present.facts(newest, present.titles()) if newest else [],
        "counsel": newest.counsel if newest else "",
        "texts": texts,
        "parts": [{"key": part, "title": str(label)} for part, label in wording.PARTS.items()],
        "number": newest.number if newest else 0,
        "sha256": newest.sha256 if newest else "",
        "written": {"who": name_of(newest.written_by), "at": newest.written_at} if newest else None,
        "approvals": [{"who": name_of(one.by), "at": one.at} for one in approvals],
        "may_approve": newest is not None and not stands and not mine,
        "may_publish": newest is not None and not stands and given >= approving.APPROVALS,
        "may_take_down": found is not None and found.version_id is not None and found.taken_down_at is None,
        "form": form,
    }
    return render(request, "breaches/postings/posting.html", context, status=status)
