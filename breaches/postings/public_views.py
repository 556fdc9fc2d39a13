"""The register of closed incidents. Its pages look neither at the session nor at the person, so that `portal.base.shelf` may keep the first one."""

import datetime as dt
import json
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from breaches.postings import present, queries
from governance.people.policies import public
from portal.base.finding import or_404

_REASON = "the public reads what happened to student data, what was done, and what was learned"


@public(reason=_REASON)
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """All incidents that were published, the newest first."""
    return render(request, "breaches/postings/register.html", {"rows": [present.row(one) for one in queries.published()]})


@public(reason=_REASON)
@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """The same for paper, each with its text."""
    known = present.titles()
    return render(request, "breaches/postings/paper.html", {"rows": [present.public(one, known) for one in queries.published()]})


@public(reason=_REASON)
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One incident, by its stable link. One that was taken down says so, and why."""
    found = or_404(queries.by_slug(slug))
    context = {
        "one": present.public(found, present.titles()),
        "crumbs": [{"label": _("Incidents with student data"), "href": reverse("postings:register")}],
    }
    return render(request, "breaches/postings/page.html", context, status=410 if found.taken_down_at else 200)


@public(reason=_REASON)
@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    """The whole register for programs."""
    site = request.build_absolute_uri("/").rstrip("/")
    text = json.dumps(present.machine(queries.published(), site=site, known=present.titles()), ensure_ascii=False, indent=1)
    return HttpResponse(
        text, content_type="application/json", headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=60"}
    )


class _Postings(Feed):
    """The newest fifty as an Atom feed."""

    feed_type = Atom1Feed

    def title(self) -> str:
        return _("Incidents with student data")

    def subtitle(self) -> str:
        return _("What happened, what was done, and what was learned")

    def link(self) -> str:
        return reverse("postings:register")

    def items(self) -> list[dict[str, Any]]:
        return [present.row(one) for one in queries.published().filter(taken_down_at=None)[:50]]

    def item_title(self, item: Any) -> str:
        return str(item["title"])

    def item_description(self, item: Any) -> str:
        return str(item["parts"][0]["words"])

    def item_link(self, item: Any) -> str:
        return str(item["url"])

    def item_pubdate(self, item: Any) -> dt.datetime:
        found: dt.datetime = item["first_published_at"]
        return found

    def item_updateddate(self, item: Any) -> dt.datetime:
        found: dt.datetime = item["changed_at"] or item["first_published_at"]
        return found


_feed = _Postings()


@public(reason=_REASON)
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """What is new, for feed readers."""
    return _feed(request)
