"""The record of disclosures for who keeps it and who checks it."""

import datetime as dt
import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from governance.disclosures import actions, door, forms, present, queries, rules
from governance.disclosures.queries import Desk
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow
from governance.records import door as records_door
from governance.records import queries as records
from governance.records.models import Student
from governance.records.present import grade_words
from governance.trail import addresses
from governance.vocabulary import Event, Permission
from portal.base import clock

LINES_A_PAGE = 50
SCHOOLS_IN_ONE_SEARCH = 50


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.SEE_DISCLOSURES)
def disclosures(request: SignedInRequest) -> HttpResponse:
    """Find a student's record of disclosures by name; for who oversees them also the newest of the district."""
    desk = _desk(request.user)
    form = forms.FindStudent(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "may_record": _may_record(request.user)}
    if form.is_valid():
        found, too_many = _find(request.user, desk, form.cleaned_data["term"])
        context |= {"searched": True, "too_many": too_many, "found": [_choice(opened, ids) for opened, ids in found]}
    elif desk.sees_held and not form.is_bound:
        before = before_in(request)
        rows = door.made_between(by=request.user, hat=desk.hat, since=None, until=None, before=before, at_most=LINES_A_PAGE + 1)
        below = present.address_below(rows, shown=LINES_A_PAGE)
        context |= {
            "made": present.made_rows(rows[:LINES_A_PAGE], records.titles().bases),
            "next": f"?before={below}" if below else "",
            "first": reverse("disclosures:disclosures") if before else "",
        }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "governance/disclosures/disclosures.html", context, status=status)


@require_safe
@allow(Permission.SEE_DISCLOSURES)
def student(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One student's record of disclosures: a look that the family sees."""
    return _record_of(request, public_id, "governance/disclosures/student.html")


@require_safe
@allow(Permission.SEE_DISCLOSURES)
def student_print(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The same, whole and for paper."""
    return _record_of(request, public_id, "governance/disclosures/student_print.html", whole=True)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.RECORD_DISCLOSURES)
def record(request: SignedInRequest) -> HttpResponse:
    """Write down a disclosure: choose students by name, then say who, what, why and how."""
    desk = _recording_desk(request.user)
    sent = request.method == "POST"
    chosen = queries.students_at(desk, forms.chosen_in(request.POST.getlist("students") if sent else request.GET.getlist("student")))
    finding = sent and "find" in request.POST
    form = forms.RecordForm(request.POST, request.FILES) if sent and not finding else forms.RecordForm(initial=_typed(request, sent=sent))
    if sent and not finding and form.is_valid():
        try:
            actions.record(
                key=form.cleaned_data["key"],
                students=chosen,
                said=form.said(),
                desk=desk,
                by=request.user,
                at=clock.now(),
                today=clock.today(),
            )
        except actions.CannotRecord as refused:
            form.add_error(None, refused.what_to_do)
        else:
            said = ngettext("Written down for %(count)d student.", "Written down for %(count)d students.", len(chosen)) % {
                "count": len(chosen)
            }
            messages.success(request, said)
            if len(chosen) == 1:
                return redirect("disclosures:student", chosen[0].public_id)
            return redirect("disclosures:disclosures")
    finder = forms.FindStudent(request.POST if finding else None)
    context: dict[str, Any] = {"form": form, "finder": finder, "chosen": _names_of(request.user, desk, chosen), "crumbs": _crumbs()}
    if finding and finder.is_valid():
        found, too_many = _find(request.user, desk, finder.cleaned_data["term"])
        marked = {str(each.public_id) for each in chosen}
        rows = [row for opened, ids in found if (row := _choice(opened, ids))["id"] not in marked]
        context |= {"searched": True, "too_many": too_many, "found": rows}
    return render(request, "governance/disclosures/record.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.RECORD_DISCLOSURES)
def mistake(request: SignedInRequest, public_id: UUID, line: UUID) -> HttpResponse:
    """Say on a line that it is wrong. It stays, and says so."""
    desk = _recording_desk(request.user)
    found = queries.student_at(desk, public_id)
    if found is None:
        raise Http404
    form = forms.MistakeForm(request.POST or None)
    if form.is_valid():
        actions.mark_mistaken(
            student=found, disclosure=line, because=form.cleaned_data["because"], desk=desk, by=request.user, at=clock.now()
        )
        messages.success(request, _("The line says now that it is wrong."))
        return redirect("disclosures:student", found.public_id)
    context = {"form": form, "crumbs": _crumbs(), "back": reverse("disclosures:student", args=[found.public_id])}
    return render(request, "governance/disclosures/mistake.html", context, status=422 if form.is_bound else 200)


def _record_of(request: SignedInRequest, public_id: UUID, template: str, *, whole: bool = False) -> HttpResponse:
    desk = _desk(request.user)
    found = queries.student_at(desk, public_id)
    if found is None:
        # Recorded either way, so that a foreign and a missing student answer alike.
        foreign = records.student_with(public_id)
        records_door.refuse(by=request.user, hat=desk.hat, students=[foreign.pk] if foreign else [], elements={"disclosures"})
        raise Http404
    opened = door.open_for_staff(
        by=request.user, hat=desk.hat, students=[found.pk], event=Event.DISCLOSURES_VIEWED, sees_held=desk.sees_held
    )
    before = None if whole else before_in(request)
    rows = opened.lines(before=before, at_most=1000 if whole else LINES_A_PAGE + 1)
    shown = len(rows) if whole else LINES_A_PAGE
    below = present.address_below(rows, shown=shown)
    titles = records.titles()
    people = records.actors(row["recorded_by"] for row in rows)
    may_record = _may_record(request.user)
    name = opened.students[found.pk]
    context = {
        "crumbs": _crumbs(),
        "name": name.full_name,
        "grade": grade_words(name.identity.get("grade")),
        "public_id": found.public_id,
        "lines": present.staff_lines(rows[:shown], titles, people, student=found, may_mark=may_record and not whole),
        "next": f"?before={below}" if below else "",
        "first": reverse("disclosures:student", args=[found.public_id]) if before else "",
        "may_record": may_record,
        "made_at": clock.now(),
    }
    return render(request, template, context)


def _desk(user: User) -> Desk:
    desk = queries.desk_of(user, on=clock.today())
    if desk is None:
        raise PermissionDenied
    return desk


def _recording_desk(user: User) -> Desk:
    desk = queries.desk_of(user, on=clock.today(), hats=queries.RECORDERS)
    if desk is None:
        raise PermissionDenied
    return desk


def _may_record(user: User) -> bool:
    return queries.desk_of(user, on=clock.today(), hats=queries.RECORDERS) is not None


def _find(user: User, desk: Desk, term: str) -> tuple[list[tuple[records_door.Opened, UUID]], bool]:
    """Students of the desk's schools by the beginning of a name. The door records the search and whom it showed."""
    places = queries.places_of(desk)
    found: list[records_door.Opened] = []
    too_many = False
    for first in range(0, len(places), SCHOOLS_IN_ONE_SEARCH):
        answer = records_door.search(
            by=user,
            hat=desk.hat,
            term=term,
            schools=places[first : first + SCHOOLS_IN_ONE_SEARCH],
            purpose=rules.PURPOSE,
            basis=rules.BASIS,
            rule_version=rules.RULE,
        )
        found += answer.students
        too_many |= answer.too_many
    ids = dict(Student.objects.filter(pk__in=[opened.student_id for opened in found]).values_list("pk", "public_id"))
    return [(opened, ids[opened.student_id]) for opened in found if opened.student_id in ids], too_many


def _choice(opened: records_door.Opened, public_id: UUID) -> dict[str, str]:
    return {
        "id": str(public_id),
        "name": opened.full_name,
        "grade": grade_words(opened.identity.get("grade")),
        "url": reverse("disclosures:student", args=[public_id]),
    }


def _names_of(user: User, desk: Desk, chosen: list[Student]) -> list[dict[str, str]]:
    """What the chosen students are called: a look at their records of disclosures."""
    if not chosen:
        return []
    ids = {student.pk: student.public_id for student in chosen}
    opened = door.open_for_staff(by=user, hat=desk.hat, students=list(ids), event=Event.DISCLOSURES_VIEWED, sees_held=False)
    return [_choice(each, ids[each.student_id]) for each in opened.students.values()]


def _typed(request: HttpRequest, *, sent: bool) -> dict[str, Any]:
    """What stood in the form when somebody looked for one more student: nothing of it is lost."""
    if not sent:
        return {"key": uuid.uuid4(), "happened_on": clock.today()}
    return {name: request.POST.getlist(name) if name == "elements" else request.POST.get(name) for name in forms.RecordForm.base_fields}


def before_in(request: HttpRequest) -> tuple[dt.date, int] | None:
    """The line below which a page begins, out of its address. Raises Http404 for one that was made up."""
    given = request.GET.get("before")
    if given is None:
        return None
    try:
        place = addresses.entry_at(UUID(given))
    except ValueError:
        place = None
    if place is None:
        raise Http404
    return place[0].date(), place[1]


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Disclosures"), "href": reverse("disclosures:disclosures")}]
