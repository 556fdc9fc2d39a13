"""The compliance officer's pages. Every page that shows entries is a look with an entry of its own."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.audit import forms, present, queries
from governance.audit.questions import NotAQuestion, Question
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow
from governance.records import door
from governance.records.scope import Reach
from governance.trail import addresses
from governance.trail import search as trail
from governance.vocabulary import Event, Permission, Relation, Role
from portal.base import clock

HAT = Role.COMPLIANCE_OFFICER
SCHOOLS_IN_ONE_SEARCH = 50


@require_http_methods(["GET", "POST"])
@allow(Permission.SEARCH_TRAIL)
def search(request: SignedInRequest) -> HttpResponse:
    """The trail, newest first, and the form to search it. A search is sent by POST, so that no name stands in an address."""
    titles = queries.lists()
    if request.method == "POST":
        form = forms.SearchForm(request.POST, lists=titles)
        if form.is_valid():
            return redirect(reverse("audit:search") + form.question.in_address())
        return render(
            request, "governance/audit/search.html", {"form": form, "student_form": forms.StudentForm(), "open": True}, status=422
        )
    question, filters = _asked(request)
    before = _before(request)
    page = trail.page(by=request.user, hat=HAT, filters=filters, before=before)
    people = queries.people_with_ids(question.people)
    around = present.Around(
        queries.actors(line.actor_id for line in page.lines), queries.numbers_of(line.grant_id for line in page.lines), titles
    )
    last = page.lines[-1] if page.has_older else None
    context = {
        "form": forms.SearchForm(initial=_typed(question, people), lists=titles),
        "student_form": forms.StudentForm(),
        "asked": present.asked_words(question, people=people, titles=titles),
        "open": question == Question() and before is None,
        "rows": [present.row(line, around) for line in page.lines],
        "found": present.found_words(page.counted) if before is None else "",
        "chart": present.chart_of(page.days),
        "first": reverse("audit:search") + question.in_address() if before else "",
        "next": reverse("audit:search") + question.in_address(before=addresses.address_of(last.at, last.id)) if last else "",
        "export": reverse("exports:ask") + question.in_address(),
    }
    return render(request, "governance/audit/search.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.SEARCH_TRAIL)
def entry(request: SignedInRequest, address: UUID) -> HttpResponse:
    """One entry in full. By POST also what its students are called: a look that their families see."""
    place = addresses.entry_at(address)
    line = trail.entry(by=request.user, hat=HAT, at=place[0], number=place[1]) if place else None
    if line is None:
        raise Http404
    students = queries.public_ids(line.record_ids or [])
    names = _names_of(request, list(students)) if request.method == "POST" and students else None
    around = present.Around(queries.actors([line.actor_id]), queries.numbers_of([line.grant_id]), queries.lists())
    about = queries.type_names([line.content_type_id]).get(line.content_type_id or 0, "")
    context = {
        "at": line.at,
        "what": present.event_words(line.kind),
        "held": present.held_status(line),
        "facts": present.facts_of(line, around, about=about, places=queries.school_names(line.places or [])),
        "changes": present.changes_of(line),
        "details": present.details_of(line),
        "students": [
            {
                "id": public_id,
                "url": reverse("audit:search") + Question(student=public_id).in_address(),
                "name": names[pk].full_name if names and pk in names else "",
            }
            for pk, public_id in students.items()
        ],
        "gone": len(set(line.record_ids or [])) - len(students),
        "asked_for_names": request.method == "POST",
        "names": names,
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
    }
    return render(request, "governance/audit/entry.html", context)


@require_POST
@allow(Permission.SEARCH_TRAIL)
def students(request: SignedInRequest) -> HttpResponse:
    """Students whose name begins like that, to take the id of one into the search. The door records the search and whom it found."""
    form = forms.StudentForm(request.POST)
    found: list[door.Opened] = []
    too_many = False
    if form.is_valid():
        places = queries.schools()
        for first in range(0, len(places), SCHOOLS_IN_ONE_SEARCH):
            answer = door.find(
                by=request.user,
                hat=HAT,
                relation=Relation.DISTRICT,
                term=form.cleaned_data["name"],
                schools=places[first : first + SCHOOLS_IN_ONE_SEARCH],
                on=clock.today(),
            )
            found += answer.students
            too_many |= answer.too_many
    ids = queries.public_ids([opened.student_id for opened in found])
    context = {
        "form": form,
        "too_many": too_many,
        "searched": form.is_valid(),
        "rows": [
            {
                "name": opened.full_name,
                "grade": opened.identity.get("grade") or "",
                "url": reverse("audit:search") + Question(student=ids[opened.student_id]).in_address(),
            }
            for opened in found
            if opened.student_id in ids
        ],
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
    }
    return render(request, "governance/audit/students.html", context, status=200 if form.is_valid() else 422)


def _asked(request: SignedInRequest) -> tuple[Question, trail.Filters]:
    """What the address asks for. Raises Http404 for an address that no page made, and for people, students and decisions that there are not."""
    try:
        question = Question.from_address(request.GET)
    except NotAQuestion as error:
        raise Http404 from error
    filters = queries.filters_of(question)
    if filters is None:
        raise Http404
    return question, filters


def _before(request: SignedInRequest) -> tuple[dt.datetime, int] | None:
    """(time, number) of the last entry of the page before; None on the first page."""
    if "before" not in request.GET:
        return None
    try:
        place = addresses.entry_at(UUID(request.GET["before"]))
    except ValueError as error:
        raise Http404 from error
    if place is None:
        raise Http404
    return place


def _typed(question: Question, people: list[User]) -> dict[str, Any]:
    """The question as somebody would type it."""
    return {
        "person": "; ".join(person.email for person in people),
        "student": question.student or "",
        "kind": question.kind,
        "purpose": question.purpose,
        "basis": question.basis,
        "element": question.element,
        "decision": f"R-{question.decision}" if question.decision is not None else "",
        "address": question.address,
        "first": question.first,
        "last": question.last,
        "request_id": question.request_id,
    }


def _names_of(request: SignedInRequest, students: list[int]) -> dict[int, door.Opened] | None:
    """What these students are called, through the door; None where the rules do not give it."""
    reading = door.read(
        by=request.user,
        reach=Reach(hat=HAT, relation=Relation.DISTRICT),
        students=students,
        event=Event.TRAIL_NAMES_OPENED,
        on=clock.today(),
        elements={"name"},
        grants=(),
    )
    return None if reading.refused else reading.students
