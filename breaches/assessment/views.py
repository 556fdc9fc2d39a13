"""What an incident means under each law, its clocks, and counsel's reviews: policy, form, one action, one template."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from breaches.assessment import actions, forms, present, queries, rules
from breaches.assessment.rules import Answer
from breaches.clocks import present as clock_words
from breaches.clocks.rules import Start
from breaches.incidents import actions as incident_actions
from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from governance.authority.models import Element
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo

asked_again = reauthentication_required(enabled=lambda request: not settings.DEMO)


@require_GET
@allow(Permission.SEE_INCIDENTS)
def assessment(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What each law says to the facts, beside what the district's policy and its agreements say."""
    incident, at = _incident(request, public_id), clock.now()
    found = queries.assess(queries.case_of(incident))
    rows = [(each, present.standing(each, incident=public_id, at=at)) for each in found.laws]
    sheets = list(queries.sheets_of(incident))
    context = {
        **_frame(incident),
        "facts": present.facts(found.case.sheet, _titles()) if found.case.sheet else [],
        "version": found.case.sheet.number if found.case.sheet else 0,
        "asked": [row for each, row in rows if each.answer is not Answer.NONE],
        "not_asked": [row for each, row in rows if each.answer is Answer.NONE],
        "unreviewed": sum(not each.law.reviewed for each in found.laws if each.answer is not Answer.NONE),
        "agreements": [present.owed(each, at=at) for each in found.agreements],
        "targets": [present.aimed(each, at=at) for each in found.targets],
        "history": present.history(sheets),
        "changes": _last_changes(found, sheets),
        "is_open": incident.closed_at is None,
    }
    return render(request, "breaches/assessment/assessment.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def facts(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Answer what is known; see what it would change; write it down."""
    incident = _incident(request, public_id)
    sheet = queries.sheets_of(incident).last()
    form = forms.FactsForm(request.POST if request.method == "POST" else None, initial=_initial(incident, sheet))
    pairs = None
    if form.is_valid():
        if request.POST.get("act") == "preview":
            pairs = present.changes(_difference(incident, form.answers()))
        else:
            try:
                actions.say_facts(
                    incident=public_id, answers=form.answers(), seen=form.cleaned_data["seen"], by=request.user, at=clock.now()
                )
            except CannotDo as refusal:
                form.add_error(None, refusal.what_to_do)
            else:
                messages.success(request, _("The facts were written down. This is what the laws say to them."))
                return redirect("assessment:assessment", public_id)
    return render(
        request, "breaches/assessment/facts.html", {**_frame(incident, deeper=True), "form": form, "changes": pairs, "first": sheet is None}
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
@asked_again
def law(request: SignedInRequest, public_id: UUID, slug: str) -> HttpResponse:
    """One law in one incident, and counsel's answer in place of the computed one."""
    incident, at = _incident(request, public_id), clock.now()
    found = next((each for each in queries.assess(queries.case_of(incident)).laws if each.law.row.id == slug), None)
    if found is None:
        raise Http404
    form = forms.OverrideForm(request.POST if request.method == "POST" else None)
    if _done(request, form, lambda said: actions.override(incident=public_id, law=slug, by=request.user, at=at, **said)):
        messages.success(request, _("Counsel’s answer was recorded. It stands while the row and the facts it rests on stay as they are."))
        return redirect("assessment:assessment", public_id)
    row = present.standing(found, incident=public_id, at=at)
    context = {
        **_frame(incident, deeper=True),
        "row": row,
        "law": present.law_facts(found.law),
        "form": form,
        "is_open": incident.closed_at is None,
    }
    return render(request, "breaches/assessment/law.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.SEE_INCIDENTS)
def clocks(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The incident's clocks, what starts them, and requests of the police to wait."""
    incident, at = _incident(request, public_id), clock.now()
    sent = request.POST.get("act") if request.method == "POST" else None
    moment = forms.MomentForm(request.POST if sent == "moment" else None)
    hold = forms.HoldForm(request.POST if sent == "hold" else None)
    if _done(request, moment, lambda said: _say_when(incident, said, by=request.user, at=at)):
        messages.success(request, _("It is on record. A later moment counts once a second person agrees."))
        return redirect("assessment:clocks", public_id)
    if _done(request, hold, lambda said: actions.say_hold(incident=public_id, by=request.user, at=at, **said)):
        messages.success(request, _("The request is on record."))
        return redirect("assessment:clocks", public_id)
    found = queries.assess(queries.case_of(incident))
    context = {
        **_frame(incident),
        "laws": [present.standing(each, incident=public_id, at=at) for each in found.laws if each.answer is not Answer.NONE],
        "agreements": [present.owed(each, at=at) for each in found.agreements],
        "targets": [present.aimed(each, at=at) for each in found.targets],
        "has_facts": found.case.sheet is not None,
        "no_breach": incident.confirmed_breach is False,
        "starts": [{"term": clock_words.STARTS[start], "value": found.case.starts.get(start)} for start in Start],
        "waiting": [
            {
                "id": each.pk,
                "what": clock_words.STARTS[Start(each.start)],
                "moment": each.at,
                "reason": each.reason,
                "who": each.said_by.name if each.said_by else "",
                "own": each.said_by_id == request.user.pk,
            }
            for each in incidents.waiting_moments(incident)
        ],
        "police": {
            "who": found.case.hold.asked_by,
            "in_writing": found.case.hold.in_writing,
            "since": found.case.hold.since,
            "until": found.case.hold.until,
        }
        if found.case.hold
        else None,
        "moment": moment,
        "hold": hold,
        "is_open": incident.closed_at is None,
        "at": at,
    }
    return render(request, "breaches/assessment/clocks.html", context)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def moment_decide(request: SignedInRequest, public_id: UUID, moment: int) -> HttpResponse:
    """The second person agrees to a later start, or refuses it."""
    incident = _incident(request, public_id)
    if not incident.moments.filter(pk=moment).exists():
        raise Http404
    agreed = request.POST.get("act") == "agree"
    try:
        incident_actions.decide_moment(moment=moment, agreed=agreed, by=request.user, at=clock.now())
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
    else:
        messages.success(
            request, _("Agreed. The clocks begin at the later moment.") if agreed else _("Refused. The clocks stay as they were.")
        )
    return redirect("assessment:clocks", public_id)


@require_http_methods(["GET", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def meet(request: SignedInRequest, public_id: UUID, key: str) -> HttpResponse:
    """Say that a duty, an agreement's or a target was met, or take that back."""
    incident, at = _incident(request, public_id), clock.now()
    found = queries.assess(queries.case_of(incident))
    if key not in actions.keys_of(found):
        raise Http404
    if request.method == "POST" and request.POST.get("act") == "back":
        try:
            actions.take_back(incident=public_id, key=key, by=request.user, at=at)
        except CannotDo as refusal:
            messages.error(request, refusal.what_to_do)
        else:
            messages.success(request, _("Taken back. The clock runs again."))
        return redirect("assessment:clocks", public_id)
    form = forms.MeetForm(request.POST if request.method == "POST" else None, initial={"met_at": timezone.localtime(at)})
    if _done(request, form, lambda said: actions.meet(incident=public_id, key=key, by=request.user, at=at, **said)):
        messages.success(request, _("The clock has stopped."))
        return redirect("assessment:clocks", public_id)
    met = found.case.met.get(key)
    context = {
        **_frame(incident, deeper=True),
        "form": form,
        "title": _title_of(found, key),
        "met": {"when": met.met_at, "words": met.words, "who": met.said_by.name} if met else None,
    }
    return render(request, "breaches/assessment/meet.html", context)


@require_GET
@allow(Permission.SEE_INCIDENTS)
def law_list(request: SignedInRequest) -> HttpResponse:
    """Every row of the law that a breach is held against, with counsel's review."""
    found = queries.all_laws()
    context = {"rows": [present.law_row(each) for each in found], "reviewed": sum(each.reviewed for each in found), "total": len(found)}
    return render(request, "breaches/assessment/law_list.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
@asked_again
def law_review(request: SignedInRequest, slug: str) -> HttpResponse:
    """One row of the law as counsel reads it, and counsel's review."""
    found = queries.law(slug)
    if found is None:
        raise Http404
    at = clock.now()
    form = forms.ReviewForm(
        request.POST if request.method == "POST" else None, initial={"content": found.content, "reviewed_on": clock.today()}
    )
    if _done(request, form, lambda said: actions.review_law(law=slug, by=request.user, at=at, **said)):
        messages.success(request, _("The review was recorded. It holds for this row as it stands."))
        return redirect("assessment:laws")
    context = {
        "form": form,
        "law": present.law_facts(found),
        "title": found.row.citation or found.row.id,
        "review": present.review(found),
        "reviewed": found.reviewed,
        "crumbs": [{"label": _("Laws on breaches"), "href": reverse("assessment:laws")}],
    }
    return render(request, "breaches/assessment/law_review.html", context)


# -- What the pages share ------------------------------------------------------------------------------------------------------------------


def _incident(request: SignedInRequest, public_id: UUID) -> Incident:
    """The incident; whom it is about finds nothing here."""
    try:
        incident = incidents.by_id(public_id)
    except Incident.DoesNotExist:
        raise Http404 from None
    if incident.account_id == request.user.pk:
        raise Http404
    return incident


def _done(request: SignedInRequest, form: Form, act: Callable[[dict[str, Any]], object]) -> bool:
    """True where the form was right and the act was done; a refusal stands on the form."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except CannotDo as refusal:
        form.add_error(None, refusal.what_to_do)
        return False
    return True


def _say_when(incident: Incident, said: dict[str, Any], **who: Any) -> object:
    return incident_actions.say_when(
        incident=incident.public_id, start=Start(said["start"]), moment=said["moment"], reason=said["reason"], **who
    )


def _difference(incident: Incident, answers: actions.Answers) -> list[Any]:
    """What the answers would change of what the laws say now."""
    case, common = queries.case_of(incident), queries.shared()
    before = queries.duties(case, case.sheet, common) if case.sheet else []
    after = queries.duties(case, actions.preview(incident, answers), common)
    return [
        (old, new) for old, new in rules.changed(before, after) if old is not None or (new is not None and new.answer is not Answer.NONE)
    ]


def _last_changes(found: queries.Assessment, sheets: list[Any]) -> list[dict[str, Any]]:
    if len(sheets) < 2:
        return []
    common = queries.shared()
    before, after = (queries.duties(found.case, sheet, common) for sheet in sheets[-2:])
    return present.changes(rules.changed(before, after))


def _initial(incident: Incident, sheet: Any) -> dict[str, Any]:
    if sheet is None:
        return {
            "seen": 0,
            "harm": "not_assessed",
            "at_provider": "yes" if incident.kind == Incident.Kind.PROVIDER else "no",
            "residents": {},
        }
    names = ("elements", "protection", "protected_by", "harm", "harm_reason", "residents", "students", "found")
    return {"seen": sheet.number, "at_provider": "yes" if sheet.at_provider else "no", **{name: getattr(sheet, name) for name in names}}


def _title_of(found: queries.Assessment, key: str) -> str:
    for each in found.laws:
        if each.law.row.id == key:
            return f"{each.law.row.citation}: {each.law.row.who_is_told}"
    for owed in found.agreements:
        if owed.key == key:
            return owed.version.agreement.title
    return next(_(aimed.target.title) for aimed in found.targets if aimed.target.key == key)


def _titles() -> dict[str, str]:
    return dict(Element.objects.values_list("key", "title"))


def _frame(incident: Incident, *, deeper: bool = False) -> dict[str, Any]:
    """What every page of an incident's assessment needs."""
    pages = [
        {"label": _("Incidents"), "href": reverse("incidents:incidents")},
        {"label": str(incident), "href": reverse("incidents:incident", args=[incident.public_id])},
        {"label": _("What the laws say"), "href": reverse("assessment:assessment", args=[incident.public_id])},
    ]
    return {
        "incident": {"id": incident.public_id, "name": str(incident), "title": incident.title, "drill": incident.drill},
        "crumbs": pages if deeper else pages[:2],
    }
