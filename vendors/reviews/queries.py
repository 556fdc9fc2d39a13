"""Reads of reviews."""

import dataclasses
import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from governance.authority import stewards
from governance.authority.stewards import Waiting
from governance.people.models import User
from vendors.providers import queries as catalogue
from vendors.providers.models import Tool
from vendors.reviews import desk, status
from vendors.reviews.models import Alternative, Questionnaire, Review
from vendors.reviews.status import Status


@dataclasses.dataclass(frozen=True)
class Held:
    """An open review, with who may decide on it now."""

    review: Review
    waiting: Waiting


def with_everything(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """The rows that pages show of a review, in a fixed number of queries."""
    return reviews.select_related("tool__provider", "reviewer", "closed_by", "opened_by", "questionnaire").prefetch_related(
        "tool__collects__element", "checks"
    )


def open_reviews(on: dt.date) -> list[Held]:
    """Every open review, the most urgent first, with who may decide. A fixed number of queries."""
    today = stewards.desks(on)
    schools = list(stewards.schools().values_list("pk", flat=True))
    found = with_everything(Review.objects.filter(closed_at=None)).order_by("due_on", "pk")
    return [Held(review, desk.waits_on(review, on=on, today=today, schools=schools)) for review in found]


def waiting_on(user: User, on: dt.date) -> list[Held]:
    """Open reviews that this person may decide now, or was given."""
    return [held for held in open_reviews(on) if held.waiting.includes(user.pk) or held.review.reviewer_id == user.pk]


def find(public_id: UUID, *, on: dt.date) -> Held | None:
    """The review with this opaque id, with who may decide while it is open."""
    review = with_everything(Review.objects.filter(public_id=public_id)).first()
    return Held(review, desk.waits_on(review, on=on)) if review else None


def closed_lately(*, most: int = 50) -> list[Review]:
    """The reviews that were closed last, the newest first."""
    return list(with_everything(Review.objects.filter(closed_at__isnull=False)).order_by("-closed_at")[:most])


def questionnaires_of(provider_id: int) -> QuerySet[Questionnaire]:
    """The questionnaires sent to a provider, those that wait first."""
    return Questionnaire.objects.filter(provider=provider_id).select_related("review__tool").order_by("handed_in_at", "due_on")


def usable_alternatives(tool: Tool, at: dt.datetime, *, most: int = 4) -> list[Status]:
    """Tools that may be used instead: those a review named first, then others for the same subjects and purposes. A fixed number of queries."""
    named = [each.instead for each in tool.alternatives.select_related("instead__provider")]
    others = list(catalogue.same_purpose(tool)[:40]) if tool.subjects or tool.purposes else []
    tools = list({each.pk: each for each in [*named, *others]}.values())
    found = status.of_all(tools, at)
    return [found[each.pk] for each in tools if found[each.pk].usable][:most]


def alternatives_for_all(tools: Collection[Tool], at: dt.datetime) -> dict[int, list[Status]]:
    """The alternatives that reviews named, usable today, for many tools, by the tool's id. A fixed number of queries."""
    rows = list(Alternative.objects.filter(tool__in=[tool.pk for tool in tools]).select_related("instead__provider"))
    found = status.of_all([row.instead for row in rows], at)
    by_tool: dict[int, list[Status]] = {tool.pk: [] for tool in tools}
    for row in rows:
        if found[row.instead_id].usable:
            by_tool[row.tool_id].append(found[row.instead_id])
    return by_tool
