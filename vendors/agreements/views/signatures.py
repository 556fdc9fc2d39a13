"""Signing for the district, and signatures on paper."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from vendors.agreements import actions, forms, present, signing
from vendors.agreements.models import Signature
from vendors.agreements.views.parts import crumbs, form_page, held_or_404, receive


@require_http_methods(["GET", "POST"])
@allow(Permission.SIGN_AGREEMENTS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def sign(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Read the text that waits, and sign it for the district."""
    held = held_or_404(public_id)
    pending = held.pending
    if pending is None or pending.sent_at is None:
        messages.info(request, _("No text of this agreement waits for signatures."))
        return redirect("agreements:detail", public_id)
    form, signed = signing.answer(request, pending, side=Signature.Side.DISTRICT, at=clock.now())
    back = reverse("agreements:detail", args=[public_id])
    if signed:
        messages.success(request, _("Signed for the district."))
        return redirect(back)
    context = {
        "form": form,
        "signing_for": _("You sign for the district"),
        "title": held.agreement.title,
        "text": present.text(pending),
        "back": back,
        "crumbs": crumbs(held),
    }
    return render(request, "vendors/agreements/sign.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def paper(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Register a signature on paper, with its scan."""
    held = held_or_404(public_id)
    pending = held.pending
    if pending is None or pending.sent_at is None:
        messages.info(request, _("No text of this agreement waits for signatures."))
        return redirect("agreements:detail", public_id)
    form = forms.PaperForm(request.POST or None, request.FILES or None, initial={"text_sha256": pending.sha256})
    if form.is_valid():
        said = form.cleaned_data
        try:
            scan = receive(request, said.pop("scan"), f"{held.agreement.title}: {_('signature')}")
            actions.register_paper(agreement=public_id, scan=scan, by=request.user, at=clock.now(), **said)
        except actions.CannotSign as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The signature was registered."))
            return redirect("agreements:detail", public_id)
    return form_page(request, form, held, _("Signature on paper"), multipart=True)
