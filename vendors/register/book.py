"""The register as data: of every tool the facts that the public may read, in words of fixed lists and keys, the same in every language.

Worked out from catalogue, agreements and reviews at a moment. Of a review that is open it holds that there is one, no more; of an agreement,
what is signed and in force; of a student, nothing.
"""

import dataclasses
import datetime as dt
import hashlib
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, Value

from governance.authority.models import Element, Purpose
from governance.people.queries import day_of
from portal.base.changes import mark_of
from vendors.agreements import queries as agreements
from vendors.agreements.models import Agreement, ScheduleLine, Service, Version
from vendors.providers.models import AutomatedDecision, Channel, Collects, Document, Provider, Subprocessor, Tool
from vendors.register.models import Change
from vendors.reviews import status
from vendors.reviews.models import Approval, Review
from vendors.reviews.rules import State
from vendors.reviews.status import Status
from vendors.sharing import queries as sharing
from vendors.sharing.models import Delivery, Release, StopTask
from vendors.sharing.queries import LastDelivery

Record = dict[str, Any]

STOPPED_DAYS = 365  # a way that was switched off is told of for so long
ROUNDED = 10  # numbers of students, and the fewest that are told

# Whatever of these tables changes, by a form, a command or SQL, changes the register's stamp.
READ: tuple[type[models.Model], ...] = (
    Provider, Tool, Collects, Subprocessor, Channel, AutomatedDecision, Agreement, Version, Service, ScheduleLine, Approval, Review, Element,
    Purpose, Change, Delivery, Release, StopTask,
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Book:
    """All tools of the register by their names, with the titles of the elements and purposes that they mention."""

    made_at: dt.datetime
    tools: tuple[Record, ...]
    elements: Mapping[str, str]
    categories: Mapping[str, str]
    purposes: Mapping[str, str]

    def find(self, slug: str) -> Record | None:
        """The tool behind a stable link."""
        return next((tool for tool in self.tools if tool["slug"] == slug), None)


def make(at: dt.datetime) -> Book:
    """The register at a moment. A fixed number of queries, however many tools."""
    on = day_of(at)
    found = list(
        sharing.with_last_delivery(Tool.objects.select_related("provider"))
        .prefetch_related("collects", "subprocessors", "automated_decisions", Prefetch("channels", queryset=_channels(at)))
        .order_by("name", "pk")
    )
    statuses = status.of_all(found, at)
    covering = agreements.covering_all(found, at)
    versions = {pk: statuses[pk].version or covering.get(pk) for pk in statuses}
    agreed = agreements.elements_of_all([version for version in versions.values() if version is not None])
    elements, purposes = _titles()
    return Book(
        made_at=at,
        tools=tuple(
            _record(tool, statuses[tool.pk], versions[tool.pk], agreed, on=on)
            | {"channels": _ways(tool, agreed_of(statuses[tool.pk], agreed)), "last_delivery": _last_delivery(sharing.last_of(tool))}
            for tool in found
        ),
        elements={key: title for key, title, _category in elements},
        categories={key: category for key, _title, category in elements},
        purposes={key: title for key, title, _category in purposes},
    )


def _titles() -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """(elements, purposes) as key, title and category. One query."""
    elements = Element.objects.order_by().annotate(is_element=Value(True)).values_list("key", "title", "category", "is_element")
    purposes = Purpose.objects.order_by().annotate(none=Value(""), is_element=Value(False))
    found = list(elements.union(purposes.values_list("pk", "title", "none", "is_element"), all=True))
    return [row[:3] for row in found if row[3]], [row[:3] for row in found if not row[3]]


def _record(tool: Tool, now: Status, version: Version | None, agreed: Mapping[tuple[int, int], frozenset[str]], *, on: dt.date) -> Record:
    approval = now.approval if now.usable else None
    scheduled = agreed.get((version.pk, tool.pk), frozenset()) if version is not None else frozenset()
    elements = frozenset(approval.elements) & scheduled if approval else frozenset(each.element_id for each in tool.collects.all())
    purposes = (
        set(approval.purposes) & set(version.purposes) if approval and version else set(approval.purposes if approval else tool.purposes)
    )
    refused = now.refusal if now.state is State.REFUSED else None
    return {
        "slug": tool.slug,
        "name": tool.name,
        "company": tool.provider.name,
        "company_country": tool.provider.country,
        "summary": tool.summary,
        "subjects": list(tool.subjects),
        "status": now.state.value,
        "because": now.because.value,
        "reason": approval.review.reason if approval else refused.reason if refused else "",
        "approved_until": approval.ends_on.isoformat() if approval else None,
        "limits": _limits(approval),
        "accounts": tool.accounts,
        "collects_nothing": tool.collects_nothing,
        # Approved: what approval and agreement both name. Otherwise: what the company says that the tool collects.
        "data": sorted(elements),
        "data_agreed": approval is not None,
        "purposes": sorted(purposes),
        "safeguards": sorted(version.safeguards) if version else [],
        "held_in": list(tool.held_in),
        "suppliers": [
            {"name": each.name, "country": each.country, "does": each.does, "data": sorted(each.elements)}
            for each in tool.subprocessors.all()
            if (each.since is None or each.since <= on) and (each.until is None or each.until >= on)
        ],
        "agreement": _agreement(version),
        "decisions": [
            {
                "kind": each.kind,
                "about": each.about,
                "educator": each.educator,
                "notice": each.notice,
                "objection": each.objection,
                "review_due_on": each.review_due_on.isoformat(),
            }
            for each in tool.automated_decisions.all()
            if each.ended_on is None or each.ended_on > on
        ],
        "decides_nothing_on": tool.decides_nothing_on.isoformat() if tool.decides_nothing_on else None,
    }


def _channels(at: dt.datetime) -> models.QuerySet[Channel]:
    """Ways that are open, or were until lately, with the task that stops each, in one query."""
    task = StopTask.objects.filter(channel=models.OuterRef("pk"), done_at=None)
    return Channel.objects.filter(models.Q(closed_at=None) | models.Q(closed_at__gt=at - dt.timedelta(days=STOPPED_DAYS))).annotate(
        stop_since=models.Subquery(task.values("opened_at")), stop_by=models.Subquery(task.values("due_at"))
    )


def agreed_of(now: Status, agreed: Mapping[tuple[int, int], frozenset[str]]) -> frozenset[str]:
    """What approval and agreement of a tool both name; nothing where it may not be used."""
    if not now.usable or now.approval is None or now.version is None:
        return frozenset()
    return frozenset(now.approval.elements) & agreed.get((now.version.pk, now.tool.pk), frozenset())


def _ways(tool: Tool, elements: frozenset[str]) -> list[Record]:
    return [_way(each, elements, stopping=each.stop_since, stop_by=each.stop_by) for each in tool.channels.all()]  # type: ignore[attr-defined]  # annotated by the query


def _way(each: Channel, elements: frozenset[str], *, stopping: dt.datetime | None, stop_by: dt.datetime | None) -> Record:
    since = each.closed_at or stopping
    return {
        "kind": each.kind,
        "name": each.name,
        "data": sorted(each.elements),
        "beyond": sorted(frozenset(each.elements) - elements),
        "checked_on": each.checked_on.isoformat() if each.checked_on else None,
        "flow": "stopped" if each.closed_at else "being_stopped" if stopping else "open",
        "since": day_of(since).isoformat() if since else None,
        "stop_by": day_of(stop_by).isoformat() if stop_by and not each.closed_at else None,
    }


def _last_delivery(last: LastDelivery | None) -> Record | None:
    """The month, and the number rounded; `students` is None below ROUNDED, where a number could point at somebody."""
    if last is None:
        return None
    students = round(last.children / ROUNDED) * ROUNDED if last.children >= ROUNDED else None
    return {"month": f"{last.month:%Y-%m}", "students": students}


def _limits(approval: Approval | None) -> Record | None:
    if approval is None:
        return None
    return {
        "youngest": approval.youngest_age,
        "oldest": approval.oldest_age,
        "grades": list(approval.grades),
        "families": approval.consent,
        "no_names": approval.no_names,
    }


def _agreement(version: Version | None) -> Record | None:
    if version is None:
        return None
    return {
        "kind": version.agreement.kind,
        "starts_on": version.starts_on.isoformat(),
        "ends_on": version.ends_on.isoformat() if version.ends_on else None,
        "signed_on": day_of(version.signed_at).isoformat() if version.signed_at else None,
        "version": version.number,
        "text_sha256": version.sha256,
        "document": version.document_id is not None,
        "breach_hours": version.breach_hours,
        "at_end": version.disposition,
        "at_end_days": version.disposition_days,
        "at_end_words": version.disposition_words,
    }


def document_of(slug: str, at: dt.datetime) -> Document | None:
    """The signed document of the agreement that covers a tool now; None where none is in force or it has no document."""
    tool = Tool.objects.filter(slug=slug).first()
    if tool is None:
        return None
    version = status.of(tool, at).version or agreements.covering(tool, at)
    return version.document if version is not None else None


# -- Kept in the process -------------------------------------------------------------------------------------------------------


def stamp(at: dt.datetime) -> str:
    """Another one whenever the register may say something else: a row of its tables changed, or a day began. One query."""
    return hashlib.sha256(repr((day_of(at), mark_of(*READ))).encode()).hexdigest()


class _Kept:
    """The book of this process. Safe to use from many threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.checked = float("-inf")
        self.stamp = ""
        self.book: Book | None = None
        self.book_stamp = ""

    def look(self, at: dt.datetime) -> str:
        """The stamp of the tables as they are now."""
        self.stamp = stamp(at)
        self.checked = time.monotonic()
        return self.stamp

    def current(self, at: dt.datetime) -> Book:
        """The book of the stamp as it was last looked at, which is looked at anew where the time is up."""
        with self.lock:
            if time.monotonic() - self.checked >= settings.PUBLIC_PAGES_RECHECK_SECONDS:
                self.look(at)
            if self.book is None or self.book_stamp != self.stamp:
                self.book, self.book_stamp = make(at), self.stamp
            return self.book


_kept = _Kept()


def current(at: dt.datetime) -> Book:
    """The register as this process last worked it out: at most PUBLIC_PAGES_RECHECK_SECONDS older than the tables. Most calls ask nothing."""
    return _kept.current(at)


def current_stamp(at: dt.datetime) -> str:
    """The stamp of the tables now; the next `current` gives the book that goes with it. One query."""
    return _kept.look(at)


def named(tools: Sequence[Record], slugs: Sequence[str]) -> list[Record]:
    """These tools, in the order of the slugs, each once; unknown ones are left out."""
    by_slug = {tool["slug"]: tool for tool in tools}
    return [by_slug[slug] for slug in dict.fromkeys(slugs) if slug in by_slug]
