"""The compliance officer's pages. Every page that shows entries is a look with an entry of its own."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.audit import actions, forms, present, queries
from governance.audit.models import SavedSearch
from governance.audit.questions import NotAQuestion, Question
from governance.auditors.policies import open_to_auditors
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
_LAST_NUMBER = 2**63 - 1


@require_http_methods(["GET", "POST"])
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
@open_to_auditors(reason="a search is sent by POST, so that no name stands in an address; it leads to the page of what was found")
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
    sight = queries.sight_of(request.user)
    question, filters = _asked(request, sight)
    page = _page(request, sight, filters)
    people = queries.people_with_ids(question.people)
    here = reverse("audit:search")
    context = {
        "form": forms.SearchForm(initial=_typed(question, people), lists=titles),
        "student_form": None if sight.is_auditor else forms.StudentForm(),
        "is_auditor": sight.is_auditor,
        "asked": present.asked_words(question, people=people, titles=titles),
        "open": question == Question() and not _is_behind(request),
        "rows": _rows(page, titles),
        "export": reverse("exports:ask") + question.in_address() if sight.may_export else "",
        "save": reverse("audit:saved-new") + question.in_address(),
        "saved": [] if sight.is_auditor else [present.saved_row(one, reader=request.user) for one in queries.searches_of(request.user)],
        **_around(request, page, here, question),
    }
    return render(request, "governance/audit/search.html", context)


@require_safe
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
def person(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Everything that one person did, day by day, sign-ins among it."""
    sight = queries.sight_of(request.user)
    somebody = queries.person_with_id(public_id)
    if somebody is None or set(request.GET) - {"before", "after"}:
        raise Http404
    page = _page(request, sight, trail.Filters(actors=(somebody.pk,), within=sight.within), event=Event.TRAIL_PERSON_VIEWED)
    name = somebody.name or _("Student's account %(id)s") % {"id": somebody.public_id}
    context = {
        "name": name,
        "title": somebody.title,
        "days": present.days_of(_rows(page, queries.lists())),
        "search": reverse("audit:search") + Question(people=(public_id,)).in_address(),
        "about": reverse("audit:search") + Question(reference=public_id).in_address(),
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
        **_around(request, page, reverse("audit:person", args=[public_id]), by_month=True),
    }
    return render(request, "governance/audit/person.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
@open_to_auditors(reason="it opens a name, where the audit's scope allows it, and changes nothing")
def student(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Everything that happened to one student's record, day by day. By POST also the name: a look that the family sees."""
    sight = queries.sight_of(request.user)
    pk = queries.student_with_id(public_id)
    if pk is None or set(request.GET) - {"before", "after"}:
        raise Http404
    page = _page(request, sight, trail.Filters(students=(pk,), within=sight.within), event=Event.TRAIL_STUDENT_VIEWED)
    names = _names_asked_for(request, sight, [pk] if page.lines or sight.within is None else [])
    context = {
        "public_id": public_id,
        "days": present.days_of(_rows(page, queries.lists())),
        "name": names[pk].full_name if names and pk in names else "",
        "asked_for_names": request.method == "POST",
        "may_see_names": sight.may_see_names,
        "search": reverse("audit:search") + Question(student=public_id).in_address(),
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
        **_around(request, page, reverse("audit:student", args=[public_id]), by_month=True),
    }
    return render(request, "governance/audit/student.html", context)


@require_safe
@allow(Permission.SEARCH_TRAIL)
def saved(request: SignedInRequest) -> HttpResponse:
    """Searches that were kept: one's own and those that colleagues share."""
    rows = [present.saved_row(one, reader=request.user) for one in queries.searches_of(request.user)]
    return render(
        request, "governance/audit/saved.html", {"rows": rows, "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}]}
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.SEARCH_TRAIL)
def save(request: SignedInRequest) -> HttpResponse:
    """Keep what the address asks for, by name. It looks for nothing."""
    question, _filters = _asked(request, queries.sight_of(request.user))
    form = forms.SaveForm(request.POST or None)
    if form.is_valid():
        try:
            actions.save_search(question=question, by=request.user, at=clock.now(), **form.cleaned_data)
        except actions.CannotSave as refusal:
            form.add_error("name", refusal.what_to_do)
        else:
            messages.success(request, _("The search is saved."))
            return redirect("audit:saved")
    context = {
        "form": form,
        "asked": present.asked_words(question, people=queries.people_with_ids(question.people), titles=queries.lists()),
        "action": request.get_full_path(),
        "back": reverse("audit:search") + question.in_address(),
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
    }
    return render(request, "governance/audit/save.html", context, status=422 if form.is_bound else 200)


@require_safe
@allow(Permission.SEARCH_TRAIL)
def run_saved(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The search that was kept, as it is asked today: its days counted from now. The page it leads to is a look like any other."""
    found = queries.searches_of(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    question = present.asked_now(found, Question.from_address(QueryDict(found.question)), clock.today())
    if queries.filters_of(question) is None:
        messages.warning(
            request, _("This search asks for a person, a student or a request that is no longer there. Delete it and save a new one.")
        )
        return redirect("audit:saved")
    return redirect(reverse("audit:search") + question.in_address())


@require_POST
@allow(Permission.SEARCH_TRAIL)
def delete_saved(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Delete a search of one's own."""
    try:
        actions.delete_search(search=public_id, by=request.user)
    except SavedSearch.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The search is deleted. The entries of its runs stay."))
    return redirect("audit:saved")


@require_http_methods(["GET", "POST"])
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
@open_to_auditors(reason="it opens names, where the audit's scope allows it, and changes nothing")
def entry(request: SignedInRequest, address: UUID) -> HttpResponse:
    """One entry in full. By POST also what its students are called: a look that their families see."""
    sight = queries.sight_of(request.user)
    place = addresses.entry_at(address)
    line = trail.entry(by=request.user, hat=sight.hat, at=place[0], number=place[1], within=sight.within) if place else None
    if line is None:
        raise Http404
    students = queries.public_ids(line.record_ids or [])
    names = _names_asked_for(request, sight, list(students))
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
                "url": reverse("audit:student", args=[public_id]),
                "name": names[pk].full_name if names and pk in names else "",
            }
            for pk, public_id in students.items()
        ],
        "gone": len(set(line.record_ids or [])) - len(students),
        "asked_for_names": request.method == "POST",
        "may_see_names": sight.may_see_names,
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
                "url": reverse("audit:student", args=[ids[opened.student_id]]),
            }
            for opened in found
            if opened.student_id in ids
        ],
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
    }
    return render(request, "governance/audit/students.html", context, status=200 if form.is_valid() else 422)


def _asked(request: SignedInRequest, sight: queries.Sight | None = None) -> tuple[Question, trail.Filters]:
    """What the address asks for. Raises Http404 for an address that no page made, and for people, students and decisions that there are not."""
    try:
        question = Question.from_address(request.GET)
    except NotAQuestion as error:
        raise Http404 from error
    filters = queries.filters_of(question, within=sight.within if sight else None)
    if filters is None:
        raise Http404
    return question, filters


def _page(request: SignedInRequest, sight: queries.Sight, filters: trail.Filters, *, event: Event = Event.TRAIL_SEARCHED) -> trail.Page:
    """The page that the address asks for: the newest entries, or those before or after a place. Raises Http404 for a place that is none."""
    before, after = _place(request, "before"), _place(request, "after")
    if before and after:
        raise Http404
    return trail.page(by=request.user, hat=sight.hat, filters=filters, before=before, after=after, event=event)


def _place(request: SignedInRequest, name: str) -> trail.Place | None:
    """(time, number) from which the page goes on; None where the address does not say."""
    if name not in request.GET:
        return None
    try:
        place = addresses.entry_at(UUID(request.GET[name]))
    except ValueError as error:
        raise Http404 from error
    if place is None:
        raise Http404
    return place


def _is_behind(request: SignedInRequest) -> bool:
    return bool({"before", "after"} & set(request.GET))


def _rows(page: trail.Page, titles: queries.Lists) -> list[present.Row]:
    around = present.Around(
        queries.actors(line.actor_id for line in page.lines), queries.numbers_of(line.grant_id for line in page.lines), titles
    )
    return [present.row(line, around) for line in page.lines]


def _around(
    request: SignedInRequest, page: trail.Page, here: str, question: Question | None = None, *, by_month: bool = False
) -> dict[str, Any]:
    """What stands around a page of entries: how many, the chart, and the ways on. `here` is its address without a query."""
    asked = question or Question()

    def at(**place: object) -> str:
        return here + asked.in_address(**place)

    older = page.lines[-1] if page.lines and page.has_older else None
    newer = page.lines[0] if page.lines and page.has_newer else None
    # Going on from where a search ended early: behind the last moment that was looked at, in its direction.
    further = page.reached and (
        {"after": addresses.address_of(page.reached - dt.timedelta(microseconds=1), _LAST_NUMBER)}
        if "after" in request.GET
        else {"before": addresses.address_of(page.reached, 1)}
    )
    return {
        "found": "" if _is_behind(request) else present.found_words(page),
        "chart": present.chart_of(page.days, by_month=by_month),
        "each_day": present.each_day(page.days),
        "newest": at() if _is_behind(request) else "",
        "newer": at(after=addresses.address_of(newer.at, newer.id)) if newer else "",
        "older": at(before=addresses.address_of(older.at, older.id)) if older else "",
        "reached": page.reached,
        "further": at(**further) if further else "",
    }


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
        "reference": present.reference_words(question),
        "address": question.address,
        "first": question.first,
        "last": question.last,
        "request_id": question.request_id,
    }


def _names_asked_for(request: SignedInRequest, sight: queries.Sight, students: list[int]) -> dict[int, door.Opened] | None:
    """What these students are called, where the page was asked for it by POST: through the door, so that their families see it.

    None where it was not asked, the rules do not give it or nobody of them lies within an audit's scope. Raises PermissionDenied where that
    scope holds no names.
    """
    if request.method != "POST" or not students:
        return None
    if not sight.may_see_names:
        raise PermissionDenied
    students = queries.students_within(sight, students)
    if not students:
        return None
    reading = door.read(
        by=request.user,
        reach=Reach(hat=sight.hat, relation=Relation.DISTRICT),
        students=students,
        event=Event.TRAIL_NAMES_OPENED,
        on=clock.today(),
        elements={"name"},
        grants=(),
    )
    return None if reading.refused else reading.students
