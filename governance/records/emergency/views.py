"""Breaking the glass: search, say the danger, read; and the review by others."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import door
from governance.records import queries as records
from governance.records.emergency import actions, present, queries, rules
from governance.records.emergency.forms import DeclareForm
from governance.records.forms import FindStudentForm
from governance.records.models import EmergencyOpening, Student
from governance.vocabulary import Permission
from portal.base import clock


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.SEE_STUDENTS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def emergency(request: SignedInRequest) -> HttpResponse:
    """Find the student by name, in the schools of the reader's roles."""
    place = records.emergency_place(request.user, on=clock.today())
    form = FindStudentForm(request.POST or None, schools=place.schools if place else ())
    context = {
        "crumbs": _crumbs(),
        "form": form,
        "open_now": present.open_links(queries.open_now(request.user, at=clock.now())),
        "hours": _hours(),
    }
    if place is not None and form.is_valid():
        found = actions.search(term=form.cleaned_data["term"], schools=form.places(), by=request.user, hat=place.hat)
        students = Student.objects.select_related("school").in_bulk([each.student_id for each in found.students])
        context |= {"found": found, "declare": DeclareForm(found=present.choices(found, students)) if found.students else None}
    return render(request, "governance/records/emergency.html", context, status=422 if form.is_bound and not form.is_valid() else 200)


@require_POST
@allow(Permission.SEE_STUDENTS)
@reauthentication_required(enabled=lambda request: not settings.DEMO)
def declare(request: SignedInRequest) -> HttpResponse:
    """Keep the danger and open the record at once."""
    place = records.emergency_place(request.user, on=clock.today())
    form = DeclareForm(request.POST)
    if not form.is_valid():
        search = FindStudentForm(schools=place.schools if place else ())
        context = {"crumbs": _crumbs(), "form": search, "declare": form if form["student"].value() else None, "hours": _hours()}
        return render(request, "governance/records/emergency.html", context, status=422)
    student = records.student_with(form.cleaned_data["student"])
    if place is None or student is None or student.left_on is not None or student.school_id not in {school.pk for school in place.schools}:
        door.refuse(by=request.user, hat=place.hat if place else None, students=[student.pk] if student else [])
        raise Http404
    opening = actions.declare(
        student=student,
        reason=form.cleaned_data["reason"],
        words=form.cleaned_data["words"],
        by=request.user,
        hat=place.hat,
        at=clock.now(),
    )
    return redirect("records:emergency-sheet", opening.public_id)


@require_safe
@allow(Permission.SEE_STUDENTS)
def sheet(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What the emergency opened, until it closes."""
    opening = queries.opening_of(request.user, public_id)
    if opening is None:
        raise Http404
    reading = actions.read(opening=opening, by=request.user, at=clock.now())
    if reading is None:
        return render(request, "governance/records/emergency_closed.html", {"closes_at": opening.closes_at}, status=403)
    titles = records.element_titles()
    careful = queries.limited_guardians(opening.student, on=clock.today())
    return render(
        request,
        "governance/records/emergency_sheet.html",
        {"crumbs": _crumbs(), "sheet": present.sheet(reading, opening.student, titles, careful), "closes_at": opening.closes_at},
    )


@require_safe
@allow(Permission.DECIDE_REQUESTS, Permission.SEARCH_TRAIL)
def reviews(request: SignedInRequest) -> HttpResponse:
    """All openings, those that nobody has looked at first."""
    found = queries.openings()
    readable = queries.readable_by(request.user, found, on=clock.today())
    return render(request, "governance/records/emergency_reviews.html", {"rows": present.opening_rows(found, request.user, readable)})


@require_POST
@allow(Permission.DECIDE_REQUESTS, Permission.SEARCH_TRAIL)
def review(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Mark an opening as reviewed."""
    try:
        actions.review(public_id=public_id, by=request.user, at=clock.now())
    except EmergencyOpening.DoesNotExist:
        raise Http404 from None
    except actions.CannotReview as refused:
        messages.error(request, refused.what_to_do)
    else:
        messages.success(request, _("Thank you. Your review is kept."))
    return redirect("records:emergency-reviews")


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Students"), "href": reverse("records:students")}]


def _hours() -> int:
    return int(rules.OPEN_FOR.total_seconds() // 3600)
