"""The page "for experts" below who opened a record: all proofs of a year in one file. For families, and for who checks the trail."""

import tempfile
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.packs import actions, forms, present, queries, reading, zips
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records.door import Opened
from governance.records.family.queries import Access
from governance.records.family.views import frame, of_the_family
from governance.records.models import Student
from governance.vocabulary import Event, Permission, Role
from portal.base import clock, vault
from portal.base.finding import or_404

MOST_AT_ONCE = 2000  # lines; more are made in the background
_TYPE = "application/zip"


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def family(request: SignedInRequest, access: Access) -> HttpResponseBase:
    """Explain, choose the year, take the pack or wait for it. Where an order keeps something back, the whole lines are not to be had."""
    context = frame(access, _nameless(access), "looks") | {"own": reverse("packs:family", args=[access.student.public_id])}
    if access.kept_back:
        return render(request, "governance/packs/kept_back.html", context, status=403)
    return _page(request, access.student, context, as_auditor=False)


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def family_file(request: SignedInRequest, access: Access, pack: UUID) -> HttpResponseBase:
    """The reader's own pack that was made in the background. The right is asked anew: an order may have come since."""
    if access.kept_back:
        raise Http404
    return _file(request, access.student, pack, as_auditor=False, hat=access.reach.hat)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
def audit(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    """The same for who checks the trail: every entry that names the student, held ones too, as far as their scope reaches."""
    student = or_404(queries.student_with(public_id))
    context = {
        "crumbs": [{"label": _("Audit"), "href": reverse("audit:search")}],
        "own": reverse("packs:audit", args=[public_id]),
        "student_id": public_id,
    }
    return _page(request, student, context, as_auditor=True)


@require_safe
@allow(Permission.SEARCH_TRAIL, Permission.AUDIT_READ)
def audit_file(request: SignedInRequest, public_id: UUID, pack: UUID) -> HttpResponseBase:
    """An own pack of somebody who checks the trail."""
    student = or_404(queries.student_with(public_id))
    roles = people.roles_of(request.user, on=clock.today())
    hat = Role.COMPLIANCE_OFFICER if Role.COMPLIANCE_OFFICER in roles else Role.AUDITOR
    return _file(request, student, pack, as_auditor=True, hat=hat)


def _page(request: SignedInRequest, student: Student, context: dict[str, Any], *, as_auditor: bool) -> HttpResponseBase:
    district = people.district()
    years = reading.years(since=district.records_since if district else None, on=clock.today())
    form = forms.YearForm(request.POST if request.method == "POST" else None, years=years, initial={"year": years[0]})
    if form.is_valid():
        try:
            return _take(request, student, form.cleaned_data["year"], context["own"], as_auditor=as_auditor)
        except reading.CannotRead:
            return render(request, "governance/family/closed.html", status=403)
        except zips.NothingSealed:
            form.add_error(None, _("Nothing is sealed yet. Try again in a few minutes."))
    rows = present.rows(queries.of_reader(request.user, student, as_auditor=as_auditor))
    context |= {"form": form, "packs": rows, "at_work": any(row.at_work for row in rows), "as_auditor": as_auditor}
    return render(request, "governance/packs/pack.html", context, status=422 if form.is_bound else 200)


def _take(request: SignedInRequest, student: Student, year: int, back: str, *, as_auditor: bool) -> HttpResponseBase:
    now = clock.now()
    asked = reading.asked_by(student=student, by=request.user, year=year, as_auditor=as_auditor, until=now)
    total = reading.count(reading.open_key(asked, Event.PACK_ASKED))
    if total > MOST_AT_ONCE:
        actions.ask(asked=asked, total=total, at=now)
        messages.success(request, _("The pack is being made. Come back to this page in a few minutes."))
        return redirect(back)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        zips.write(file, asked, at=now, language=get_language() or "en")
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return FileResponse(cast(Any, file), as_attachment=True, filename=_name(year), content_type=_TYPE)


def _file(request: SignedInRequest, student: Student, pack: UUID, *, as_auditor: bool, hat: Role) -> HttpResponseBase:
    found = or_404(queries.ready(request.user, student, pack, as_auditor=as_auditor))
    kept = actions.hand_out(pack=found, by=request.user, hat=hat, at=clock.now())
    try:
        pieces = vault.read(kept)
    except vault.Damaged:
        raise Http404 from None
    headers = {"Content-Disposition": f'attachment; filename="{_name(found.year)}"', "Content-Length": str(kept.size)}
    return StreamingHttpResponse(pieces, content_type=_TYPE, headers=headers)


def _name(year: int) -> str:
    """A file name that names no child."""
    return f"proof-pack-{year}.zip"


def _nameless(access: Access) -> Opened:
    """The page needs no name, so it opens none."""
    return Opened(access.student.pk)
