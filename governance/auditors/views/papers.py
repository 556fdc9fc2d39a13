"""Work papers: written by the auditor, answered by the district."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.auditors import forms, papers, present, queries, sampling
from governance.auditors.models import Engagement, PaperVersion, Sample, WorkPaper
from governance.auditors.policies import open_to_auditors
from governance.auditors.views.parts import OWN_WORK, crumbs, download, own_crumbs, own_engagement
from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.vocabulary import Permission
from portal.base import clock


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=OWN_WORK)
def paper_new(request: SignedInRequest) -> HttpResponse:
    """The first version of a work paper."""
    return _write(request, own_engagement(request), None, None)


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=OWN_WORK)
def paper_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The next version of a work paper."""
    engagement = own_engagement(request)
    paper = get_object_or_404(WorkPaper, public_id=public_id, engagement=engagement)
    return _write(request, engagement, paper, paper.versions.first())


def _write(request: SignedInRequest, engagement: Engagement, paper: WorkPaper | None, version: PaperVersion | None) -> HttpResponse:
    texts = {name: getattr(version, name) for name in papers.TEXTS} if version else {}
    form = forms.Paper(request.POST or None, initial={"seen": version.number if version else 0, **texts})
    evidence = forms.EvidenceSet(request.POST or None, initial=version.evidence if version else None, prefix="evidence")
    if form.is_valid() and evidence.is_valid():
        given = dict(form.cleaned_data)
        try:
            written = papers.write(
                engagement=engagement,
                paper_id=paper.pk if paper else None,
                seen=given.pop("seen"),
                texts=given,
                evidence=_evidence(request, engagement, evidence),
                by=request.user,
                at=clock.now(),
            )
        except papers.CannotWrite as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Version %(number)s is saved.") % {"number": written.number})
            return redirect("auditors:paper", written.paper.public_id)
    back = reverse("auditors:paper", args=[paper.public_id]) if paper else reverse("auditors:home")
    return render(
        request,
        "governance/auditors/paper_form.html",
        {"form": form, "evidence": evidence, "new": paper is None, "back": back, "crumbs": own_crumbs()},
        status=422 if form.is_bound else 200,
    )


def _evidence(request: SignedInRequest, engagement: Engagement, given: Any) -> list[dict[str, str]]:
    """The evidence with the hashes that the portal knows itself: of entries in the auditor's scope and of own samples.

    Raises CannotWrite for an entry or a sample that this auditor cannot see.
    """
    rows = [
        {name: form.cleaned_data[name] for name in ("kind", "ref", "sha256", "note")} for form in given if form.cleaned_data.get("kind")
    ]
    places = {row["ref"]: present.entry_place(row["ref"]) for row in rows if row["kind"] == PaperVersion.Evidence.ENTRY}
    lines = sampling.opened([place for place in places.values() if place], engagement=engagement, by=request.user)
    for row in rows:
        if row["kind"] == PaperVersion.Evidence.ENTRY:
            place = places[row["ref"]]
            if place is None or place not in lines:
                raise papers.CannotWrite(_("There is no such entry in your scope: %(ref)s. Copy the address of the entry's page.") % row)
            row["sha256"] = lines[place].leaf
            row["ref"] = row["ref"].strip().rstrip("/").split("/")[-1]
        elif row["kind"] == PaperVersion.Evidence.SAMPLE:
            row["ref"] = row["ref"].strip().rstrip("/").split("/")[-1]
            row["sha256"] = _hash_of_sample(engagement, row["ref"])
    return rows


def _hash_of_sample(engagement: Engagement, ref: str) -> str:
    try:
        found = Sample.objects.get(public_id=UUID(ref), engagement=engagement)
    except (ValueError, Sample.DoesNotExist) as error:
        raise papers.CannotWrite(_("There is no such sample of yours. Copy the address of the sample's page.")) from error
    drawn = [[item.place, item.leaf, item.ticket] for item in found.items.all()]
    return papers.hash_of({"seed": found.seed, "entries": drawn})


def _paper_for(request: SignedInRequest, public_id: UUID) -> WorkPaper:
    """A work paper for its auditor, or, once it is shared, for the district. Raises Http404."""
    found = WorkPaper.objects.select_related("engagement__user", "signed_by").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    if queries.is_auditor(request.user):
        if found.engagement_id != own_engagement(request).pk:
            raise Http404
    elif found.shared_at is None:
        raise Http404
    return found


@allow(Permission.AUDIT_READ, Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@open_to_auditors(reason=OWN_WORK)
@require_safe
def paper(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A work paper: its newest version, or the one asked for, and what the district answered."""
    return _paper_page(request, _paper_for(request, public_id), forms.Answer())


def _paper_page(
    request: SignedInRequest, found: WorkPaper, form: forms.Answer, *, template: str = "governance/auditors/paper.html"
) -> HttpResponse:
    own = queries.is_auditor(request.user)
    versions = list(found.versions.select_related("written_by"))
    asked = request.GET.get("version", "")
    version = next((one for one in versions if str(one.number) == asked), versions[0])
    here = reverse("auditors:paper", args=[found.public_id])
    return render(
        request,
        template,
        {
            "paper_id": found.public_id,
            "row": present.paper_row(found, version, answers=0),
            "organization": found.engagement.organization,
            "auditor": found.engagement.user.name,
            "parts": present.parts_of(version),
            "evidence": present.evidence_rows(version, linked=own),
            "sha256": version.sha256,
            "versions": [
                {
                    "number": one.number,
                    "at": one.written_at,
                    "sha256": one.sha256,
                    "href": f"{here}?version={one.number}",
                    "current": one.pk == version.pk,
                }
                for one in versions
            ],
            "newest": versions[0].number,
            "answers": present.answer_rows(list(found.answers.select_related("written_by"))),
            "shared_at": found.shared_at,
            "signed_at": found.signed_at,
            "own": own,
            "may_answer": not own and found.signed_at is None and may(request, Permission.INVITE_AUDITORS),
            "form": form,
            "crumbs": own_crumbs() if own else crumbs(),
            "here": here,
        },
        status=422 if form.is_bound else 200,
    )


@allow(Permission.AUDIT_READ, Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@open_to_auditors(reason=OWN_WORK)
@require_safe
def paper_print(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The paper as a page to print."""
    return _paper_page(request, _paper_for(request, public_id), forms.Answer(), template="governance/auditors/paper_print.html")


@allow(Permission.AUDIT_READ, Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@open_to_auditors(reason=OWN_WORK)
@require_safe
def paper_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The whole paper as JSON: every version and answer."""
    found = _paper_for(request, public_id)
    content = present.paper_file(found, list(found.versions.select_related("written_by")), list(found.answers.select_related("written_by")))
    return download(content, f"work-paper-{found.number}.json")


@require_POST
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=OWN_WORK)
def paper_move(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Share a paper with the district, or sign it off."""
    found = get_object_or_404(WorkPaper, public_id=public_id, engagement=own_engagement(request))
    try:
        if request.POST.get("move") == "share":
            papers.share(paper_id=found.pk, by=request.user, at=clock.now())
            messages.success(request, _("The district sees the paper now and can answer."))
        elif request.POST.get("move") == "sign":
            papers.sign(paper_id=found.pk, by=request.user, at=clock.now())
            messages.success(request, _("The paper is signed off."))
    except papers.CannotWrite as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("auditors:paper", public_id)


@require_POST
@allow(Permission.INVITE_AUDITORS)
def paper_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Management's response to a shared paper."""
    found = _paper_for(request, public_id)
    form = forms.Answer(request.POST)
    if form.is_valid():
        try:
            papers.answer(paper_id=found.pk, by=request.user, at=clock.now(), **form.cleaned_data)
        except papers.CannotWrite as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The auditor reads your answer now."))
            return redirect("auditors:paper", public_id)
    return _paper_page(request, found, form)
