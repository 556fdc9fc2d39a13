"""Pages of signed reviews: policy, form, one action, one template."""

import functools
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import taken, tell
from vendors.advice import actions, files, forms, present, queries


@require_http_methods(["GET", "POST"])
@allow(Permission.REVIEW_TOOLS, Permission.SECOND_KEY)
def advice(request: SignedInRequest) -> HttpResponse:
    """What others found, whose keys are trusted, this district's own key. By POST: propose a key."""
    form = forms.KeyForm(request.POST or None)
    if taken(form, lambda: actions.propose_key(by=request.user, at=clock.now(), **form.cleaned_data), field="public_key") is not None:
        return redirect("advice:list")
    context = {
        "form": form,
        "keys": [present.key_row(each, reader=request.user) for each in queries.keys_on_the_list()],
        "files": [present.file_row(each) for each in queries.received()],
        "own_key": present.in_fours(files.public_part(files.own_key())),
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/advice/advice.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@allow(Permission.REVIEW_TOOLS)
def new(request: SignedInRequest) -> HttpResponse:
    """Take a signed review in."""
    form = forms.FileForm(request.POST or None, request.FILES or None, initial={"tool": request.GET.get("tool", "")})
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read(files.MOST_BYTES + 1)
        try:
            actions.receive(content=content, tool=form.cleaned_data["tool"], by=request.user, at=clock.now())
        except CannotDo as refusal:
            form.add_error("file", refusal.what_to_do)
        else:
            return redirect("advice:list")
    crumbs = [*_crumbs(), {"label": _("What others found"), "href": reverse("advice:list")}]
    return render(request, "vendors/advice/new.html", {"form": form, "crumbs": crumbs}, status=422 if form.is_bound else 200)


@require_POST
@allow(Permission.REVIEW_TOOLS, Permission.SECOND_KEY)
def key(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Confirm a key as the second person, or take it off the list."""
    if queries.find_key(public_id) is None:
        raise Http404
    act, words = {
        "confirm": (actions.confirm_key, _("Confirmed. Its signed reviews are taken from now on.")),
        "end": (actions.end_key, _("It is off the list.")),
    }.get(request.POST.get("act", ""), (None, ""))
    if act is None:
        raise Http404
    tell(request, functools.partial(act, key=public_id, by=request.user, at=clock.now()), done=words)
    return redirect("advice:list")


@require_POST
@allow(Permission.REVIEW_TOOLS)
def give(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A finished review of this district as a signed file."""
    found = or_404(queries.find_review(public_id))
    try:
        content = actions.give_out(review=found, by=request.user, at=clock.now())
    except CannotDo as refusal:
        raise Http404 from refusal  # the page of such a review has no button
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="review-{found.tool.slug}.json"'
    return answer


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Reviews"), "href": reverse("reviews:list")}]
