"""The letters of an incident, for those who handle it: figures and answers."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from breaches.incidents import queries as incidents
from breaches.letters import actions, desk_present, present, queries
from breaches.letters.desk_forms import HandleForm, ReturnedForm
from breaches.letters.models import Answer
from breaches.notices.models import Notice
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.finding import or_404
from portal.base.telling import tell


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def incident(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The notices of one incident that went out, each with the figures of its letters."""
    found = or_404(incidents.for_reader(request.user, public_id))
    context = {
        "crumbs": [{"label": str(found), "href": reverse("incidents:incident", args=[public_id])}],
        "notices": [desk_present.notice_row(notice, queries.figures_of(notice)) for notice in queries.of_incident(request.user, found)],
        "drill": found.drill,
    }
    return render(request, "breaches/letters/incident.html", context)


def notice_for(request: SignedInRequest, public_id: UUID) -> Notice:
    """One started notice, or 404."""
    return or_404(queries.for_reader(request.user, public_id))


def crumbs_of(notice: Notice) -> list[dict[str, str]]:
    """The way back from a notice's pages."""
    return [
        {"label": str(notice.incident), "href": reverse("incidents:incident", args=[notice.incident.public_id])},
        {"label": _("Letters"), "href": reverse("letters:incident", args=[notice.incident.public_id])},
    ]


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def notice(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The letters of one notice: how many were opened, what families answered."""
    return notice_page(request, notice_for(request, public_id))


def notice_page(request: SignedInRequest, found: Notice, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of a notice's letters, with a form that could not be taken."""
    context = {
        "crumbs": crumbs_of(found),
        "row": desk_present.notice_row(found, queries.figures_of(found)),
        "open": found.incident.closed_at is None and not found.drill,
        "answers": present.answer_rows(queries.answers_of(found)),
        "outcomes": Answer.Outcome.choices,
        "printings": desk_present.printing_rows(queries.printings_of(found), today=clock.today()),
        "to_print": queries.to_print(found).count(),
        "returned": ReturnedForm(),
        **more,
    }
    return render(request, "breaches/letters/notice.html", context, status=status)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def handle(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Say what became of an answer."""
    found = or_404(Answer.objects.filter(public_id=public_id, recipient__notice__in=queries.within_reach(request.user)).first())
    form = HandleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what became of it."))
        return redirect("letters:notice", found.recipient.notice.public_id)
    tell(
        request,
        lambda: actions.handle(answer=public_id, outcome=form.cleaned_data["outcome"], by=request.user, at=clock.now()),
        done=_("Written down."),
    )
    return redirect("letters:notice", found.recipient.notice.public_id)
