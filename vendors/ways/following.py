"""What ends elsewhere opens a task here, and what waits too long is told to more people. Everything may run twice."""

import datetime as dt

from governance.people.queries import day_of
from governance.records.models import Student
from portal.base import clock, workdays
from vendors import followers
from vendors.providers.models import Tool
from vendors.reviews.rules import Because, State
from vendors.reviews.status import Status
from vendors.sharing import actions as sharing
from vendors.sharing import queries as shared
from vendors.sharing.models import StopTask
from vendors.ways import actions, queries, rules
from vendors.ways.models import ChildStop
from vendors.ways.rules import Step


@followers.follow(followers.CONSENT_WITHDRAWN)
def take_the_child_off(body: dict) -> None:
    """A family said no, or took its OK back: the child is to be taken off every way that the gate does not hold."""
    tool = Tool.objects.get(public_id=body["tool"])
    student = Student.objects.get(public_id=body["student"])
    actions.stop_for_children(tool=tool, students=[student], because="withdrawn", by=None, at=clock.now())


def look_round(*, at: dt.datetime) -> int:
    """Open the tasks that time or a person's act has made due, and tell whom each concerns. Answers how many."""
    count = sum(len(sharing.stop_ways(tool=now.tool, because=_word(now), by=None, at=at)) for now in queries.tools_over(at))
    return count + _children_who_left(at) + _tell(at)


def _word(now: Status) -> str:
    if now.state is State.RETIRED:
        return "retired"
    if now.state is State.REFUSED:
        return "refused"
    return "agreement_ended" if now.because in {Because.AGREEMENT_ENDED, Because.NOT_LISTED} else "approval_ended"


def _children_who_left(at: dt.datetime) -> int:
    left = queries.left_of_late(on=day_of(at))
    tools = Tool.objects.in_bulk({tool for _student, used in left for tool in used})
    by_tool: dict[int, list[Student]] = {}
    for student, used in left:
        for tool in used:
            by_tool.setdefault(tool, []).append(student)
    count = 0
    for tool_id, students in sorted(by_tool.items()):
        channels = list(queries.outside(tools[tool_id]).values_list("pk", flat=True))
        known = queries.taken_off([student.pk for student in students], channels)
        fresh = [student for student in students if any(_is_new(student, known.get((student.pk, channel))) for channel in channels)]
        if fresh:
            count += len(actions.stop_for_children(tool=tools[tool_id], students=fresh, because="left", by=None, at=at))
    return count


def _is_new(student: Student, line: object) -> bool:
    since = getattr(line, "since", None)
    return since is None or (student.left_on is not None and day_of(since) < student.left_on)


def _tell(at: dt.datetime) -> int:
    on = day_of(at)
    waiting: list[StopTask | ChildStop] = [
        *shared.open_tasks().prefetch_related("told"),
        *queries.open_child_stops().prefetch_related("told"),
    ]
    count = 0
    for task in waiting:
        told = {Step(each.step) for each in task.told.all()}
        step = rules.step_due(due_on=day_of(task.due_at), on=on, told=told, workdays=workdays.between)
        if step is not None:
            count += actions.tell(task=task, step=step, at=at)
    return count
