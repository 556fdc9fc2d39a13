"""What families read about the ways outside the portal and about a company's deletion: that it stopped, is being stopped, or is late."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.people.queries import day_of
from portal.base import clock
from portal.base.components import Status
from portal.base.templatetags.portal import long_date
from vendors.consents import afterwards
from vendors.consents.afterwards import Told
from vendors.consents.models import Standing
from vendors.ends import families as deletions
from vendors.ends import queries as ends
from vendors.providers.models import Channel, Tool
from vendors.sharing.models import StopTask
from vendors.ways.models import ChildStop, ChildStopped

# How a way is called within a sentence that begins with it.
WAYS = {
    Channel.Kind.ROSTER_SERVICE: gettext_lazy("The service that sends class lists"),
    Channel.Kind.SIS: gettext_lazy("The student information system"),
    Channel.Kind.SIGN_IN: gettext_lazy("What goes along when your child signs in"),
    Channel.Kind.FILE: gettext_lazy("Files sent by hand"),
    Channel.Kind.TYPED: gettext_lazy("What people type in"),
}
assert set(WAYS) == set(Channel.Kind) - {Channel.Kind.PORTAL}


@afterwards.tells
def of_deletions(student_id: int, tools: Collection[Tool], on: dt.date) -> Mapping[int, Told]:
    """What the company says it did with the child's data, or that it is late."""
    found = ends.deletion_states(student_id, tools, at=clock.now())
    return {tool: Told(deletions.shown(state), deletions.sentence(state)) for tool, state in found.items()}


@afterwards.tells
def of_other_ways(student_id: int, tools: Collection[Tool], on: dt.date) -> Mapping[int, Told]:
    """Which ways outside the portal stopped for the child, or are being stopped, since when. Three queries."""
    ids = [tool.pk for tool in tools]
    lines: dict[int, dict[int, StopTask | ChildStop]] = {}
    agreed = Standing.objects.filter(student=student_id, matter__tool__in=ids, state=Standing.State.GIVEN)
    again = dict(agreed.values_list("matter__tool_id", "changed_at"))
    mine = (
        ChildStopped.objects.filter(student=student_id, task__channel__tool__in=ids).select_related("task__channel").order_by("since", "pk")
    )
    for line in mine:
        since = again.get(line.task.channel.tool_id)
        if since is None or since < line.since:  # an OK that came later opened the way again
            lines.setdefault(line.task.channel.tool_id, {})[line.task.channel_id] = line.task
    for task in StopTask.objects.filter(channel__tool__in=ids).select_related("channel").order_by("opened_at", "pk"):
        lines.setdefault(task.channel.tool_id, {})[task.channel_id] = task
    return {tool: _told(list(tasks.values()), on) for tool, tasks in lines.items()}


def _told(tasks: list[StopTask | ChildStop], on: dt.date) -> Told:
    waiting = [task for task in tasks if task.done_at is None and task.channel.closed_at is None]
    if any(day_of(task.due_at) < on for task in waiting):
        shown = Status("stop", _("Stopping is late"))
    elif waiting:
        shown = Status("warn", _("Being stopped"))
    else:
        shown = Status("off", _("Stopped"))
    return Told(shown, " ".join(_sentence(task, on) for task in tasks))


def _sentence(task: StopTask | ChildStop, on: dt.date) -> str:
    since, by, off = day_of(task.opened_at), day_of(task.due_at), task.done_at or task.channel.closed_at
    words = {"way": WAYS[Channel.Kind(task.channel.kind)], "since": long_date(since), "by": long_date(by), "day": long_date(off)}
    if off is not None:
        return _("%(way)s: stopped on %(day)s.") % words
    if by < on:
        return _("%(way)s: being stopped since %(since)s. It was to be done by %(by)s and is late.") % words
    return _("%(way)s: being stopped since %(since)s. It must be done by %(by)s.") % words
