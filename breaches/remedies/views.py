"""Remedies of an incident: what is offered to whom, how far it is, and carrying it out."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches.affected import queries as affected
from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from breaches.remedies import actions, forms, present, queries, reading, wording
from breaches.remedies.models import Offer, Remedy
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock, vault
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import taken


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def remedies(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What an incident's families are offered, with figures."""
    incident = _incident(request, public_id)
    found = list(queries.of_incident(incident))
    context = {
        "incident": present.incident_facts(incident),
        "crumbs": present.crumbs(incident),
        "rows": present.rows(found, queries.figures(found, on=clock.today())),
        "kinds": [{"key": kind.value, "label": str(kind.label)} for kind in Remedy.Kind],
        "has_list": affected.of_incident(incident).filter(made_at__isnull=False).exists(),
    }
    return render(request, "breaches/remedies/remedies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def new(request: SignedInRequest, public_id: UUID, kind: str) -> HttpResponse:
    """Offer something to everybody on a list."""
    incident = _incident(request, public_id)
    if kind not in Remedy.Kind.values or incident.closed_at is not None:
        raise Http404
    begins = {f"{part}_{code}": text for code, said in wording.beginning(kind).items() for part, text in said.items()}
    form = forms.OfferForm(request.POST or None, initial=begins, lists=affected.of_incident(incident).filter(made_at__isnull=False))
    made = taken(form, lambda: actions.offer(incident=public_id, kind=kind, **form.said(), by=request.user, at=clock.now()))
    if made is not None:
        messages.success(request, _("It is offered. Families see it on their page now."))
        return redirect("remedies:remedy", made.public_id)
    context = {
        "incident": present.incident_facts(incident),
        "crumbs": present.crumbs(incident, deeper=True),
        "kind": str(Remedy.Kind(kind).label),
        "form": form,
    }
    return render(request, "breaches/remedies/remedy_new.html", context, status=422 if form.is_bound else 200)


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def remedy(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One remedy: figures, codes, and the children by number, without names."""
    return _page(request, _remedy(request, public_id), given=request.GET.dict())


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def names(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The same with the names of one page of children; that they were opened is an entry that each family sees."""
    return _page(request, _remedy(request, public_id), given=request.POST.dict(), named=True)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def act(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take codes in, offer it to newcomers, say that it was done for all, or call it off."""
    found = _remedy(request, public_id)
    name = request.POST.get("act", "")
    form = _forms(found, request).get(name)
    if name != "newcomers" and form is None:
        raise Http404
    if form is not None and not form.is_valid():
        return _page(request, found, given={}, bad={name: form}, status=422)
    said: dict[str, Any] = form.cleaned_data if form else {}
    given: dict[str, Any] = {"remedy": public_id, "by": request.user, "at": clock.now()}
    try:
        match name:
            case "codes":
                came, passed_on = actions.add_codes(text=said["file"], **given)
                words = ngettext(
                    "%(came)d code came in. To families who waited went: %(given)d.",
                    "%(came)d codes came in. To families who waited went: %(given)d.",
                    came,
                ) % {"came": came, "given": passed_on}
            case "finish_all":
                evidence = said["evidence"].public_id if said["evidence"] else None
                number = actions.finish_all(words=said["words"], evidence=evidence, **given)
                words = ngettext("Written down for %(number)d child.", "Written down for %(number)d children.", number) % {"number": number}
            case "newcomers":
                number = actions.include_newcomers(**given)
                words = ngettext("Offered to %(number)d more child.", "Offered to %(number)d more children.", number) % {"number": number}
            case _:
                actions.withdraw(reason=said["reason"], **given)
                words = _("It is not offered any more. Whoever accepted it still gets it.")
    except CannotDo as refused:
        if form is None:
            messages.error(request, refused.what_to_do)
            return redirect("remedies:remedy", public_id)
        form.add_error(None, refused.what_to_do)
        return _page(request, found, given={}, bad={name: form}, status=409)
    messages.success(request, words)
    return redirect("remedies:remedy", public_id)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def offer(request: SignedInRequest, public_id: UUID, offer: UUID) -> HttpResponse:
    """For one child: what was said by phone, the code to tell, or that it was done."""
    found = _remedy(request, public_id)
    or_404(Offer.objects.filter(remedy=found, public_id=offer).first())
    given: dict[str, Any] = {"offer": offer, "by": request.user, "at": clock.now()}
    try:
        match request.POST.get("act"):
            case "yes" | "no" as said:
                actions.note_answer(accepted=said == "yes", **given)
                messages.success(request, _("The answer is written down."))
            case "code":
                return _page(request, found, given=request.POST.dict(), named=True, code={offer: actions.tell_code(**given)})
            case "done":
                actions.finish(words=request.POST.get("words", ""), evidence=None, **given)
                messages.success(request, _("Written down."))
            case _:
                raise Http404
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    except vault.Damaged:
        messages.error(request, _("This code cannot be read any more. Take in another one."))
    return redirect("remedies:remedy", public_id)


def _incident(request: SignedInRequest, public_id: UUID) -> Incident:
    return or_404(incidents.for_reader(request.user, public_id))


def _remedy(request: SignedInRequest, public_id: UUID) -> Remedy:
    return or_404(queries.for_reader(request.user, public_id))


def _forms(found: Remedy, request: SignedInRequest | None = None) -> dict[str, Any]:
    sent = request.POST if request else None
    made: dict[str, Any] = {"withdraw": forms.WithdrawForm(sent, prefix="withdraw")}
    if found.kind == Remedy.Kind.CREDIT_WATCH:
        made["codes"] = forms.CodesForm(sent, request.FILES if request else None, prefix="codes")
    else:
        made["finish_all"] = forms.DoneForm(sent, prefix="done", evidence=found.incident.evidence.all())
    return made


def _page(
    request: SignedInRequest, found: Remedy, *, given: dict[str, str], named: bool = False, code: dict[UUID, str] | None = None,
    bad: dict[str, Any] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page of a remedy. `given` says which children (`which`) and the page of them; `code` is told to the reader, for the phone."""
    figures = queries.figures([found], on=clock.today())[found.pk]
    which = given.get("which", "owed" if figures.owed else "offered")
    if which not in present.WHICH:
        raise Http404
    number = int(given["page"]) if given.get("page", "").isdecimal() and len(given["page"]) < 7 else 1
    offers = queries.offers_of(found, which)
    first, total = (max(number, 1) - 1) * queries.PAGE, offers.count()
    shown = list(offers[first : first + queries.PAGE])
    if code:  # what was told belongs to one child, wherever it stands now
        shown = [one for one in queries.offers_of(found, "done") if one.public_id in code]
        which, first, total = "done", 0, len(shown)
    known = reading.names(found, shown, by=request.user) if named else {}
    title, words, _language = wording.said(found.texts, "en")
    context = {
        "incident": present.incident_facts(found.incident),
        "crumbs": present.crumbs(found.incident, deeper=True),
        "public_id": found.public_id,
        "title": title,
        "words": words,
        "words_es": wording.said(found.texts, "es")[1],
        "state": present.state(found, figures),
        "facts": present.facts(found),
        "answer_by": found.answer_by,
        "lasts_until": found.lasts_until,
        "tiles": present.tiles(found, figures),
        "offers": [
            present.offer(one, number=first + place, name=known.get(one.student_id, "")) | {"code": (code or {}).get(one.public_id, "")}
            for place, one in enumerate(shown, start=1)
        ],
        "which": which,
        "named": named,
        "page": number,
        "is_credit_watch": found.kind == Remedy.Kind.CREDIT_WATCH,
        "withdrawn": found.withdrawn_at is not None,
        "previous": f"?which={which}&page={number - 1}" if number > 1 else "",
        "next": f"?which={which}&page={number + 1}" if first + queries.PAGE < total else "",
        "forms": _forms(found) | (bad or {}),
    }
    return render(request, "breaches/remedies/remedy.html", context, status=status)
