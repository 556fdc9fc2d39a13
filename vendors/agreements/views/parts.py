"""What several pages of agreements need."""

from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.authority.models import Purpose
from governance.people.http import SignedInRequest
from portal.base import clock
from vendors.agreements import queries
from vendors.agreements.queries import Held
from vendors.providers import documents
from vendors.providers.models import Document


def held_or_404(public_id: UUID) -> Held:
    """The agreement with where it stands; 404 where there is none."""
    held = queries.find(public_id, at=clock.now())
    if held is None:
        raise Http404
    return held


def purposes_to_choose() -> list[tuple[str, str]]:
    """The purposes for which an agreement may let data be used, with their titles."""
    return [(purpose.pk, _(purpose.title)) for purpose in Purpose.objects.filter(aggregate=False)]


def receive(request: SignedInRequest, content: bytes, title: str) -> Document:
    """Keep the bytes of a PDF that a form has read."""
    return documents.receive(content=content, title=title, by=request.user, at=clock.now())


def form_page(request: SignedInRequest, form: Form, held: Held, heading: str, *, multipart: bool = False) -> HttpResponse:
    """A page that holds one form and the way back to the agreement."""
    context = {
        "form": form,
        "heading": heading,
        "title": held.agreement.title,
        "multipart": multipart,
        "back": reverse("agreements:detail", args=[held.agreement.public_id]),
        "crumbs": crumbs(held),
    }
    return render(request, "vendors/agreements/form.html", context)


def crumbs(held: Held | None = None) -> list[dict[str, str]]:
    """The way to the list, or to one agreement."""
    way = [{"label": _("Agreements"), "href": reverse("agreements:list")}]
    if held is not None:
        way.append({"label": held.agreement.title, "href": reverse("agreements:detail", args=[held.agreement.public_id])})
    return way
