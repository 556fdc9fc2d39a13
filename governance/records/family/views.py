"""What a family sees: its children, who opened a record, what is held, and a copy to keep."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.coverage import queries as coverage
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import door
from governance.records import queries as records
from governance.records.emergency import queries as emergencies
from governance.records.family import present, queries
from governance.records.family.queries import Access, Way
from governance.records.models import LookQuestion
from governance.records.present import call_name, decision_line
from governance.records.questions import actions as questions
from governance.records.questions import present as question_present
from governance.records.questions import queries as question_queries
from governance.records.questions.forms import AskForm
from governance.vocabulary import Event, Permission
from portal.base import clock

LINES_A_PAGE = 20
NEWS = dt.timedelta(days=14)  # how long an answer is new
VIEWS = ("school", "family")


def of_the_family(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the Access of the signed-in family member.

    A stranger gets 404, as for a student who does not exist, and is recorded. A known parent whom an order or the child's age keeps out
    gets a page that says so and how to object.
    """

    @functools.wraps(view)
    def checked(request: SignedInRequest, public_id: UUID, **more: Any) -> HttpResponseBase:
        on = clock.today()
        access = queries.access_to(request.user, public_id, on=on)
        if access is not None and access.way is Way.OPEN:
            return view(request, access, **more)
        student = access.student if access else records.student_with(public_id)
        door.refuse(by=request.user, hat=queries.family_hat(request.user, on=on), students=[student.pk] if student else [])
        if access is None:
            raise Http404
        return render(request, "governance/family/kept_out.html", {"passed": access.way is Way.PASSED, "crumbs": _crumbs()}, status=403)

    return checked


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
def family(request: SignedInRequest) -> HttpResponse:
    """The records this account may open, each with what is new."""
    on = clock.today()
    accesses = queries.all_of(request.user, on=on)
    since = clock.now() - NEWS
    answered = [each for each in _asked(request, accesses) if each.answered_at is not None and each.answered_at >= since]
    return render(
        request,
        "governance/family/family.html",
        {
            "children": _children(request, accesses),
            "only_self": bool(accesses) and all(access.is_self for access in accesses),
            "answers": question_present.rows(answered, request.user, on=on),
        },
    )


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def overview(request: SignedInRequest, access: Access) -> HttpResponse:
    """One record at a glance: who opened it, what is held, who may see more, what was asked."""
    on, student = clock.today(), access.student
    trail = door.open_trail(by=request.user, reach=access.reach, students=[student.pk], on=on, kept_back=access.kept_back)
    reading = _read(request, access, Event.SELF_VIEWED if access.is_self else Event.FAMILY_VIEWED)
    if trail is None or reading.refused:
        return _closed(request)
    titles = records.titles()
    counts = present.counts_of(door.look_months(trail.key), student.pk)
    permissions = [] if access.discretion.any else records.permissions_over_student(student, on=on)
    told = [decided for decided in permissions if access.kept_back.isdisjoint(decided.elements)]
    asked = _asked(request, [access])
    context = frame(access, trail.students[student.pk], "overview") | {
        "counts": counts,
        "times": present.times_words(counts),
        "holdings": present.holdings(reading, student.pk, titles, links=records.links_of(student, on=on), discretion=access.discretion),
        "permissions": [decision_line(decided) for decided in told],
        "questions": question_present.rows(asked, request.user, on=on),
    }
    return render(request, "governance/family/overview.html", context)


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def looks(request: SignedInRequest, access: Access) -> HttpResponse:
    """Who opened the record, newest first: by the schools, or by the family itself. One committed entry a view."""
    on, student = clock.today(), access.student
    which = request.GET.get("who", VIEWS[0])
    if which not in VIEWS:
        raise Http404
    below = _number(request.GET.get("below"))
    trail = door.open_trail(by=request.user, reach=access.reach, students=[student.pk], on=on, kept_back=access.kept_back)
    if trail is None:
        return _closed(request)
    rows = door.looks(trail.key, which=which, below=below, at_most=LINES_A_PAGE)
    months = door.look_months(trail.key)
    name = call_name(trail.students[student.pk])
    counts = present.counts_of(months, student.pk)
    oldest = rows[-1]["number"] if rows else 1
    context = frame(access, trail.students[student.pk], "looks") | {
        "which": which,
        "lines": present.look_lines(rows, access, name, _known(request, access, rows)),
        "counts": counts,
        "times": present.times_words(counts),
        "chart": present.month_chart(months, student.pk, name=name, on=on)
        if which == "school" and below is None and counts.opened
        else None,
        "older": f"?who={which}&below={oldest}" if oldest > 1 else "",
        "newest": f"?who={which}" if below is not None else "",
        "systems": coverage.systems(),
    }
    return render(request, "governance/family/looks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def ask(request: SignedInRequest, access: Access, number: int) -> HttpResponse:
    """Ask about one line of who opened the record, by its number on that page."""
    on, student = clock.today(), access.student
    trail = door.open_trail(by=request.user, reach=access.reach, students=[student.pk], on=on, kept_back=access.kept_back)
    rows = door.looks(trail.key, which="school", below=number + 1, at_most=1) if trail else []
    row = next((each for each in rows if each["number"] == number and each["who"] in {"staff", "portal"}), None)
    if trail is None or row is None or access.kept_back:
        raise Http404
    name = call_name(trail.students[student.pk])
    form = AskForm(request.POST or None)
    # Lines may be added or shown between two pages: what is asked about is the line that was read.
    if request.method == "POST" and request.POST.get("line") != row["at"].isoformat():
        messages.warning(request, _("The list has changed since you opened it. Please choose the line again."))
        return redirect("family:looks", student.public_id)
    if form.is_valid():
        try:
            questions.ask(student=student, look=row, words=form.cleaned_data["words"], by=request.user, at=clock.now())
        except questions.CannotAsk as refused:
            messages.error(request, refused.what_to_do)
        else:
            messages.success(request, _("Your question is on its way. The answer will stand on this page, and we will write to you."))
        return redirect("family:looks", student.public_id)
    line = present.look_lines([row], access, name, _known(request, access, [row]))[0]
    context = frame(access, trail.students[student.pk], "looks") | {"line": line, "line_at": row["at"].isoformat(), "form": form}
    return render(request, "governance/family/ask.html", context, status=422 if form.is_bound else 200)


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def data(request: SignedInRequest, access: Access) -> HttpResponse:
    """What is held, value by value."""
    reading = _read(request, access, Event.SELF_VIEWED if access.is_self else Event.FAMILY_VIEWED)
    if reading.refused:
        return _closed(request)
    context = frame(access, reading.students[access.student.pk], "data") | {"holdings": _holdings(access, reading)}
    return render(request, "governance/family/data.html", context)


@require_POST
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def download(request: SignedInRequest, access: Access, form: str) -> HttpResponse:
    """A copy to keep, as a page, a spreadsheet or for a program. No file name names a child."""
    if form not in _COPIES:
        raise Http404
    reading = _read(request, access, Event.RECORD_DOWNLOADED)
    if reading.refused:
        return _closed(request)
    now, found = clock.now(), _holdings(access, reading)
    content_type, make = _COPIES[form]
    response = HttpResponse(make(found, reading.students[access.student.pk].full_name, now), content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="student-record-{clock.today():%Y-%m-%d}.{form}"'
    return response


def _page_copy(found: list[present.Holding], name: str, now: Any) -> str:
    return render_to_string("governance/family/copy.html", {"holdings": found, "name": name, "made_at": now, "district": people.district()})


def _csv_copy(found: list[present.Holding], name: str, now: Any) -> str:
    return present.csv_copy(present.copy_rows(found))


def _json_copy(found: list[present.Holding], name: str, now: Any) -> str:
    district = people.district()
    return present.json_copy(present.copy_rows(found), made_at=now, district=district.name if district else "")


_COPIES: dict[str, tuple[str, Callable[[list[present.Holding], str, Any], str]]] = {
    "html": ("text/html", _page_copy),
    "csv": ("text/csv", _csv_copy),
    "json": ("application/json", _json_copy),
}


def _children(request: SignedInRequest, accesses: list[Access]) -> list[present.Child]:
    """The records with their names and what is new: one entry for all children, and one for the own record."""
    on = clock.today()
    names: dict[int, str] = {}
    counts: dict[int, present.Counts] = {}
    for is_self in (True, False):
        group = [access for access in accesses if access.way is Way.OPEN and access.is_self is is_self]
        if not group:
            continue
        kept_back = frozenset[str]().union(*(access.kept_back for access in group))
        ids = [access.student.pk for access in group]
        trail = door.open_trail(by=request.user, reach=group[0].reach, students=ids, on=on, kept_back=kept_back)
        if trail is not None:
            months = door.look_months(trail.key)
            names |= {pk: trail.students[pk].full_name for pk in ids}
            counts |= {pk: present.counts_of(months, pk) for pk in ids}
    return [present.child(access, names.get(access.student.pk, ""), counts.get(access.student.pk)) for access in accesses]


def _asked(request: SignedInRequest, accesses: list[Access]) -> list[LookQuestion]:
    """Own questions about open records. Answers name staff, so what was asked before an order came that hides people, or before the record
    closed to this person, is not shown."""
    told = [access.student for access in accesses if access.way is Way.OPEN and not access.discretion.hides_people]
    return question_queries.asked_by(request.user, told)


def _read(request: SignedInRequest, access: Access, event: Event) -> door.Reading:
    return door.read(
        by=request.user,
        reach=access.reach,
        students=[access.student.pk],
        event=event,
        on=clock.today(),
        grants=(),
        kept_back=access.kept_back,
    )


def _holdings(access: Access, reading: door.Reading) -> list[present.Holding]:
    links = records.links_of(access.student, on=clock.today())
    return present.holdings(reading, access.student.pk, records.titles(), links=links, discretion=access.discretion)


def _known(request: SignedInRequest, access: Access, rows: list[dict[str, Any]]) -> present.Known:
    return present.Known(
        people=records.actors(row["actor_id"] for row in rows),
        titles=records.titles(),
        decisions=records.decisions_behind({row["grant_id"] for row in rows if row["grant_id"]}),
        questions=_asked(request, [access]),
        emergencies=emergencies.of_student(access.student),
        reader=request.user,
        on=clock.today(),
    )


def frame(access: Access, opened: door.Opened, here: str) -> dict[str, Any]:
    """What every page of one record has: its name, the ways between its pages, and whether something is kept back."""
    return {
        "name": call_name(opened),
        "full_name": opened.full_name,
        "is_self": access.is_self,
        "public_id": access.student.public_id,
        "here": here,
        "crumbs": _crumbs(is_self=access.is_self),
        "kept_back": bool(access.kept_back),
        "hides": access.discretion,
    }


def _crumbs(*, is_self: bool = False) -> list[dict[str, str]]:
    return [{"label": _("My record") if is_self else _("My children"), "href": reverse("family:family")}]


def _closed(request: SignedInRequest) -> HttpResponse:
    return render(request, "governance/family/closed.html", status=403)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 12:
        raise Http404
    return int(text)
