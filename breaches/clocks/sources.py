"""Clocks of the rooms below: data requests, families' questions about looks, reviews of tools. Each room tells its own people of them."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from breaches.clocks import registry
from breaches.clocks.registry import Running, Source
from breaches.clocks.rules import LAST_MOMENT
from governance.records.models import LookQuestion
from governance.requests.models import DataRequest
from governance.vocabulary import Permission
from vendors.reviews.models import Review


def end_of(day: dt.date) -> dt.datetime:
    """The last second of a day at the district."""
    return dt.datetime.combine(day, LAST_MOMENT, timezone.get_default_timezone())


def _requests(_at: dt.datetime) -> list[Running]:
    waiting = DataRequest.objects.filter(state=DataRequest.State.SUBMITTED, due_on__isnull=False).select_related("stewardship__steward")
    return [
        Running(
            key=str(one.public_id),
            about=str(one),
            title=_("A request for data waits for a decision"),
            started_at=one.submitted_at,
            due_at=end_of(one.due_on),
            url=reverse("requests:decide", args=[one.public_id]),
            holder=one.stewardship.steward.name if one.stewardship else "",
        )
        for one in waiting
        if one.due_on
    ]


def _questions(_at: dt.datetime) -> list[Running]:
    return [
        Running(
            key=str(one.public_id),
            about=_("Question of a family"),
            title=_("A family asks why a record was opened"),
            started_at=one.asked_at,
            due_at=end_of(one.due_on),
            url=reverse("records:question", args=[one.public_id]),
            holder=one.asked_of.name if one.asked_of else "",
        )
        for one in LookQuestion.objects.filter(answered_at=None).select_related("asked_of")
    ]


def _reviews(_at: dt.datetime) -> list[Running]:
    return [
        Running(
            key=str(one.public_id),
            about=one.tool.name,
            title=_("A tool is being reviewed"),
            started_at=one.opened_at,
            due_at=end_of(one.due_on),
            url=reverse("reviews:detail", args=[one.public_id]),
            holder=one.reviewer.name if one.reviewer else "",
        )
        for one in Review.objects.filter(closed_at=None).select_related("tool", "reviewer")
    ]


registry.register(Source("requests", gettext_lazy("Requests for data"), (Permission.DECIDE_REQUESTS,), _requests))
registry.register(Source("questions", gettext_lazy("Questions of families"), (Permission.SEARCH_TRAIL,), _questions))
registry.register(Source("reviews", gettext_lazy("Reviews of tools"), (Permission.REVIEW_TOOLS,), _reviews))
