"""A family's help after an incident: read what is offered, say yes or no, see the code."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from breaches.remedies import actions, family, queries, wording
from breaches.remedies.models import Offer
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import door
from governance.records.family.queries import Access
from governance.records.family.views import frame, of_the_family
from governance.vocabulary import Event, Permission
from portal.base import clock, vault
from portal.base.errors import CannotDo
from portal.base.finding import or_404

NAMES = ("name", "preferred-name")


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def remedies(request: SignedInRequest, access: Access) -> HttpResponse:
    """What the district offers for this child."""
    return _page(request, access)


@require_POST
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def answer(request: SignedInRequest, access: Access, offer: UUID, said: str) -> HttpResponse:
    """A yes or a no."""
    found = _of_child(access, offer)
    if said not in ("yes", "no"):
        raise Http404
    try:
        actions.answer(offer=found.public_id, accepted=said == "yes", by=request.user, at=clock.now())
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    else:
        messages.success(request, _("We have your answer.") if said == "yes" else _("We have your answer. You can still say yes."))
    return redirect("remedies-family:remedies", access.student.public_id)


@require_POST
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def code(request: SignedInRequest, access: Access, offer: UUID) -> HttpResponse:
    """The code. Who saw it is written down first; the page is kept nowhere."""
    found = _of_child(access, offer)
    try:
        shown = actions.open_code(offer=found.public_id, by=request.user, at=clock.now())
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    except vault.Damaged:
        messages.error(request, _("We cannot read this code any more. Please call us: we will give you another one."))
    else:
        return _page(request, access, shown={found.public_id: shown})
    return redirect("remedies-family:remedies", access.student.public_id)


def _of_child(access: Access, offer: UUID) -> Offer:
    """An offer about exactly this child. Raises Http404."""
    return or_404(queries.about(access.student).filter(public_id=offer).first())


def _page(request: SignedInRequest, access: Access, *, shown: dict[UUID, str] | None = None) -> HttpResponse:
    on = clock.today()
    reading = door.read(
        by=request.user, reach=access.reach, students=[access.student.pk], elements=NAMES, grants=(), on=on, kept_back=access.kept_back,
        event=Event.SELF_VIEWED if access.is_self else Event.FAMILY_VIEWED,
    )  # fmt: skip
    if reading.refused:
        return render(request, "governance/family/closed.html", status=403)
    may_answer = queries.may_answer(request.user, access.student, on=on)
    cards = [family.card(offer, on=on, may_answer=may_answer) for offer in queries.about(access.student)]
    context = frame(access, reading.students[access.student.pk], "remedies") | {
        "cards": [card | {"code": (shown or {}).get(card["public_id"], "")} for card in cards],
        "may_answer": may_answer,
        "offices": wording.offices(get_language() or "en"),
    }
    return render(request, "breaches/remedies/family.html", context)
