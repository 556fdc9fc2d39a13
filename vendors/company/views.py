"""The provider's pages, and what the district reads of them: policy, form, one action, one template.

Whatever a provider's page shows is looked up from the provider outwards; nothing here reads a student.
"""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority.models import Element
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.agreements import actions as agreements
from vendors.agreements import present as agreement_words
from vendors.agreements import signing
from vendors.agreements.models import Signature, Version
from vendors.company import actions, forms, present, queries
from vendors.company.models import BreachNotice, SupplierNotice
from vendors.ends import actions as ends
from vendors.ends import forms as end_forms
from vendors.ends import present as end_words
from vendors.ends import queries as orders
from vendors.providers import documents
from vendors.providers import queries as catalogue
from vendors.providers.models import Provider, Tool
from vendors.reviews import checklist, status
from vendors.reviews import queries as reviews


@require_GET
@allow(Permission.ACT_FOR_PROVIDER)
def company_home(request: SignedInRequest) -> HttpResponse:
    """What waits on the provider, and all that is its own here."""
    at, on = clock.now(), clock.today()
    provider = catalogue.provider_of(request.user, at=at)
    if provider is None:
        return render(request, "vendors/company/nobody.html")
    tools = list(queries.tools(provider))
    stands = status.of_all(tools, at)
    names = {str(tool.public_id): tool.name for tool in tools}
    contact = queries.contact_of(provider, request.user.pk)
    context = {
        "provider": provider.name,
        "may_sign": contact.may_sign,
        "tools": [present.tool(tool, stands[tool.pk]) for tool in tools],
        "questionnaires": [present.questionnaire(row, on=on) for row in reviews.questionnaires_of(provider.pk).select_related("draft")],
        "agreements": [present.agreement(held) for held in queries.agreements_of(provider, at=at)],
        "orders": [present.order(row, on=on) for row in orders.of_provider(provider.pk)],
        "breaches": [present.breach(row, names) for row in BreachNotice.objects.filter(provider=provider).select_related("provider")],
        "suppliers": present.suppliers(list(queries.supplier_notices(provider).select_related("tool__provider"))),
    }
    return render(request, "vendors/company/home.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.ACT_FOR_PROVIDER)
def questionnaire(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Fill in, save, hand in; afterwards read what was handed in."""
    asked = queries.questionnaire(_provider(request), public_id)
    if asked is None:
        raise Http404
    tool = asked.review.tool.name
    if asked.handed_in_at is not None:
        context = {"tool": tool, "handed_in_at": asked.handed_in_at, "rows": present.answers(asked), "crumbs": _crumbs()}
        return render(request, "vendors/company/answers.html", context)
    edition, questions = checklist.questionnaire()
    draft = getattr(asked, "draft", None)
    hands_in = request.POST.get("act") == "hand_in"
    posted = request.POST if request.method == "POST" else None
    form = forms.AnswersForm(posted, questions=questions, saved=draft.answers if draft else {})
    if request.method == "POST" and not hands_in:
        try:
            actions.save_draft(
                questionnaire=public_id, edition=request.POST.get("edition", ""), answers=form.so_far(), by=request.user, at=clock.now()
            )
        except CannotDo as refusal:
            messages.error(request, refusal.what_to_do)
        else:
            messages.success(request, _("Saved. It is not handed in yet."))
            return redirect("company:questionnaire", public_id)
    elif hands_in and form.is_valid():
        try:
            actions.hand_in(
                questionnaire=public_id, edition=request.POST.get("edition", ""), answers=form.answers(), by=request.user, at=clock.now()
            )
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Handed in. Thank you."))
            return redirect("company:questionnaire", public_id)
    context = {
        "form": form,
        "checked": hands_in,
        "groups": list(form.groups()),
        "tool": tool,
        "due_on": asked.due_on,
        "saved_at": draft.saved_at if draft else None,
        "edition": edition,
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/company/questionnaire.html", context, status=422 if form.is_bound else 200)


@require_GET
@allow(Permission.ACT_FOR_PROVIDER)
def agreement(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The text that waits for signatures, else the one in force."""
    provider, at = _provider(request), clock.now()
    held = queries.agreement(provider, public_id, at=at)
    version = queries.shown(held) if held is not None else None
    if held is None or version is None:
        raise Http404
    context = {
        "agreement_id": public_id,
        "title": held.agreement.title,
        "state": agreement_words.state_of(held),
        "text": _text(version),
        "signatures": agreement_words.signatures(version),
        "waits": _waits(version) and held.agreement.ended_at is None,
        "may_sign": queries.contact_of(provider, request.user.pk).may_sign,
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/company/agreement.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.ACT_FOR_PROVIDER)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def sign(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Sign exactly the text that was read, for the provider."""
    provider = _provider(request)
    held = queries.agreement(provider, public_id, at=clock.now())
    version = queries.shown(held) if held is not None else None
    if held is None or version is None:
        raise Http404
    if not _waits(version) or held.agreement.ended_at is not None:
        messages.info(request, _("No text of this agreement waits for your signature."))
        return redirect("company:agreement", public_id)
    form, signed = signing.answer(request, version, side=Signature.Side.PROVIDER, at=clock.now())
    back = reverse("company:agreement", args=[public_id])
    if signed:
        messages.success(request, _("Signed for %(provider)s.") % {"provider": provider.name})
        return redirect(back)
    context = {
        "form": form,
        "signing_for": _("You sign for the provider"),
        "title": held.agreement.title,
        "text": _text(version),
        "back": back,
        "crumbs": [*_crumbs(), {"label": held.agreement.title, "href": back}],
    }
    return render(request, "vendors/agreements/sign.html", context)


@require_GET
@allow(Permission.ACT_FOR_PROVIDER)
def document(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A document of an agreement that was sent, or of an own certificate."""
    found = queries.document(_provider(request), public_id)
    if found is None:
        raise Http404
    return documents.as_attachment(found)


@require_http_methods(["GET", "POST"])
@allow(Permission.ACT_FOR_PROVIDER)
@reauthentication_required(enabled=lambda request: request.method == "POST" and not settings.DEMO)
def deletion(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A deletion order; confirm it with a certificate."""
    provider, on = _provider(request), clock.today()
    order = queries.order(provider, public_id)
    if order is None:
        raise Http404
    form = end_forms.ConfirmForm(
        request.POST or None, request.FILES or None, initial={"order_sha256": order.sha256, "title": request.user.title}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            ends.confirm(
                order=public_id,
                order_sha256=said["order_sha256"],
                deleted_on=said["deleted_on"],
                copies_until=said["copies_until"],
                title=said["title"],
                content=said["document"],
                content_sha256=said["document_sha256"].strip(),
                by=request.user,
                at=clock.now(),
            )
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Confirmed. Families read it as your statement."))
            return redirect("company:deletion", public_id)
    certificate = end_words.certificate(order)
    context = {
        "form": form,
        "facts": end_words.facts(order),
        "tool": order.tool.name,
        "whole": order.whole,
        "due_on": order.due_on,
        "state": end_words.state_of(order, on=on),
        "sha256": order.sha256,
        "certificate": certificate,
        "document_url": reverse("company:document", args=[certificate["document"]["id"]])
        if certificate and certificate["document"]
        else "",
        "called_off": order.called_off_because if order.called_off_at else "",
        "may_confirm": certificate is None and order.called_off_at is None and queries.contact_of(provider, request.user.pk).may_sign,
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/company/deletion.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@allow(Permission.ACT_FOR_PROVIDER)
def breach(request: SignedInRequest) -> HttpResponse:
    """Tell the district of a breach; the clock runs from the discovery."""
    provider, at = _provider(request), clock.now()
    tools = list(queries.tools(provider))
    form = forms.BreachForm(request.POST if request.method == "POST" else None, tools=tools)
    if form.is_valid():
        said = dict(form.cleaned_data)
        chosen = [tool for tool in tools if str(tool.public_id) in said.pop("tools")]
        try:
            notice = actions.tell_of_breach(tools=chosen, by=request.user, at=at, **said)
        except CannotDo as refusal:
            form.add_error("discovered_at" if refusal.code == "future" else None, refusal.what_to_do)
        else:
            messages.success(request, _("The district has your notice. Stay within reach."))
            return redirect("company:breach-notice", notice.public_id)
    hours, clock_id = queries.breach_term(provider, at=at)
    context = {"form": form, "hours": hours, "agreed": not clock_id, "crumbs": _crumbs()}
    return render(request, "vendors/company/breach.html", context, status=422 if form.is_bound else 200)


@require_GET
@allow(Permission.ACT_FOR_PROVIDER)
def breach_notice(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One of the provider's own notices, as it was received."""
    found = BreachNotice.objects.filter(provider=_provider(request), public_id=public_id).select_related("provider").first()
    if found is None:
        raise Http404
    return render(request, "vendors/company/breach_notice.html", {"notice": present.breach(found, _names(found)), "crumbs": _crumbs()})


@require_http_methods(["GET", "POST"])
@allow(Permission.ACT_FOR_PROVIDER)
def supplier(request: SignedInRequest) -> HttpResponse:
    """Announce a supplier who comes or goes."""
    tools = list(queries.tools(_provider(request)).filter(retired_at=None).prefetch_related("collects"))
    form = forms.SupplierForm(
        request.POST if request.method == "POST" else None, tools=tools, elements=list(Element.objects.order_by("category", "title"))
    )
    if form.is_valid():
        said = dict(form.cleaned_data)
        wanted = said.pop("tool")
        try:
            actions.announce_supplier(
                tool=next(tool for tool in tools if str(tool.public_id) == wanted), by=request.user, at=clock.now(), **said
            )
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The district has your announcement."))
            return redirect("company:home")
    return render(request, "vendors/company/supplier.html", {"form": form, "crumbs": _crumbs()}, status=422 if form.is_bound else 200)


# -- The district's side ---------------------------------------------------------------------------------------------------------


@require_GET
@allow(Permission.MANAGE_PROVIDERS, Permission.HANDLE_INCIDENTS)
def announcements(request: SignedInRequest) -> HttpResponse:
    """What providers announced about their suppliers, and their notices of breaches."""
    told = list(BreachNotice.objects.select_related("provider"))
    names = _names(*told)
    context = {
        "breaches": [present.breach(row, names) for row in told],
        "suppliers": present.suppliers(list(queries.announcements()[:200])),
    }
    return render(request, "vendors/company/announcements.html", context)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def announcement_take(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Somebody has looked at an announcement, and takes it into the catalogue or not."""
    if not SupplierNotice.objects.filter(public_id=public_id).exists():
        raise Http404
    taken = request.POST.get("act") == "take"
    actions.take_announcement(notice=public_id, into_catalogue=taken, by=request.user, at=clock.now())
    messages.success(request, _("The catalogue was changed.") if taken else _("Marked as seen. The catalogue stays as it is."))
    return redirect("announcements:list")


@require_GET
@allow(Permission.MANAGE_PROVIDERS, Permission.HANDLE_INCIDENTS)
def breach_read(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A provider's notice of a breach, for the district."""
    found = BreachNotice.objects.filter(public_id=public_id).select_related("provider").first()
    if found is None:
        raise Http404
    crumbs = [{"label": _("From providers"), "href": reverse("announcements:list")}]
    return render(request, "vendors/company/breach_notice.html", {"notice": present.breach(found, _names(found)), "crumbs": crumbs})


# -- Parts -----------------------------------------------------------------------------------------------------------------------


def _provider(request: SignedInRequest) -> Provider:
    provider = catalogue.provider_of(request.user, at=clock.now())
    if provider is None:
        raise Http404
    return provider


def _names(*notices: BreachNotice) -> dict[str, str]:
    ids = {each for notice in notices for each in notice.tools}
    return {str(public_id): name for public_id, name in Tool.objects.filter(public_id__in=ids).values_list("public_id", "name")}


def _waits(version: Version) -> bool:
    open_text = version.sent_at is not None and version.signed_at is None and version.dropped_at is None
    return (
        open_text
        and Signature.Side.PROVIDER in agreements.SIDES[version.agreement.kind]
        and (Signature.Side.PROVIDER in agreement_words.sides_open(version))
    )


def _text(version: Version) -> dict[str, Any]:
    text = agreement_words.text(version)
    if version.document is not None:
        text["document"]["url"] = reverse("company:document", args=[version.document.public_id])
    return text


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("My company"), "href": reverse("company:home")}]
