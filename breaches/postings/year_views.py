"""The report of a year, as a page and as PDF/UA in English and Spanish."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from breaches.postings import forms, year
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock


@require_safe
@allow(Permission.SEE_INCIDENTS)
def report(request: SignedInRequest) -> HttpResponse:
    """This year, or the one that the address names."""
    chosen = _year(request)
    context = {
        "report": year.report(chosen, at=clock.now()),
        "years": [{"year": str(each), "here": each == chosen} for each in year.years(clock.now())],
        "pdf": f"{reverse('postings:year-pdf')}?year={chosen}",
        "languages_of_pdf": forms.LANGUAGES_OF_PDF,
        "crumbs": [{"label": _("Incidents"), "href": reverse("incidents:incidents")}],
        "chosen": str(chosen),
    }
    return render(request, "breaches/postings/year.html", context)


@require_safe
@allow(Permission.SEE_INCIDENTS)
def report_pdf(request: SignedInRequest) -> HttpResponse:
    """The same as a PDF/UA."""
    chosen, language = _year(request), request.GET.get("language", "en")
    if language not in dict(forms.LANGUAGES_OF_PDF):
        raise Http404
    with translation.override(language):
        found = year.report(chosen, at=clock.now())
    headers = {"Content-Disposition": f'attachment; filename="incidents-{chosen}-{language}.pdf"'}
    return HttpResponse(year.as_pdf(found, language=language), content_type="application/pdf", headers=headers)


def _year(request: HttpRequest) -> int:
    """The year of the address, or this one. Raises Http404 for what is no year."""
    asked = request.GET.get("year", "")
    if not asked:
        return timezone.localtime(clock.now()).year
    if not asked.isdecimal() or not 1971 <= int(asked[:5]) <= 9998:
        raise Http404
    return int(asked)
