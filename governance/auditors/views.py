"""Auditors' own pages, and the district's pages about them. Every page that shows entries of the trail is a look with an entry of its own."""

import datetime as dt
from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.auditors import actions, forms, papers, present, queries, sampling
from governance.auditors.areas import events_in
from governance.auditors.models import Engagement, PaperVersion, Sample, WorkPaper
from governance.auditors.policies import open_to_auditors
from governance.people import accounts, invitations
from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.vocabulary import Permission
from portal.base import clock

_again = reauthentication_required(enabled=lambda request: not settings.DEMO)
_OWN = "the auditor's own samples and work papers; nothing of the district changes"


# -- The district's pages ----------------------------------------------------------------------------------------------


@allow(Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@require_safe
def auditors(request: SignedInRequest) -> HttpResponse:
    """Who audits, until when, and the work papers that were shared."""
    return render(
        request,
        "governance/auditors/auditors.html",
        {
            "rows": [present.engagement_row(one, reader=request.user) for one in queries.engagements()[:200]],
            "papers": _paper_rows(queries.papers(shared=True)),
            "may_invite": may(request, Permission.INVITE_AUDITORS),
        },
    )


def _paper_rows(found: list[tuple[WorkPaper, PaperVersion]]) -> list[present.PaperRow]:
    return [present.paper_row(paper, version, answers=getattr(paper, "said", 0)) for paper, version in found]


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Auditors"), "href": reverse("auditors:auditors")}]


@require_http_methods(["GET", "POST"])
@allow(Permission.INVITE_AUDITORS)
@_again
def invite(request: SignedInRequest) -> HttpResponse:
    """Propose an auditor with a scope and an end."""
    form = forms.Invite(request.POST or None, today=clock.today())
    if form.is_valid():
        given = dict(form.cleaned_data)
        given["kinds"] = events_in(given.pop("areas"))
        try:
            engagement = actions.propose(by=request.user, at=clock.now(), **given)
        except (actions.CannotAudit, accounts.CannotChangeAccount) as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Proposed. A second person reads the scope and admits the auditor."))
            return redirect("auditors:auditor", engagement.public_id)
    return render(request, "governance/auditors/invite.html", {"form": form, "crumbs": _crumbs()}, status=422 if form.is_bound else 200)


@allow(Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@require_safe
def auditor(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One audit: the scope in sentences, the keys, the papers that were shared."""
    return _auditor_page(request, get_object_or_404(queries.engagements(), public_id=public_id), forms.Longer())


def _auditor_page(request: SignedInRequest, engagement: Engagement, longer: forms.Longer) -> HttpResponse:
    row = present.engagement_row(engagement, reader=request.user)
    key = may(request, Permission.SECOND_KEY)
    return render(
        request,
        "governance/auditors/auditor.html",
        {
            "row": row,
            "said": present.said(queries.scope_in(engagement), schools=queries.school_names(engagement.schools), to_auditor=False),
            "longer": longer,
            "may_invite": may(request, Permission.INVITE_AUDITORS),
            "may_admit": row.waiting and key and not row.mine,
            "may_agree": row.longer_until is not None and key and not row.longer_is_mine,
            "may_drop": row.longer_until is not None and (key or row.longer_is_mine),
            "may_refuse": row.waiting and (key or row.mine),
            "papers": _paper_rows([pair for pair in queries.papers(engagement=engagement) if pair[0].shared_at is not None]),
            "crumbs": _crumbs(),
        },
        status=422 if longer.is_bound else 200,
    )


_DECIDED = {
    "admit": (actions.admit, gettext_lazy("The auditor is admitted. The invitation goes out by e-mail.")),
    "refuse": (actions.refuse, gettext_lazy("The auditor is not admitted.")),
    "agree": (actions.agree_longer, gettext_lazy("The audit is longer now.")),
    "drop": (actions.drop_longer, gettext_lazy("The audit ends as planned.")),
    "end": (actions.end, gettext_lazy("The audit has ended, and every session of the auditor.")),
}


@require_POST
@allow(Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@_again
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Turn a key, take a proposal back, make the audit longer, or end it."""
    engagement = get_object_or_404(queries.engagements(), public_id=public_id)
    answer = request.POST.get("answer", "")
    try:
        if answer == "longer":
            form = forms.Longer(request.POST)
            if not form.is_valid():
                return _auditor_page(request, engagement, form)
            actions.propose_longer(engagement_id=engagement.pk, until=form.cleaned_data["until"], by=request.user, at=clock.now())
            messages.success(request, _("Proposed. A second person agrees."))
        elif answer in _DECIDED:
            act, words = _DECIDED[answer]
            act(engagement_id=engagement.pk, by=request.user, at=clock.now())
            messages.success(request, words)
    except (actions.CannotAudit, invitations.CannotInvite) as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("auditors:auditor", public_id)


# -- The auditor's pages -----------------------------------------------------------------------------------------------


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
            "papers": _paper_rows(queries.papers(engagement=engagement)),
        },
    )


def _own(request: SignedInRequest) -> Engagement:
    """The audit that the signed-in person carries out. Raises Http404 where there is none in force."""
    engagement = queries.engagement_of(request.user, on=clock.today())
    if engagement is None:
        raise Http404
    return engagement


def _own_crumbs() -> list[dict[str, str]]:
    return [{"label": _("My audit"), "href": reverse("auditors:home")}]


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=_OWN)
def sample_new(request: SignedInRequest) -> HttpResponse:
    """Announce a sample: population, size and seed."""
    engagement = _own(request)
    form = forms.NewSample(request.POST or None, yesterday=clock.today() - dt.timedelta(days=1))
    if form.is_valid():
        given = form.cleaned_data
        kind = given["kind"]
        kinds = events_in([kind.removeprefix("area:")]) if kind.startswith("area:") else [kind] if kind else None
        try:
            sample = sampling.announce(
                engagement=engagement,
                objective=given["objective"],
                since=_midnight(given["first"]),
                until=_midnight(given["last"] + dt.timedelta(days=1)),
                only={"kinds": kinds, "purpose": given["purpose"], "hat": given["hat"], "element": given["element"]},
                strata=given["strata"],
                size=given["size"],
                seed=given["seed"],
                attributes=given["attributes"],
                by=request.user,
                at=clock.now(),
            )
        except sampling.CannotSample as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("auditors:sample", sample.public_id)
    return render(
        request, "governance/auditors/sample_new.html", {"form": form, "crumbs": _own_crumbs()}, status=422 if form.is_bound else 200
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), timezone.get_default_timezone())


def _sample(request: SignedInRequest, public_id: UUID) -> Sample:
    return get_object_or_404(Sample.objects.select_related("engagement"), public_id=public_id, engagement=_own(request))


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=_OWN)
def sample(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What was announced; once drawn, the entries and their test. By POST the marks of one entry."""
    found = _sample(request, public_id)
    bound: forms.Marks | None = None
    if request.method == "POST":
        bound = forms.Marks(request.POST, attributes=found.attributes)
        if bound.is_valid() and found.items.filter(place=bound.cleaned_data["place"]).exists():
            place = bound.cleaned_data["place"]
            sampling.mark(
                sample_id=found.pk, place=place, marks=bound.marks, note=bound.cleaned_data["note"], by=request.user, at=clock.now()
            )
            page = (place - 1) // sampling.SHOWN + 1
            return redirect(f"{reverse('auditors:sample', args=[public_id])}?page={page}#entry-{place}")
    page = _page_number(request)
    titles = queries.titles()
    items = list(found.items.all()[(page - 1) * sampling.SHOWN : page * sampling.SHOWN])
    for item in items:
        item.sample = found
    lines = sampling.lines_of(items, engagement=found.engagement, by=request.user)
    whose = queries.people_with(line.actor_id for line in lines.values())
    here = reverse("auditors:sample", args=[public_id])
    drawn = found.items.count()
    return render(
        request,
        "governance/auditors/sample.html",
        {
            "row": present.sample_row(found, tested=found.items.exclude(tested_at=None).count(), items=drawn),
            "sample_id": public_id,
            "drawn": found.drawn_at,
            "facts": present.sample_facts(found, titles=titles, same_population=queries.count_over(found)),
            "strata": present.strata_rows(found) if found.strata else [],
            "items": [
                present.item_row(
                    item,
                    lines.get((item.entry_id, item.entry_at)),
                    form=_marks_form(item, found, bound),
                    people=whose,
                    titles=titles,
                )
                for item in items
            ],
            "previous": f"{here}?page={page - 1}" if page > 1 else "",
            "next": f"{here}?page={page + 1}" if drawn > page * sampling.SHOWN else "",
            "crumbs": _own_crumbs(),
        },
        status=422 if bound is not None else 200,
    )


def _marks_form(item: Any, sample: Sample, bound: forms.Marks | None) -> forms.Marks:
    if bound is not None and bound.data.get("place") == str(item.place):
        return bound
    initial = {"place": item.place, "note": item.note, **{f"a{name}": mark for name, mark in item.marks.items()}}
    return forms.Marks(initial=initial, attributes=sample.attributes, auto_id=f"id_{item.place}_%s")


def _page_number(request: SignedInRequest) -> int:
    given = request.GET.get("page", "1")
    return max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 4 else 1


@require_POST
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=_OWN)
def sample_draw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Draw what was announced."""
    found = _sample(request, public_id)
    try:
        sampling.draw(sample_id=found.pk, by=request.user, at=clock.now())
    except sampling.CannotSample as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("auditors:sample", public_id)


@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=_OWN)
@require_safe
def sample_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The sample as JSON: seed, population, tickets, leaf hashes, marks."""
    found = _sample(request, public_id)
    return _download(present.sample_file(found, list(found.items.all())), f"sample-{found.number}.json")


def _download(content: dict[str, Any], name: str) -> HttpResponse:
    answer = JsonResponse(content, json_dumps_params={"indent": 1, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=_OWN)
def paper_new(request: SignedInRequest) -> HttpResponse:
    """The first version of a work paper."""
    return _write(request, _own(request), None, None)


@require_http_methods(["GET", "POST"])
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=_OWN)
def paper_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The next version of a work paper."""
    engagement = _own(request)
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
        {"form": form, "evidence": evidence, "new": paper is None, "back": back, "crumbs": _own_crumbs()},
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
        if found.engagement_id != _own(request).pk:
            raise Http404
    elif found.shared_at is None:
        raise Http404
    return found


@allow(Permission.AUDIT_READ, Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@open_to_auditors(reason=_OWN)
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
    crumbs = _own_crumbs() if own else _crumbs()
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
            "crumbs": crumbs,
            "here": here,
        },
        status=422 if form.is_bound else 200,
    )


@allow(Permission.AUDIT_READ, Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@open_to_auditors(reason=_OWN)
@require_safe
def paper_print(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The paper as a page to print."""
    return _paper_page(request, _paper_for(request, public_id), forms.Answer(), template="governance/auditors/paper_print.html")


@allow(Permission.AUDIT_READ, Permission.INVITE_AUDITORS, Permission.SECOND_KEY)
@open_to_auditors(reason=_OWN)
@require_safe
def paper_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The whole paper as JSON: every version and answer."""
    found = _paper_for(request, public_id)
    content = present.paper_file(found, list(found.versions.select_related("written_by")), list(found.answers.select_related("written_by")))
    return _download(content, f"work-paper-{found.number}.json")


@require_POST
@allow(Permission.AUDIT_READ)
@open_to_auditors(reason=_OWN)
def paper_move(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Share a paper with the district, or sign it off."""
    found = get_object_or_404(WorkPaper, public_id=public_id, engagement=_own(request))
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
