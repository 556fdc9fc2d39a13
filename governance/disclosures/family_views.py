"""What a family sees of the record of disclosures: who outside the schools got information about the child (34 CFR 99.32(c)(1))."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from governance.disclosures import door, present
from governance.disclosures.views import LINES_A_PAGE, before_in
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import queries as records
from governance.records.family.queries import Access
from governance.records.family.views import frame, of_the_family
from governance.vocabulary import Event, Permission
from portal.base import clock

MOST_IN_A_COPY = 10_000


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def disclosures(request: SignedInRequest, access: Access) -> HttpResponse:
    """Who got information, newest first."""
    before = before_in(request)
    opened = _open(request, access, Event.DISCLOSURES_VIEWED)
    if opened is None:
        return render(request, "governance/family/closed.html", status=403)
    rows = opened.lines(before=before, at_most=LINES_A_PAGE + 1)
    below = present.address_below(rows, shown=LINES_A_PAGE)
    context = frame(access, opened.students[access.student.pk], "disclosures") | {
        "lines": present.family_lines(rows[:LINES_A_PAGE], records.titles()),
        "next": f"?before={below}" if below else "",
        "first": request.path if before else "",
    }
    return render(request, "governance/disclosures/family.html", context)


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def disclosures_print(request: SignedInRequest, access: Access) -> HttpResponse:
    """The same, whole and for paper."""
    opened = _open(request, access, Event.DISCLOSURES_VIEWED)
    if opened is None:
        return render(request, "governance/family/closed.html", status=403)
    context = frame(access, opened.students[access.student.pk], "disclosures")
    context |= {"lines": _all_lines(opened), "made_at": clock.now()}
    return render(request, "governance/disclosures/family_print.html", context)


@require_POST
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def download(request: SignedInRequest, access: Access, form: str) -> HttpResponse:
    """A copy to keep, for a spreadsheet or a program. No file name names a child."""
    if form not in _COPIES:
        raise Http404
    opened = _open(request, access, Event.DISCLOSURES_DOWNLOADED)
    if opened is None:
        return render(request, "governance/family/closed.html", status=403)
    content_type, make = _COPIES[form]
    response = HttpResponse(make(present.flat_rows(_all_lines(opened))), content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="who-got-information-{clock.today():%Y-%m-%d}.{form}"'
    return response


def _open(request: SignedInRequest, access: Access, event: Event) -> door.Opened | None:
    return door.open_for_family(by=request.user, access=access, event=event, on=clock.today())


def _all_lines(opened: door.Opened) -> list[present.Line]:
    rows: list[dict[str, Any]] = []
    before = None
    while len(rows) < MOST_IN_A_COPY:
        page = opened.lines(before=before, at_most=1000)
        rows += page
        if len(page) < 1000:
            break
        before = (page[-1]["happened_on"], page[-1]["id"])
    return present.family_lines(rows, records.titles())


def _json(rows: list[dict[str, str]]) -> str:
    district = people.district()
    return present.json_copy(rows, made_at=clock.now(), district=district.name if district else "")


_COPIES: dict[str, tuple[str, Callable[[list[dict[str, str]]], str]]] = {
    "csv": ("text/csv", present.csv_copy),
    "json": ("application/json", _json),
}
