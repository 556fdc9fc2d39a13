"""Reads of the register: what a search finds, what changed."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import QuerySet

from vendors.register.book import Book, Record
from vendors.register.models import Change

PAGE = 100
MOST_CHANGES = 500


def matching(book: Book, *, text: str = "", status: str = "", subject: str = "", element: str = "") -> list[Record]:
    """Tools whose name, company or sentence holds every word of the text, with that status, subject and datum. Asks nothing."""
    words = text.casefold().split()[:8]
    return [
        tool
        for tool in book.tools
        if all(word in f"{tool['name']} {tool['company']} {tool['summary']}".casefold() for word in words)
        and (not status or tool["status"] == status)
        and (not subject or subject in tool["subjects"])
        and (not element or element in tool["data"])
    ]


def page_of(found: Sequence[Record], number: int) -> tuple[list[Record], int]:
    """(the tools of that page, how many pages there are); a number beyond them gives the last page."""
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(1, number), pages)
    return list(found[(number - 1) * PAGE : number * PAGE]), pages


def changes(*, since: dt.datetime, slug: str = "", most: int = MOST_CHANGES) -> list[Change]:
    """What changed from a moment on, the newest first. One query."""
    found: QuerySet[Change] = Change.objects.filter(found_at__gte=since)
    if slug:
        found = found.filter(slug=slug)
    return list(found[:most])
