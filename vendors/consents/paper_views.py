"""Papers that an office registered, and taking back one that was registered by mistake. Neither page says whom a paper is about."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from vendors.consents import actions, forms, present, queries
from vendors.consents.models import Answer

MOST_SHOWN = 100


@require_safe
@allow(Permission.REGISTER_FAMILY_PAPERS, Permission.ASK_FAMILIES)
def papers(request: SignedInRequest) -> HttpResponse:
    """The papers that this person may take back, by the number of their receipt."""
    found = queries.registered(request.user, on=clock.today())[:MOST_SHOWN]
    return render(request, "vendors/consents/papers.html", {"papers": [present.paper(one) for one in found], "crumbs": _crumbs()[:1]})


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.REGISTER_FAMILY_PAPERS, Permission.ASK_FAMILIES)
def mistake(request: SignedInRequest, number: UUID) -> HttpResponse:
    """One paper; by POST: it was registered by mistake."""
    found = _find(request, number)
    form = forms.MistakeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.take_for_mistake(answer=found, why=form.cleaned_data["why"], by=request.user, at=clock.now())
        except actions.CannotAnswer as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Taken back. It does not count any more; what was said before it does."))
            return redirect("consents:papers")
    context = {"paper": present.paper(found), "form": form, "crumbs": _crumbs()}
    return render(request, "vendors/consents/mistake.html", context, status=422 if form.is_bound else 200)


def _find(request: SignedInRequest, number: UUID) -> Answer:
    """The paper with this receipt, for who may take it back."""
    on = clock.today()
    found = queries.registered(request.user, on=on).filter(public_id=number).first()
    if found is None or queries.may_call_mistaken(found, request.user, on=on) is None:
        raise Http404
    return found


def _crumbs() -> list[dict[str, str]]:
    return [
        {"label": _("Families’ answers"), "href": reverse("consents:overview")},
        {"label": _("Papers that were registered"), "href": reverse("consents:papers")},
    ]
