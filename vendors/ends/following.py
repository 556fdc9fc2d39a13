"""What opens an order by itself: a withdrawn consent, an end, a child who left. Everything may run twice."""

import datetime as dt
from collections.abc import Iterable

from governance.people.queries import day_of
from governance.records.models import Student
from portal.base import clock
from vendors import followers
from vendors.ends import actions, queries
from vendors.ends.models import Because, Order
from vendors.providers.models import Tool
from vendors.reviews import status
from vendors.reviews.models import Approval
from vendors.reviews.rules import Because as Why
from vendors.reviews.rules import State

_OVER = frozenset({State.ENDED, State.RETIRED, State.REFUSED})
_BECAUSE = {Why.AGREEMENT_ENDED: Because.AGREEMENT_ENDED, Why.NOT_LISTED: Because.AGREEMENT_ENDED}


@followers.follow(followers.CONSENT_WITHDRAWN)
def order_for_the_child(body: dict) -> None:
    """A family said no, or took its OK back: the company must delete what it may hold of the child. Body: `student` and `tool`, opaque ids."""
    tool = Tool.objects.select_related("provider").get(public_id=body["tool"])
    student = Student.objects.get(public_id=body["student"])
    if queries.may_hold(tool, student):
        actions.order_for(tool=tool, students=[student], because=Because.CONSENT_WITHDRAWN, by=None, at=clock.now())


@followers.follow(followers.AGREEMENT_ENDED)
def order_for_its_tools(body: dict) -> None:
    """An agreement is over: of each tool that no other one carries everything must be deleted."""
    listed = Tool.objects.filter(services__version__agreement__public_id=body["agreement"], services__version__signed_at__isnull=False)
    order_where_over(listed.distinct().order_by("pk").values_list("pk", flat=True), at=clock.now())


def order_where_over(tools: Iterable[int], *, at: dt.datetime) -> int:
    """Open an order for each of these tools that was approved once, may not be used any more and has no order since. Answers how many."""
    found = list(Tool.objects.filter(pk__in=list(tools), collects_nothing=False).select_related("provider"))
    last: dict[int, dt.datetime] = {}
    for tool_id, decided in Approval.objects.filter(tool__in=found, starts_on__lte=clock.today()).values_list("tool_id", "decided_at"):
        last[tool_id] = max(decided, last.get(tool_id, decided))
    ordered: dict[int, dt.datetime] = {}
    for tool_id, opened in Order.objects.filter(tool__in=found, whole=True).values_list("tool_id", "opened_at"):
        ordered[tool_id] = max(opened, ordered.get(tool_id, opened))
    count = 0
    for stands in status.of_all([tool for tool in found if tool.pk in last], at).values():
        tool = stands.tool
        if stands.state not in _OVER or (tool.pk in ordered and ordered[tool.pk] >= last[tool.pk]):
            continue
        because = Because.TOOL_RETIRED if stands.state is State.RETIRED else _BECAUSE.get(stands.because, Because.APPROVAL_ENDED)
        actions.order_all(tool=tool, because=because, by=None, at=at)
        count += 1
    return count


def look_round(*, at: dt.datetime) -> int:
    """Open the orders that time or a person's act has made due. Answers how many."""
    approved = Approval.objects.values("tool")
    count = order_where_over(Tool.objects.filter(pk__in=approved).values_list("pk", flat=True), at=at)
    for tool in Tool.objects.filter(pk__in=approved, collects_nothing=False).select_related("provider").order_by("pk"):
        left = queries.left_and_not_ordered(tool)
        if left:
            count += actions.order_for(tool=tool, students=left, because=Because.CHILD_LEFT, by=None, at=at) is not None
    return count


def send_and_remind(*, at: dt.datetime) -> int:
    """Send the orders that have gathered long enough, and put the reminders that are due. Answers how many messages."""
    on, count = day_of(at), 0
    for order in Order.objects.filter(sent_at=None, called_off_at=None, opened_at__lte=at - actions.GATHERS).order_by("pk"):
        actions.send(order=order.public_id, at=at)
        count += 1
    soon = queries.waiting().filter(due_on__lte=on + dt.timedelta(days=max(actions.DAYS_AHEAD)))
    for order in soon.prefetch_related("reminders"):
        left = (order.due_on - on).days
        due = actions.OVER if left < 0 else min(days for days in actions.DAYS_AHEAD if left <= days)
        if all(reminder.days > due for reminder in order.reminders.all()):
            count += actions.remind(order=order.public_id, days=due, at=at)
    return count
