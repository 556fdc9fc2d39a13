"""The auditor's first page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.auditors import present, queries
from governance.auditors.views.parts import paper_rows
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock


@allow(Permission.AUDIT_READ)
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """What the auditor sees and does not see, until when, and their own work."""
    engagement = queries.engagement_of(request.user, on=clock.today())
    if engagement is None:
        return render(request, "governance/auditors/home.html", {"engagement": None})
    return render(
        request,
        "governance/auditors/home.html",
        {
            "engagement": present.engagement_row(engagement, reader=request.user),
            "said": present.said(queries.scope_in(engagement), schools=queries.school_names(engagement.schools), to_auditor=True),
            "samples": [present.sample_row(one, tested=tested, items=drawn) for one, drawn, tested in queries.samples_of(engagement)],
            "papers": paper_rows(queries.papers(engagement=engagement)),
        },
    )
