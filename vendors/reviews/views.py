"""Pages of reviews: policy, form, one action, one template."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority.models import Basis, Element, Purpose
from governance.people.http import SignedInRequest
from governance.people.models import RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.people.policies import allow
from governance.people.queries import in_force
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.components import due
from portal.base.errors import CannotDo
from portal.base.telling import tell
from vendors.agreements import queries as agreements
from vendors.providers import queries as catalogue
from vendors.providers.models import Tool
from vendors.reviews import actions, checklist, forms, present, queries, status
from vendors.reviews.models import Guidance, Review
from vendors.reviews.queries import Held

BASES = (
    "ferpa-outsourced-official",
    "coppa-school-authorization",
    "coppa-parent-consent",
    "ferpa-consent",
    "ferpa-directory",
    "wi-118-125-2d-official",
)


@require_GET
@allow(Permission.REVIEW_TOOLS)
def reviews_list(request: SignedInRequest) -> HttpResponse:
    """Open reviews, those that wait on this person first; those closed lately."""
    on = clock.today()
    held = queries.open_reviews(on)
    mine = [each for each in held if each.waiting.includes(request.user.pk) or each.review.reviewer_id == request.user.pk]
    others = [each for each in held if each not in mine]
    context = {
        "mine": [present.row(each, on=on) for each in mine],
        "others": [present.row(each, on=on) for each in others],
        "closed": [present.closed_row(review) for review in queries.closed_lately(most=20)],
        "overdue": sum(each.review.due_on < on for each in mine),
    }
    return render(request, "vendors/reviews/reviews_list.html", context)


@require_POST
@allow(Permission.REVIEW_TOOLS)
def review_open(request: SignedInRequest, slug: str) -> HttpResponse:
    """Open a review of a tool because the district wants one."""
    tool = _tool(slug)
    try:
        review = actions.open_review(tool=tool, because=Review.Because.DISTRICT, by=request.user, at=clock.now())
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("providers:tool", tool.public_id)
    return redirect("reviews:detail", review.public_id)


@require_http_methods(["GET", "POST"])
@allow(Permission.REVIEW_TOOLS)
def review_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One review: what is known, the checklist, the provider's answers; who decides. By POST: save the checklist, send the questionnaire."""
    held = _held(public_id)
    review, at = held.review, clock.now()
    said = {check.item: check for check in review.checks.all()}
    form = forms.ChecklistForm(request.POST if request.POST.get("act") == "check" else None, items=actions.items_of(review), said=said)
    if request.method == "POST":
        act = request.POST.get("act")
        if act == "questionnaire":
            return _done(request, public_id, _("Sent. The provider's contacts find it on their page."), actions.send_questionnaire)
        if act == "assign":
            return _assign(request, held)
        if act == "stop" and (approval := getattr(review, "approval", None)) is not None:
            actions.end_approval(approval=approval, because="safety", by=request.user, at=at)
            messages.success(request, _("The approval has ended. Nothing more goes to the tool through the portal."))
            return redirect("reviews:detail", public_id)
        if act == "check" and form.is_valid():
            return _done(request, public_id, _("The checklist was saved."), actions.answer, answers=form.answers())
    now = status.of(review.tool, at)
    asked = getattr(review, "questionnaire", None)
    findings = actions.findings_of(review, under_13=(review.tool.youngest_age or 0) < 13)
    context = {
        "review_id": review.public_id,
        "tool": {"name": review.tool.name, "slug": review.tool.slug, "id": review.tool.public_id},
        "because": review.get_because_display(),
        "note": review.note,
        "open": review.closed_at is None,
        "due": due(review.due_on, clock.today()) if review.closed_at is None else None,
        "outcome": present.outcome(review) if review.closed_at else None,
        "reason": review.reason,
        "closed_by": review.closed_by.name if review.closed_by else "",
        "closed_at": review.closed_at,
        "facts": present.tool_facts(now, review),
        "decides": ", ".join(person.name for person in held.waiting.people),
        "gap": held.waiting.gap,
        "may_decide": review.closed_at is None and held.waiting.includes(request.user.pk),
        "reviewer": review.reviewer.name if review.reviewer else "",
        "form": form,
        "groups": list(form.groups()),
        "answers": [
            {"question": _(item.question), "answer": said[item.id].get_answer_display(), "note": said[item.id].note}
            for item in form.items
            if item.id in said
        ],
        "concerns": present.concerns(findings),
        "unanswered": len(findings.unanswered),
        "questionnaire": {
            "sent_at": asked.sent_at,
            "due_on": asked.due_on,
            "handed_in_at": asked.handed_in_at,
            "rows": present.questionnaire_rows(asked) if asked.handed_in_at else [],
        }
        if asked
        else None,
        "can_be_given_out": review.outcome in {"approved", "limited", "refused"},
        "marks": present.marks(review.tool.marks.all()),
        "advice": [
            {
                "source": each.source,
                "finding": each.get_finding_display(),
                "found_on": each.found_on,
                "words": each.words,
                "signed": each.get_signed_display(),
            }
            for each in review.tool.advice.all()
        ],
        "assign_form": forms.AssignForm(
            people=_reviewers(review.askers),
            initial={"reviewer": str(review.reviewer.public_id) if review.reviewer else "", "due_on": review.due_on},
        ),
        "approval": _approval_of(review),
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/reviews/review.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.REVIEW_TOOLS)
def review_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Approve with limits, refuse with alternatives, or close without an outcome."""
    held = _held(public_id)
    review, at, on = held.review, clock.now(), clock.today()
    if review.closed_at is not None and request.method == "GET":
        return redirect("reviews:detail", public_id)
    tool = review.tool
    version = None if tool.collects_nothing else agreements.covering(tool, at)
    act = request.POST.get("act", "")
    approve_form = _approve_form(request.POST if act == "approve" else None, tool, version, on)
    refuse_form = _refuse_form(request.POST if act == "refuse" else None, tool, at)
    drop_form = forms.DropForm(request.POST if act == "drop" else None)
    if request.method == "POST":
        try:
            if act == "approve" and approve_form.is_valid():
                wanted = {"elements": [], "purposes": [], **approve_form.cleaned_data}
                actions.approve(review=public_id, by=request.user, at=at, **wanted)
                messages.success(request, _("Approved. Write for teachers how to use it safely."))
                return redirect("reviews:guidance", tool.slug)
            if act == "refuse" and refuse_form.is_valid():
                chosen = catalogue.listed().filter(slug__in=refuse_form.cleaned_data.get("alternatives", []))
                actions.refuse(
                    review=public_id, reason=refuse_form.cleaned_data["reason"], alternatives=list(chosen), by=request.user, at=at
                )
                messages.success(request, _("Refused. Who asked for it is told."))
                return redirect("reviews:detail", public_id)
            if act == "drop" and drop_form.is_valid():
                actions.drop(review=public_id, reason=drop_form.cleaned_data["reason"], by=request.user, at=at)
                messages.success(request, _("Closed without an outcome."))
                return redirect("reviews:detail", public_id)
        except CannotDo as refusal:
            {"approve": approve_form, "refuse": refuse_form}.get(act, drop_form).add_error(None, refusal.what_to_do)
    findings = actions.findings_of(review, under_13=(tool.youngest_age or 0) < 13)
    context = {
        "review_id": review.public_id,
        "tool": {"name": tool.name, "id": tool.public_id},
        "may_decide": held.waiting.includes(request.user.pk),
        "decides": ", ".join(person.name for person in held.waiting.people),
        "concerns": present.concerns(findings),
        "unanswered": len(findings.unanswered),
        "no_agreement": version is None and not tool.collects_nothing,
        "agreement": version.agreement.title if version else "",
        "approve_form": approve_form,
        "refuse_form": refuse_form,
        "drop_form": drop_form,
        "act": act,
        "crumbs": [*_crumbs(), {"label": tool.name, "href": reverse("reviews:detail", args=[public_id])}],
    }
    return render(request, "vendors/reviews/decide.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def questionnaire(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Register the provider's answers that came on paper."""
    review = _held(public_id).review
    asked = getattr(review, "questionnaire", None)
    if asked is None or asked.handed_in_at is not None:
        raise Http404
    form = forms.QuestionnaireForm(request.POST if request.method == "POST" else None, questions=checklist.questionnaire()[1])
    if form.is_valid():
        try:
            actions.hand_in(questionnaire=asked.public_id, answers=form.answers(), by=request.user, at=clock.now())
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The answers were registered."))
            return redirect("reviews:detail", public_id)
    context = {
        "form": form,
        "groups": list(form.groups()),
        "tool": review.tool.name,
        "back": reverse("reviews:detail", args=[public_id]),
        "crumbs": [*_crumbs(), {"label": review.tool.name, "href": reverse("reviews:detail", args=[public_id])}],
    }
    return render(request, "vendors/reviews/questionnaire.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.REVIEW_TOOLS)
def guidance(request: SignedInRequest, slug: str) -> HttpResponse:
    """What teachers read on the tool's page."""
    tool = _tool(slug)
    known = Guidance.objects.filter(tool=tool).first()
    names = tuple(forms.GuidanceForm.base_fields)
    initial = {name: getattr(known, name) for name in names} if known else {}
    form = forms.GuidanceForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        actions.write_guidance(tool=tool, by=request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved. Teachers read it on the tool's page."))
        return redirect("tools:tool", tool.slug)
    return render(
        request, "vendors/reviews/guidance.html", {"form": form, "tool": {"name": tool.name, "slug": tool.slug}, "crumbs": _crumbs()}
    )


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _held(public_id: UUID) -> Held:
    held = queries.find(public_id, on=clock.today())
    if held is None:
        raise Http404
    return held


def _tool(slug: str) -> Tool:
    tool = catalogue.find_tool(slug)
    if tool is None:
        raise Http404
    return tool


def _done(request: SignedInRequest, public_id: UUID, words: str, action: Callable[..., Any], **said: Any) -> HttpResponse:
    tell(request, lambda: action(review=public_id, by=request.user, at=clock.now(), **said), done=words)
    return redirect("reviews:detail", public_id)


def _assign(request: SignedInRequest, held: Held) -> HttpResponse:
    people = _reviewers(held.review.askers)
    form = forms.AssignForm(request.POST, people=people)
    if not form.is_valid():
        messages.error(request, _("Choose a reviewer and a day."))
        return redirect("reviews:detail", held.review.public_id)
    reviewer = next(person for person in people if str(person.public_id) == form.cleaned_data["reviewer"])
    return _done(
        request,
        held.review.public_id,
        _("Given to %(name)s.") % {"name": reviewer.name},
        actions.assign,
        reviewer=reviewer,
        due_on=form.cleaned_data["due_on"],
    )


def _reviewers(askers: list[int]) -> list[User]:
    roles = RoleAssignment.objects.filter(in_force(clock.today()), role__in=HOLDERS[Permission.REVIEW_TOOLS]).values("user")
    return list(User.objects.filter(is_active=True, pk__in=roles).exclude(pk__in=askers).order_by("name", "pk"))


def _approve_form(data: Any, tool: Tool, version: Any, on: Any) -> forms.ApproveForm:
    listed = agreements.elements_of(version, tool) if version else frozenset()
    needed = {each.element_id: each.required for each in tool.collects.all()}
    elements = [
        (
            each.key,
            each.title,
            _("Needed") if needed.get(each.key) else _("Works without it") if each.key in needed else _("Not in the catalog's list"),
        )
        for each in Element.objects.filter(pk__in=listed)
    ]
    purposes = [(each.pk, _(each.title)) for each in Purpose.objects.filter(pk__in=version.purposes)] if version else []
    bases = [(each.pk, f"{each.title} ({each.citation})") for each in Basis.objects.filter(pk__in=BASES).order_by("title")]
    return forms.ApproveForm(
        data,
        elements=elements,
        purposes=purposes,
        bases=bases,
        initial={
            "elements": [key for key, required in needed.items() if required and key in listed],
            "purposes": version.purposes if version else [],
            "consent": "inform",
            "consent_basis": "ferpa-outsourced-official" if version else "",
            "youngest_age": tool.youngest_age,
            "starts_on": on,
            "ends_on": min(forms.one_year_from(on), version.ends_on) if version and version.ends_on else forms.one_year_from(on),
        },
    )


def _refuse_form(data: Any, tool: Tool, at: Any) -> forms.RefuseForm:
    usable = [each for each in status.of_all(list(catalogue.listed().exclude(pk=tool.pk)[:400]), at).values() if each.usable]
    same = set(catalogue.same_purpose(tool).values_list("pk", flat=True))
    usable.sort(key=lambda each: (each.tool.pk not in same, each.tool.name))
    return forms.RefuseForm(
        data,
        tools=[(each.tool.slug, each.tool.name) for each in usable[:30]],
        initial={"alternatives": [each.instead.slug for each in tool.alternatives.select_related("instead")]},
    )


def _approval_of(review: Any) -> dict[str, Any] | None:
    approval = getattr(review, "approval", None)
    if approval is None:
        return None
    elements = dict(Element.objects.filter(pk__in=approval.elements).values_list("key", "title"))
    purposes = dict(Purpose.objects.filter(pk__in=approval.purposes).values_list("pk", "title"))
    return {
        "facts": present.approval_facts(approval, elements, purposes),
        "starts_on": approval.starts_on,
        "ends_on": approval.ends_on,
        "ended_at": approval.ended_at,
    }


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Reviews"), "href": reverse("reviews:list")}]
