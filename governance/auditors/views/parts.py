"""What several pages of audits need."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.auditors import present, queries
from governance.auditors.models import Engagement, PaperVersion, WorkPaper
from governance.people.http import SignedInRequest
from portal.base import clock

OWN_WORK = "the auditor's own samples and work papers; nothing of the district changes"


def paper_rows(found: list[tuple[WorkPaper, PaperVersion]]) -> list[present.PaperRow]:
    """Work papers with their newest versions, as rows of a list."""
    return [present.paper_row(paper, version, answers=getattr(paper, "said", 0)) for paper, version in found]


def crumbs() -> list[dict[str, str]]:
    """The district's way back to its auditors."""
    return [{"label": _("Auditors"), "href": reverse("auditors:auditors")}]


def own_engagement(request: SignedInRequest) -> Engagement:
    """The audit that the signed-in person carries out. Raises Http404 where there is none in force."""
    engagement = queries.engagement_of(request.user, on=clock.today())
    if engagement is None:
        raise Http404
    return engagement


def own_crumbs() -> list[dict[str, str]]:
    """The auditor's way back to the own audit."""
    return [{"label": _("My audit"), "href": reverse("auditors:home")}]


def download(content: dict[str, Any], name: str) -> HttpResponse:
    """A JSON file of this name, to be kept."""
    answer = JsonResponse(content, json_dumps_params={"indent": 1, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
