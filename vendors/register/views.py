"""The public register. Its pages look neither at the session nor at the person, so that `portal.base.shelf` may keep them."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.syndication.views import Feed
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from governance.people import queries as people
from governance.people.policies import public
from portal.base import clock
from vendors.providers import documents
from vendors.register import book, forms, machine, present, queries

CHANGES_DAYS = 90
FEED_DAYS = 365
MOST_COMPARED = 3
_REASON = "families and companies may read which tools are used and on what terms"


def _without_database(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A plain page where the database is away and this process has not worked the register out before."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})

    return asked


@public(reason=_REASON)
@require_safe
@_without_database
def register(request: HttpRequest) -> HttpResponse:
    """The first page of all tools, and the search."""
    return _list(request, {}, number=1)


@public(reason=_REASON)
@require_safe
@_without_database
def find(request: HttpRequest) -> HttpResponse:
    """What a search finds; further pages of the list."""
    number = request.GET.get("page", "1")
    return _list(request, request.GET.dict(), number=int(number) if number.isdecimal() and len(number) < 6 else 1)


def _list(request: HttpRequest, asked: dict[str, str], *, number: int) -> HttpResponse:
    now = book.current(clock.now())
    form = forms.FindForm(asked, book=now)
    found = queries.matching(now, **form.said())
    rows, pages = queries.page_of(found, number)
    number = min(max(1, number), pages)
    kept = {name: asked[name] for name in form.fields if asked.get(name)}

    def page(at: int) -> str:
        return f"{reverse('register:find')}?{urlencode({**kept, 'page': at})}" if 1 <= at <= pages else ""

    context = {
        "form": form,
        "filtered": bool(kept),
        "rows": [present.row(tool, now) for tool in rows],
        "found": len(found),
        "all": len(now.tools),
        "counts": present.counts(now.tools, reverse("register:find")),
        "previous": page(number - 1),
        "next": page(number + 1),
        "shown": _("Page %(number)d of %(pages)d") % {"number": number, "pages": pages},
        "made_at": now.made_at,
    }
    return render(request, "vendors/register/register.html", context)


@public(reason=_REASON)
@require_safe
@_without_database
def tool(request: HttpRequest, slug: str) -> HttpResponse:
    """One tool, by its stable link."""
    at = clock.now()
    now = book.current(at)
    found = now.find(slug)
    if found is None:
        raise Http404
    context = {
        "crumbs": [{"label": _("Tools we use"), "href": reverse("register:register")}],
        "tool": present.tool_page(found, now),
        "changes": [present.change(each, now) for each in queries.changes(since=at - dt.timedelta(days=FEED_DAYS), slug=slug, most=10)],
    }
    return render(request, "vendors/register/tool.html", context)


@public(reason=_REASON)
@require_safe
@_without_database
def document(request: HttpRequest, slug: str) -> HttpResponse:
    """The signed document of the agreement in force."""
    found = book.document_of(slug, clock.now())
    if found is None:
        raise Http404
    return documents.as_attachment(found)


@public(reason=_REASON)
@require_safe
@_without_database
def compare(request: HttpRequest) -> HttpResponse:
    """Two or three tools side by side."""
    now = book.current(clock.now())
    chosen = book.named(now.tools, request.GET.getlist("tool")[:20])
    enough = 2 <= len(chosen) <= MOST_COMPARED
    context = {
        "enough": enough,
        "chosen": len(chosen),
        "tools": [present.row(each, now) for each in chosen] if enough else [],
        "lines": present.comparison(chosen, now) if enough else [],
    }
    return render(request, "vendors/register/compare.html", context)


@public(reason=_REASON)
@require_safe
@_without_database
def paper(request: HttpRequest) -> HttpResponse:
    """The tools that may be used, on paper."""
    now = book.current(clock.now())
    usable = [tool for tool in now.tools if tool["limits"] is not None]
    return render(request, "vendors/register/paper.html", {"rows": [present.row(each, now) for each in usable], "made_at": now.made_at})


@public(reason=_REASON)
@require_safe
@_without_database
def changes(request: HttpRequest) -> HttpResponse:
    """What changed since a day, the last 90 days where none is given."""
    at = clock.now()
    now = book.current(at)
    form = forms.SinceForm(request.GET)
    asked = form.cleaned_data.get("since") if form.is_valid() else None
    since = asked or people.day_of(at) - dt.timedelta(days=CHANGES_DAYS)
    found = queries.changes(since=_begin(since))
    context = {
        "form": form,
        "since": since,
        "changes": [present.change(each, now) for each in found],
        "cut": len(found) == queries.MOST_CHANGES,
    }
    return render(request, "vendors/register/changes.html", context)


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=timezone.get_default_timezone())


class _ChangesFeed(Feed):
    """The same changes as an Atom feed, the newest hundred of a year."""

    feed_type = Atom1Feed

    def title(self) -> str:
        return _("What changed in the register of tools")

    def subtitle(self) -> str:
        return _("Which tools the schools use, and on what terms")

    def link(self) -> str:
        return reverse("register:changes")

    def items(self) -> list[dict[str, Any]]:
        at = clock.now()
        now = book.current(at)
        return [present.change(each, now) for each in queries.changes(since=at - dt.timedelta(days=FEED_DAYS), most=100)]

    def item_title(self, item: Any) -> str:
        return f"{item['name']}: {item['what']}"

    def item_description(self, item: Any) -> str:
        return "; ".join(item["details"])

    def item_link(self, item: Any) -> str:
        return str(item["url"] or reverse("register:changes"))

    def item_guid(self, item: Any) -> str:
        return f"urn:uuid:{item['id']}"

    def item_pubdate(self, item: Any) -> dt.datetime:
        found: dt.datetime = item["found_at"]
        return found

    item_updateddate = item_pubdate


_feed = _ChangesFeed()


@public(reason=_REASON)
@require_safe
@_without_database
def feed(request: HttpRequest) -> HttpResponse:
    """What changed, for feed readers."""
    return _feed(request)


# -- Machines ------------------------------------------------------------------------------------------------------------------


@public(reason=_REASON)
@require_safe
@_without_database
def as_json(request: HttpRequest) -> HttpResponse:
    """The whole register as JSON."""
    return _file(machine.as_json(book.current(clock.now()), site=_site(request)), "application/json")


@public(reason=_REASON)
@require_safe
@_without_database
def as_csv(request: HttpRequest) -> HttpResponse:
    """The whole register as a table."""
    answer = _file(machine.as_csv(book.current(clock.now()), site=_site(request)), "text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="register.csv"'
    return answer


@public(reason=_REASON)
@require_safe
@_without_database
def as_linked_data(request: HttpRequest) -> HttpResponse:
    """The whole register with terms of the Data Privacy Vocabulary."""
    district = people.district()
    text = machine.as_linked_data(book.current(clock.now()), site=_site(request), district=district.name if district else "")
    return _file(text, "application/ld+json")


def _file(text: str, kind: str) -> HttpResponse:
    # Anybody's page may read it: there is nothing in it that is not public.
    return HttpResponse(text, content_type=kind, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=60"})


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
