"""Students' records for school staff: class lists, one student, search by name, and one's own looks."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import door, present, queries, scope
from governance.records.forms import FindStudentForm, NameFilterForm
from governance.records.models import Section, Student
from governance.records.questions import queries as questions
from governance.records.questions.present import rows as question_rows
from governance.records.scope import Reach
from governance.vocabulary import Event, Permission, Relation, Role
from portal.base import clock

# What a class list shows before anything more is asked for.
LIST_ELEMENTS = frozenset({"name", "preferred-name", "grade"})
LOOKS_A_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.SEE_STUDENTS)
def students(request: SignedInRequest) -> HttpResponse:
    """Own classes and the search by name; with `?class=` that class list, opened at once, and with `?with=` what a permission adds."""
    on = clock.today()
    sections = scope.sections_taught_by(request.user, on=on)
    if "class" not in request.GET:
        return render(
            request, "governance/records/students.html", _landing(request, sections, FindStudentForm(schools=_schools(request, on)), on)
        )
    section = queries.section_of(sections, _uuid(request.GET["class"]))
    if section is None:
        door.refuse(by=request.user, hat=_hat(request, on), students=[])
        raise Http404
    return _class_list(request, section, sections, on)


@require_POST
@allow(Permission.SEE_STUDENTS)
def find(request: SignedInRequest) -> HttpResponse:
    """Students by the beginning of a name: in the own schools, or for a teacher in the own classes."""
    on = clock.today()
    sections = scope.sections_taught_by(request.user, on=on)
    place = queries.search_place(request.user, on=on)
    form = FindStudentForm(request.POST, schools=place.schools if place else ())
    context = _landing(request, sections, form, on)
    if form.is_valid():
        context["found"] = _found_in_schools(request, place, form, on) if place else _found_in_own_classes(request, sections, form, on)
    return render(request, "governance/records/students.html", context, status=200 if form.is_valid() else 422)


@require_safe
@allow(Permission.SEE_STUDENTS)
def student(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One student: what rules and permissions open, each with its ground, and what was left out and why."""
    on = clock.today()
    found = queries.student_with(public_id)
    reach = scope.staff_reach(request.user, [found.pk], on=on) if found else None
    if found is None or reach is None:
        # Recorded either way, so that the answer to a foreign and to a missing student is the same in every respect.
        door.refuse(by=request.user, hat=_hat(request, on), students=[found.pk] if found else [])
        raise Http404
    reading = door.read(by=request.user, reach=reach, students=[found.pk], event=Event.STUDENT_OPENED, on=on)
    if reading.refused:
        return render(request, "governance/records/closed.html", status=403)
    withheld = door.withheld(by=request.user, reach=reach, students=[found.pk], on=on)
    return render(request, "governance/records/student.html", _student_page(request, found, reach, reading, withheld, on))


@require_safe
@allow(Permission.SEE_STUDENTS)
def my_looks(request: SignedInRequest) -> HttpResponse:
    """What families see of the reader's own looks, and the questions that families asked about them."""
    on = clock.today()
    seen = door.own_looks(by=request.user, hat=_hat(request, on), before=_moment(request.GET.get("before")), at_most=LOOKS_A_PAGE)
    classes = queries.classes_of_students(request.user, {pk for row in seen for pk in row["record_ids"]}, on=on)
    single = {row["record_ids"][0] for row in seen if len(row["record_ids"]) == 1}
    public_ids = dict(Student.objects.filter(pk__in=single).values_list("pk", "public_id"))
    decisions = queries.decisions_behind({row["grant_id"] for row in seen if row["grant_id"]})
    purposes = queries.purpose_titles()
    return render(
        request,
        "governance/records/my_looks.html",
        {
            "crumbs": _crumbs(),
            "lines": [present.own_line(row, classes, public_ids, decisions, purposes) for row in seen],
            "older": f"?before={seen[-1]['at'].astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if len(seen) == LOOKS_A_PAGE else "",
            "later_page": "before" in request.GET,
            "questions": question_rows(questions.open_for_answering(request.user), request.user, on=on),
        },
    )


def _landing(request: SignedInRequest, sections: list[Section], form: FindStudentForm, on: dt.date) -> dict:
    counts = queries.counts_of(sections, on=on)
    roles = people.roles_of(request.user, on=on)
    return {
        "classes": present.class_cards(sections, counts),
        "teaches": Role.TEACHER in roles,
        "searches_school": any(role in roles for role in scope.SCHOOL_ROLES),
        "form": form,
        "open_questions": questions.count_open_for(request.user),
    }


def _class_list(request: SignedInRequest, section: Section, sections: list[Section], on: dt.date) -> HttpResponse:
    permissions = queries.permissions_over_section(request.user, section, on=on)
    chosen = None
    if "with" in request.GET:
        chosen = next((each for each in permissions if each.grant == _uuid(request.GET["with"])), None)
        if chosen is None:
            raise Http404
    form = NameFilterForm(request.POST if request.method == "POST" else None)
    name = form.cleaned_data["name"] if form.is_bound and form.is_valid() else ""
    everybody = scope.students_of(section, on=on)
    part = present.part_of(everybody, request.GET.get("part", ""), size=door.MOST_IN_ONE_ENTRY)
    context = {
        "section": section,
        "crumbs": _crumbs(),
        "own_url": present.class_url(section),
        "ask_url": present.ask_url(),
        "classes": present.class_cards(sections, queries.counts_of(sections, on=on), current=section),
        "form": form,
        "filtered_by": name,
        "parts": present.parts_of(section, everybody, part, size=door.MOST_IN_ONE_ENTRY),
    }
    if not part.ids:
        return render(request, "governance/records/class_list.html", context)
    reading = door.read(
        by=request.user,
        reach=Reach(hat=Role.TEACHER, relation=Relation.OWN_SECTION, sections=frozenset({section.pk})),
        students=part.ids,
        event=Event.CLASS_LIST_OPENED,
        on=on,
        elements=LIST_ELEMENTS,
        grants=[chosen.grant_id] if chosen else (),
    )
    if reading.refused:
        return render(request, "governance/records/closed.html", status=403)
    titles = queries.element_titles()
    public_ids = dict(Student.objects.filter(pk__in=part.ids).values_list("pk", "public_id"))
    context["list"] = present.class_list(reading, public_ids, titles, name=name)
    context["offers"] = present.offers(section, permissions, chosen, reading)
    context["chosen"] = present.decision_line(chosen)
    return render(request, "governance/records/class_list.html", context)


def _found_in_schools(request: SignedInRequest, place: queries.SearchPlace, form: FindStudentForm, on: dt.date) -> present.FoundList:
    found = door.find(by=request.user, hat=place.hat, relation=place.relation, term=form.cleaned_data["term"], schools=form.places(), on=on)
    public_ids = dict(Student.objects.filter(pk__in=[each.student_id for each in found.students]).values_list("pk", "public_id"))
    return present.found_in_schools(found, public_ids)


def _found_in_own_classes(request: SignedInRequest, sections: list[Section], form: FindStudentForm, on: dt.date) -> present.FoundList:
    ids = sorted(set(scope.enrolled_in([section.pk for section in sections], on=on).values_list("student_id", flat=True)))
    readings = [
        door.read(
            by=request.user,
            reach=Reach(hat=Role.TEACHER, relation=Relation.OWN_SECTION),
            students=ids[start : start + door.MOST_IN_ONE_ENTRY],
            event=Event.CLASS_LIST_OPENED,
            on=on,
            elements=LIST_ELEMENTS,
            grants=(),
        )
        for start in range(0, len(ids), door.MOST_IN_ONE_ENTRY)
    ]
    public_ids = dict(Student.objects.filter(pk__in=ids).values_list("pk", "public_id"))
    return present.found_among(readings, public_ids, form.cleaned_data["term"])


def _student_page(
    request: SignedInRequest, found: Student, reach: Reach, reading: door.Reading, withheld: Mapping[str, str], on: dt.date
) -> dict:
    titles = queries.titles()
    opened = reading.students[found.pk]
    decisions = queries.decisions_behind([ground.grant_id for ground in reading.grounds if ground.grant_id])
    sections = [section for section in scope.sections_taught_by(request.user, on=on) if section.pk in reach.sections]
    return {
        "crumbs": _crumbs(sections),
        "name": opened.full_name,
        "grade": present.grade_words(opened.identity.get("grade")),
        "groups": present.groups_of(
            reading.elements, opened, titles.elements, links=queries.links_of(found, on=on), marks=present.marks_of(reading.grounds)
        ),
        "reasons": present.reasons_of(reading.grounds, titles, decisions),
        "several": len(reading.grounds) > 1,
        "left_out": present.left_out(withheld, reading.elements, titles.elements),
        "ask_url": present.ask_url(),
    }


def _crumbs(sections: Sequence[Section] = ()) -> list[dict[str, str]]:
    """The way back: to the students, and to the class where there is one."""
    way = [{"label": gettext("Students"), "href": reverse("records:students")}]
    return way + [{"label": section.title, "href": present.class_url(section)} for section in sections[:1]]


def _schools(request: SignedInRequest, on: dt.date) -> tuple:
    place = queries.search_place(request.user, on=on)
    return place.schools if place else ()


def _hat(request: SignedInRequest, on: dt.date) -> Role | None:
    """The role in which a member of staff comes here, for entries that no reach has given one."""
    roles = people.roles_of(request.user, on=on)
    return next((role for role in (Role.TEACHER, *scope.SCHOOL_ROLES) if role in roles), None)


def _moment(text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
