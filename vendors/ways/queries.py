"""Reads of ways and of the tasks that stop them."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.people import queries as people
from governance.people.models import RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.records.models import Enrollment, Student
from governance.vocabulary import Permission
from vendors.agreements import queries as agreements
from vendors.providers.models import Channel, Tool
from vendors.reviews import status
from vendors.reviews.rules import State
from vendors.reviews.status import Status
from vendors.sharing.models import StopTask
from vendors.tool_requests.models import ToolUse
from vendors.ways.models import ChildStop, ChildStopped

OVER = frozenset({State.ENDED, State.RETIRED, State.REFUSED})
CHILD_LEFT_DAYS = 60  # a run that was missed is made up for so long


@dataclasses.dataclass(frozen=True)
class Way:
    """A way of data: what may go, what was seen to go, and the task that stops all of it, where one waits."""

    channel: Channel
    status: Status
    agreed: frozenset[str]
    task: StopTask | None

    @property
    def beyond(self) -> frozenset[str]:
        """Seen on it, and not agreed. On the portal's own way nothing can be: the gate asks each time."""
        return frozenset() if self.channel.kind == Channel.Kind.PORTAL else frozenset(self.channel.elements) - self.agreed

    @property
    def not_seen(self) -> frozenset[str]:
        """Agreed, and not seen on this way; nobody has to look at the portal's own."""
        return frozenset() if self.channel.kind == Channel.Kind.PORTAL else self.agreed - frozenset(self.channel.elements)


def ways(at: dt.datetime, channels: QuerySet[Channel] | None = None) -> list[Way]:
    """Open ways of all tools, agreed against really sent. A fixed number of queries."""
    found = list(
        (Channel.objects.filter(closed_at=None) if channels is None else channels)
        .select_related("tool__provider", "keeper__user", "checked_by", "evidence")
        .order_by("tool__name", "kind", "name", "pk")
    )
    tools = {channel.tool_id: channel.tool for channel in found}
    statuses = status.of_all(list(tools.values()), at)
    schedules = agreements.elements_of_all([each.version for each in statuses.values() if each.version is not None])
    tasks = {task.channel_id: task for task in StopTask.objects.filter(channel__in=found, done_at=None)}
    return [Way(each, statuses[each.tool_id], _agreed(statuses[each.tool_id], schedules), tasks.get(each.pk)) for each in found]


def _agreed(now: Status, schedules: Mapping[tuple[int, int], frozenset[str]]) -> frozenset[str]:
    if not now.usable or now.approval is None or now.version is None:
        return frozenset()
    return frozenset(now.approval.elements) & schedules.get((now.version.pk, now.tool.pk), frozenset())


def find_way(public_id: UUID, at: dt.datetime) -> Way | None:
    """The way with this opaque id, switched off or not."""
    return next(iter(ways(at, Channel.objects.filter(public_id=public_id))), None)


def outside(tool: Tool) -> QuerySet[Channel]:
    """Open ways of a tool that the portal's gate does not hold."""
    return Channel.objects.filter(tool=tool, closed_at=None).exclude(kind=Channel.Kind.PORTAL)


def child_stops() -> QuerySet[ChildStop]:
    """Tasks for single children, with what their pages show."""
    return ChildStop.objects.select_related("channel__tool__provider", "channel__keeper__user", "done_by")


def open_child_stops() -> QuerySet[ChildStop]:
    """Those that wait, the most urgent first. A way that is switched off as a whole needs none."""
    return child_stops().filter(done_at=None, channel__closed_at=None).order_by("due_at", "pk")


def find_child_stop(public_id: UUID) -> ChildStop | None:
    """The task with this opaque id."""
    return child_stops().filter(public_id=public_id).first()


def waiting_for(user: User, at: dt.datetime) -> int:
    """How many tasks wait for somebody: on their own ways, and on those that nobody owns or that are late. One query."""
    mine = Q(channel__keeper__user=user) | Q(channel__keeper=None) | Q(due_at__lt=at)
    whole = StopTask.objects.filter(mine, done_at=None).order_by().values("public_id")
    return whole.union(ChildStop.objects.filter(mine, done_at=None, channel__closed_at=None).order_by().values("public_id")).count()


def who_may_keep(*, on: dt.date) -> list[User]:
    """Who can own a way: people who keep providers today."""
    holders = RoleAssignment.objects.filter(people.in_force(on), role__in=HOLDERS[Permission.MANAGE_PROVIDERS]).values("user")
    return list(User.objects.filter(is_active=True, pk__in=holders).order_by("name", "pk"))


# -- What has ended, and whom that concerns ------------------------------------------------------------------------------------


def tools_over(at: dt.datetime) -> list[Status]:
    """Tools that may not be used any more, or were refused, to which a way outside is still open without a task."""
    waiting = StopTask.objects.filter(done_at=None).values("channel")
    channels = Channel.objects.filter(closed_at=None).exclude(kind=Channel.Kind.PORTAL).exclude(pk__in=waiting)
    found = list(Tool.objects.filter(channels__in=channels).distinct().order_by("pk"))
    return [now for now in status.of_all(found, at).values() if now.state in OVER]


def left_of_late(*, on: dt.date) -> list[tuple[Student, list[int]]]:
    """Students who left within CHILD_LEFT_DAYS, with the ids of the tools that their classes used until then. Two queries."""
    students = {each.pk: each for each in Student.objects.filter(left_on__gt=on - dt.timedelta(days=CHILD_LEFT_DAYS), left_on__lte=on)}
    if not students:
        return []
    sections: dict[int, set[int]] = {}
    for student, section in Enrollment.objects.filter(student__in=students).values_list("student_id", "section_id"):
        sections.setdefault(section, set()).add(student)
    found: dict[int, set[int]] = {pk: set() for pk in students}
    for use in ToolUse.objects.filter(sections__overlap=sorted(sections)):
        for student in set().union(*(sections.get(section, set()) for section in use.sections)):
            left_on = students[student].left_on
            if left_on is not None and use.starts_on <= left_on and (use.ended_at is None or people.day_of(use.ended_at) >= left_on):
                found[student].add(use.tool_id)
    return [(students[pk], sorted(tools)) for pk, tools in found.items() if tools]


def taken_off(students: Collection[int], channels: Collection[int]) -> dict[tuple[int, int], ChildStopped]:
    """The newest task line of each student and way, by (student, channel). One query."""
    lines = ChildStopped.objects.filter(student__in=students, task__channel__in=channels).select_related("task")
    return {(line.student_id, line.task.channel_id): line for line in lines.order_by("since", "pk")}
