"""Pages of discovery: policy, form, one action, one template."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.discovery import actions, forms, present, queries
from vendors.discovery.models import Domain
from vendors.discovery.reading import CannotRead
from vendors.discovery.uploads import ReadAsItComes, ReadFile

PAGE = 50
View = Callable[..., HttpResponse]


class UploadRequest(SignedInRequest):
    """For the type checker: `_reads_as_it_comes` adds what was wrong with the upload."""

    refusal: Callable[[], CannotRead | None]


def _reads_as_it_comes(view: View) -> View:
    """Have an upload read while it arrives; the form's token, which stands ahead of it, is checked when that is settled."""

    @csrf_exempt
    @functools.wraps(view)
    def with_handler(request: UploadRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            handler = ReadAsItComes(actions.reader(), request)
            request.upload_handlers = [handler]
            request.refusal = lambda: handler.refusal
        return csrf_protect(view)(request, *args, **kwargs)

    return with_handler


@_reads_as_it_comes
@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def uploads(request: UploadRequest) -> HttpResponse:
    """Send a log; the uploads of late."""
    form = forms.UploadForm(request.POST, request.FILES) if request.method == "POST" else forms.UploadForm()
    if request.method == "POST":
        refusal = request.refusal()
        file = request.FILES.get("file")
        if refusal is None and form.is_valid() and isinstance(file, ReadFile):
            try:
                made = actions.receive(found=file.reader.finish(), by=request.user, at=clock.now())
            except CannotRead as nothing:
                refusal = nothing
            else:
                return redirect("discovery:upload", made.public_id)
        if refusal is not None:
            form.full_clean()
            form.errors.pop("file", None)
            form.add_error("file", refusal.what_to_do)
    rows = [
        {
            "url": reverse("discovery:upload", args=[each.public_id]),
            "form": each.get_form_display(),
            "lines": each.lines,
            "at": each.received_at,
            "by": each.received_by.name,
        }
        for each in queries.recent()
    ]
    context = {"form": form, "rows": rows, "crumbs": _crumbs()}
    return render(request, "vendors/discovery/uploads.html", context, status=422 if form.is_bound else 200)


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def upload(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What one upload told: tools in use that nobody approved, domains that nobody knows, what is new."""
    found = queries.find(public_id)
    if found is None:
        raise Http404
    told = queries.told_by(found, clock.now())
    only_new = bool(request.GET.get("new")) and told.before is not None
    pages = Paginator([each for each in told.unknown if each.new or not only_new], PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "form": found.get_form_display(),
        "at": found.received_at,
        "by": found.received_by.name,
        "lines": found.lines,
        "ignored": found.ignored,
        "few": found.few,
        "no_tools": told.no_tools,
        "before": told.before.received_at if told.before else None,
        "not_approved": [present.tool_row(each) for each in told.not_approved],
        "approved": [present.tool_row(each) for each in told.approved],
        "unknown": [present.domain_row(each) for each in page],
        "unknown_count": len(told.unknown),
        "new_count": sum(each.new for each in told.unknown),
        "only_new": only_new,
        "previous": _page(page.previous_page_number(), only_new) if page.has_previous() else "",
        "next": _page(page.next_page_number(), only_new) if page.has_next() else "",
        "shown": _("Page %(page)d of %(all)d") % {"page": page.number, "all": pages.num_pages},
        "crumbs": _crumbs(within=True),
    }
    return render(request, "vendors/discovery/upload.html", context)


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def decided(request: SignedInRequest) -> HttpResponse:
    """What was decided about domains."""
    rows = [present.decided_row(each) for each in queries.decided()]
    return render(request, "vendors/discovery/decided.html", {"rows": rows, "crumbs": _crumbs(within=True)})


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def domain(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One domain: when it was seen; make a review of it, say to which tool it belongs, or that it is none."""
    found = queries.find_domain(public_id)
    if found is None:
        raise Http404
    act = request.POST.get("act", "") if request.method == "POST" else ""
    review = forms.ReviewForm(request.POST if act == "review" else None, initial={"name": found.name.split(".")[0].capitalize()})
    same = forms.SameForm(request.POST if act == "same" else None)
    if act:
        try:
            answer = _act(request, found, act, review, same)
        except CannotDo as refusal:
            if act in {"review", "same"}:
                (review if act == "review" else same).add_error(None, refusal.what_to_do)
            else:
                messages.error(request, refusal.what_to_do)
        else:
            if answer is not None:
                return answer
    context = {
        "name": found.name,
        "decision": present.decision(found) if found.decision else "",
        "decided_by": found.decided_by.name if found.decided_by else "",
        "decided_at": found.decided_at,
        "can_be_taken_back": found.decision in {Domain.Decision.SAME, Domain.Decision.NO_TOOL},
        "tool_url": reverse("providers:tool", args=[found.tool.public_id]) if found.tool else "",
        "sightings": [present.sighting(each) for each in queries.sightings_of(found)],
        "review": review,
        "same": same,
        "crumbs": _crumbs(within=True),
    }
    return render(request, "vendors/discovery/domain.html", context, status=422 if act else 200)


def _act(request: SignedInRequest, found: Domain, act: str, review: forms.ReviewForm, same: forms.SameForm) -> HttpResponse | None:
    """Do what the page's forms say; None where a form has a fault. Raises CannotDo."""
    who: dict[str, Any] = {"domain": found.public_id, "by": request.user, "at": clock.now()}
    if act == "review":
        if not review.is_valid():
            return None
        opened = actions.review(name=review.cleaned_data["name"], provider=review.cleaned_data["provider"], **who)
        messages.success(request, _("It is in the catalog now, and this is its review."))
        return redirect("reviews:detail", opened.public_id)
    if act == "same":
        if not same.is_valid():
            return None
        actions.same_as(tool=same.cleaned_data["tool"], **who)
    elif act == "no_tool":
        actions.no_tool(**who)
    elif act == "take_back":
        actions.take_back(**who)
    else:
        return None
    messages.success(request, _("Kept."))
    return redirect("discovery:domain", found.public_id)


def _page(number: int, only_new: bool) -> str:
    return "?" + urlencode({"page": number} | ({"new": 1} if only_new else {}))


def _crumbs(*, within: bool = False) -> list[dict[str, str]]:
    crumbs = [{"label": _("Providers"), "href": reverse("providers:list")}]
    return [*crumbs, {"label": _("Tools in use"), "href": reverse("discovery:uploads")}] if within else crumbs
