"""The evidence pack of an incident: asking, deciding as the second person, downloading."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches.incidents.present import name_of
from breaches.postings import forms, packing, queries
from breaches.postings.models import Pack
from breaches.postings.views import crumbs_of, incident_of
from governance.exports import downloads
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock, vault
from portal.base.components import Status
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import tell, told

State = Pack.State
# Outside the demo the password or second factor once more, as for an export of the trail.
asked_again = reauthentication_required(enabled=lambda request: not settings.DEMO)
_KINDS = {
    State.WAITING: "wait", State.QUEUED: "wait", State.MAKING: "wait", State.READY: "ok", State.REFUSED: "stop", State.LAPSED: "off",
    State.FAILED: "stop", State.GONE: "off",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
@asked_again
def packs(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The packs of an incident, and asking for one."""
    incident = incident_of(request, public_id)
    form = forms.AskForm(request.POST or None)
    if told(
        request,
        form,
        lambda: packing.ask(incident=public_id, **form.cleaned_data, by=request.user, at=clock.now()),
        done=_("It waits for a second person now."),
    ):
        return redirect("postings:packs", public_id)
    rows = [_row(pack, request.user) for pack in queries.packs_of(incident)]
    context = {
        "incident": {"number": str(incident), "title": incident.title, "public_id": public_id, "drill": incident.drill},
        "crumbs": crumbs_of(incident),
        "rows": rows,
        "may_ask": incident.lead_id == request.user.pk and not incident.drill and not any(row["under_way"] for row in rows),
        "form": form,
        "refuse": forms.RefuseForm(),
    }
    return render(request, "breaches/postings/packs.html", context, status=422 if form.is_bound else 200)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
@asked_again
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The second person's yes or no."""
    found = _pack(request, public_id)
    given: dict[str, Any] = {"pack": public_id, "by": request.user, "at": clock.now()}
    match request.POST.get("act"):
        case "agree":
            tell(request, lambda: packing.agree(**given), done=_("Agreed. The pack is made now."))
        case "refuse":
            refusal = request.POST.get("refusal", "")[:300]
            tell(request, lambda: packing.refuse(refusal=refusal, **given), done=_("Refused."))
        case _:
            raise Http404
    return redirect("postings:packs", found.incident.public_id)


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
@asked_again
def file(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    """The file, for the two who asked and agreed; each download is an entry."""
    found = _pack(request, public_id)
    try:
        kept = packing.hand_out(pack=public_id, by=request.user, at=clock.now())
        return downloads.answer(request, kept, None, name=f"incident-{found.incident.number}-evidence.zip", content_type="application/zip")
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    except vault.Damaged:
        messages.error(request, _("The file cannot be read any more. Ask for another pack."))
    return redirect("postings:packs", found.incident.public_id)


def _pack(request: SignedInRequest, public_id: UUID) -> Pack:
    return or_404(queries.pack_for(request.user, public_id))


def _row(pack: Pack, reader: User) -> dict[str, Any]:
    state = State(pack.state)
    return {
        "public_id": pack.public_id,
        "to": pack.to,
        "reason": pack.reason,
        "who": name_of(pack.asked_by),
        "asked_at": pack.asked_at,
        "status": Status(_KINDS[state], str(state.label)),
        "decided_by": name_of(pack.decided_by),
        "decided_at": pack.decided_at,
        "refusal": pack.refusal,
        "under_way": state in {State.WAITING, State.QUEUED, State.MAKING},
        "may_decide": state == State.WAITING and pack.asked_by_id != reader.pk,
        "lapses_on": pack.lapses_on if state == State.WAITING else None,
        "may_take": state == State.READY and reader.pk in {pack.asked_by_id, pack.decided_by_id},
        "goes_at": pack.goes_at if state == State.READY else None,
        "size": pack.file_size,
        "entries": pack.entries,
        "sha256": pack.file_sha256,
    }
