"""What follows here from agreements and from time: approvals that are asked again, reviews that fall due. Everything may run twice."""

import datetime as dt

from django.db import transaction

from governance.people.queries import day_of
from portal.base import clock
from vendors import followers
from vendors.agreements.models import Service, Version
from vendors.providers.models import AutomatedDecision, Tool
from vendors.reviews import actions, status
from vendors.reviews.models import Approval, Review

RENEW_DAYS = 60  # an approval that ends is reviewed so many days ahead
YEARLY_DAYS = 30


@followers.follow(followers.AGREEMENT_SIGNED)
def ask_affected_again(body: dict) -> None:
    """A signed text that adds or removes a tool or an element: each approval that rests on the agreement and is touched is asked again.

    A tool that was added and has no review yet gets one.
    """
    version = Version.objects.select_related("agreement").get(public_id=body["version"])
    before = version.agreement.versions.filter(signed_at__isnull=False, number__lt=version.number).order_by("-number").first()
    if before is None:
        return
    now, then = _schedule_of(version), _schedule_of(before)
    at = clock.now()
    for approval in Approval.objects.filter(agreement=version.agreement, ended_at=None).select_related("tool"):
        because = _what_changed(now, then, approval.tool_id)
        if because:
            actions.ask_again(approval=approval, because=because, at=at)
    for tool in Tool.objects.filter(pk__in=now.keys() - then.keys(), retired_at=None):
        if not Approval.objects.filter(tool=tool, ended_at=None).exists():
            actions.open_review(tool=tool, because=Review.Because.AMENDMENT, by=None, at=at)


def _schedule_of(version: Version) -> dict[int, frozenset[str]]:
    services = Service.objects.filter(version=version).prefetch_related("schedule")
    return {service.tool_id: frozenset(line.element_id for line in service.schedule.all()) for service in services}


def _what_changed(now: dict[int, frozenset[str]], then: dict[int, frozenset[str]], tool_id: int) -> str:
    if tool_id in then and tool_id not in now:
        return "tool_removed"
    if tool_id in now and tool_id not in then:
        return "tool_added"
    if tool_id not in now or now[tool_id] == then[tool_id]:
        return ""
    return "elements_removed" if then[tool_id] - now[tool_id] else "elements_added"


@transaction.atomic
def open_what_falls_due(*, at: dt.datetime) -> int:
    """Open reviews of approvals that end within RENEW_DAYS, and the yearly ones of tools that score or decide. Answers how many tools."""
    on = day_of(at)
    ending = Tool.objects.filter(
        retired_at=None, approvals__ended_at=None, approvals__ends_on__gte=on, approvals__ends_on__lte=on + dt.timedelta(days=RENEW_DAYS)
    )
    deciding = AutomatedDecision.objects.filter(ended_on=None, review_due_on__lte=on + dt.timedelta(days=YEARLY_DAYS)).values("tool")
    yearly = Tool.objects.filter(retired_at=None, pk__in=deciding, approvals__ended_at=None)
    count = 0
    for because, tools in ((Review.Because.RENEWAL, ending), (Review.Because.YEARLY, yearly)):
        waiting = Review.objects.filter(closed_at=None).values("tool")
        for tool in tools.exclude(pk__in=waiting).distinct().order_by("pk"):
            if status.of(tool, at).usable:
                actions.open_review(tool=tool, because=because, by=None, at=at)
                count += 1
    return count
