"""The office's desk for families; the page where a family uses its code."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow, public
from governance.records import door
from governance.records.models import Guardianship
from governance.records.questions import actions as questions
from governance.trail import entries
from governance.vocabulary import Event, Permission
from portal.base import clock
from portal.base.telling import tell
from portal.pages.families import actions, forms, present, queries

# Guessing a code of 60 bits at this pace takes longer than the code lasts.
TRIES = {"portal_join": "20/h/ip"}


@allow(Permission.REGISTER_FAMILY_PAPERS)
@require_http_methods(["GET", "POST"])
def families(request: SignedInRequest) -> HttpResponse:
    """Find a child of the own school by name; what waits for papers."""
    on = clock.today()
    form = forms.FindChild(request.POST or None)
    found: door.Found | None = None
    ids: dict[int, UUID] = {}
    if form.is_valid():
        found, ids = queries.find(request.user, form.cleaned_data["term"], on=on)
    return render(
        request,
        "portal/families/families.html",
        {
            "form": form,
            "searched": found is not None,
            "too_many": found.too_many if found else False,
            "rows": [present.found_row(opened, ids[opened.student_id]) for opened in found.students] if found else [],
            "waiting": [present.waiting_row(link, today=on) for link in queries.limits_without_papers(request.user, on=on)],
        },
    )


@allow(Permission.REGISTER_FAMILY_PAPERS)
@require_http_methods(["GET"])
def child(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One child with the adults of the roster: who has an account, whose access is limited. Opening it is a look."""
    on = clock.today()
    student = queries.student_at(request.user, public_id, on=on)
    if student is None:
        raise Http404
    opened = queries.open_child(request.user, student, on=on, at=clock.now())
    if opened is None:
        return render(request, "portal/families/refused.html", {"crumbs": _crumbs()}, status=403)
    return render(
        request,
        "portal/families/child.html",
        {"child": present.child(opened, today=on), "public_id": student.public_id, "crumbs": _crumbs()},
    )


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Families"), "href": reverse("families:families")}]


def _link(request: SignedInRequest, public_id: UUID) -> Guardianship:
    link = queries.link_at(request.user, public_id, on=clock.today())
    if link is None:
        raise Http404
    return link


def _done(request: SignedInRequest, link: Guardianship, action: Callable[..., Guardianship], said: str, **given: Any) -> HttpResponse:
    """Run one action on a link; its refusal becomes a message on the child's page."""
    tell(request, lambda: action(link_id=link.pk, by=request.user, at=clock.now(), **given), done=said)
    return redirect("families:child", link.student.public_id)


@allow(Permission.REGISTER_FAMILY_PAPERS)
@never_cache
@require_POST
def code(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Make a code and show it this once, made for paper."""
    link = _link(request, public_id)
    if request.POST.get("shown") != "yes":
        messages.error(request, _("First look at a photo ID, then mark that you did."))
        return redirect("families:child", link.student.public_id)
    try:
        made, until = actions.make_code(link=link, by=request.user, at=clock.now())
    except actions.CannotLink as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("families:child", link.student.public_id)
    where = settings.BASE_URL.rstrip("/") + reverse("families:join")
    back = reverse("families:child", args=[link.student.public_id])
    return render(request, "portal/families/code.html", {"code": made, "until": until, "where": where, "back": back})


@allow(Permission.REGISTER_FAMILY_PAPERS)
@require_http_methods(["GET", "POST"])
def limit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Limit a guardian's access now; papers may follow within 72 hours."""
    link = _link(request, public_id)
    form = forms.SetLimit(
        request.POST or None,
        initial={"limit": link.limit, "elements": link.limit_elements, "order_on": link.limit_order_on, "ends_on": link.limit_ends_on},
    )
    if form.is_valid():
        return _done(request, link, actions.set_limit, _("The limit holds from now on."), **form.cleaned_data)
    return render(
        request,
        "portal/families/limit.html",
        {"form": form, "crumbs": _crumbs(), "back": reverse("families:child", args=[link.student.public_id])},
    )


@allow(Permission.REGISTER_FAMILY_PAPERS)
@require_http_methods(["GET", "POST"])
def papers(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The papers behind a limit came, or there are none and it ends."""
    link = _link(request, public_id)
    if not link.limit:
        raise Http404
    if request.method == "POST" and request.POST.get("answer") == "end":
        return _done(request, link, actions.end_limit, _("The limit has ended."))
    form = forms.PapersCame(request.POST or None, initial={"order_on": link.limit_order_on, "ends_on": link.limit_ends_on})
    if form.is_valid():
        return _done(request, link, actions.papers_came, _("The papers are registered."), **form.cleaned_data)
    return render(
        request,
        "portal/families/papers.html",
        {
            "form": form,
            "crumbs": _crumbs(),
            "limit": Guardianship.Limit(link.limit).label,
            "back": reverse("families:child", args=[link.student.public_id]),
        },
    )


@allow(Permission.REGISTER_FAMILY_PAPERS)
@require_http_methods(["GET", "POST"])
def question(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take down what a guardian asked by phone or at the desk about who opened the record."""
    link = _link(request, public_id)
    form = forms.TakeQuestion(request.POST or None)
    if form.is_valid():
        try:
            questions.take(link=link, words=form.cleaned_data["words"], by=request.user, at=clock.now())
        except questions.CannotAsk as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Written down. You are told by e-mail when the answer is here."))
            return redirect("families:child", link.student.public_id)
    back = reverse("families:child", args=[link.student.public_id])
    return render(
        request,
        "portal/families/question.html",
        {"form": form, "crumbs": _crumbs(), "back": back, "has_account": link.user_id is not None},
        status=422 if form.is_bound else 200,
    )


# -- Families ----------------------------------------------------------------------------------------------------------
@public(reason="a family that has a code and no account yet; nothing is shown without a valid code")
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Use the code from the school office: make an account, or add a child to the one that is signed in."""
    if not people.families_may_sign_in():
        return render(request, "account/family_sign_in_closed.html", {"district": people.district()}, status=403)
    signed_in = request.user.is_authenticated
    form = (
        forms.UseCode(request.POST or None)
        if signed_in
        else forms.Join(request.POST or None, initial={"language": translation.get_language()})
    )
    if request.method == "POST" and (refused := ratelimit.consume_or_429(request, action="portal_join", config=TRIES)):
        return refused
    if form.is_valid():
        given = form.cleaned_data
        try:
            if signed_in:
                actions.add_children(code=given["code"], by=cast(User, request.user), at=clock.now())
                messages.success(request, _("Done: you find the child on your pages."))
                return redirect("home")
            user = actions.join(at=clock.now(), **given)
        except actions.CodeNotValid:
            entries.refuse(Event.SIGN_IN_FAILED, by=request.user if signed_in else None)
            form.add_error("code", _("This code does not work. It works once and for 14 days; ask the school office for a new one."))
        except actions.CannotLink as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return perform_password_login(request, {}, Login(user=user, email=user.email))
    return render(request, "portal/families/join.html", {"form": form, "signed_in": signed_in})
