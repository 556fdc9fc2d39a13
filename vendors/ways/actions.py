"""What is done about ways of data: who owns one, a look at what it really sends, and the tasks that take single children off it."""

import datetime as dt
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.records import door as records
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission, Role
from portal.base import outbox
from portal.base.errors import CannotDo
from vendors.providers import actions as catalogue
from vendors.providers import documents
from vendors.providers.models import Channel, Tool
from vendors.sharing.actions import stop_by
from vendors.sharing.models import StopTask
from vendors.ways import queries
from vendors.ways.models import ChildStop, ChildStopped, Keeper, Told
from vendors.ways.rules import Step

TELL = "vendors.stop_task_told"
PURPOSE = "privacy-oversight"
BASIS = "ferpa-school-official"
SHOWN = ("local-id", "name")  # what tells a child apart in another system


class CannotStop(CannotDo):
    """The task stayed as it was."""


@transaction.atomic
def name_keeper(*, channel: Channel, user: User, by: User, at: dt.datetime) -> Keeper:
    """From now on the tasks of a way are this person's. Raises CannotStop for somebody who does not keep providers."""
    if not permissions.holds(people.roles_of(user, on=people.day_of(at)), Permission.MANAGE_PROVIDERS):
        raise CannotStop(_("This person does not keep providers. Choose somebody who does."), code="no_role")
    Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    keeper, _made = Keeper.objects.update_or_create(channel=channel, defaults={"user": user, "named_at": at, "named_by": by})
    entries.append(Event.WAY_KEEPER_NAMED, action=Action.UPDATE, by=by, about=channel, data={"keeper": user.pk})
    return keeper


@transaction.atomic
def check(
    *, channel: Channel, elements: Collection[str], note: str, checked_on: dt.date, content: bytes | None, by: User, at: dt.datetime
) -> Channel:
    """Somebody looked at what a way really sends: these elements, with what was seen and a PDF of it where there is one.

    Raises CannotStop for a day to come.
    """
    if checked_on > people.day_of(at):
        raise CannotStop(_("The day is in the future. Give the day on which somebody looked."), code="future_day")
    evidence = None
    if content is not None:
        evidence = documents.receive(content=content, title=_("What was seen: %(tool)s") % {"tool": channel.tool.name}, by=by, at=at)
    return catalogue.check_channel(
        channel=channel, elements=elements, evidence_note=note, checked_on=checked_on, evidence=evidence, by=by, at=at
    )


# -- Single children -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def stop_for_children(*, tool: Tool, students: Collection[Student], because: str, by: User | None, at: dt.datetime) -> list[ChildStop]:
    """Take these children off every way to a tool that lies outside the portal: a task for each way, with a clock. The gate needs none.

    A child whom an open task covers is left there. `because` is a word of sharing.words.STOPS.
    """
    on, made = people.day_of(at), []
    for channel in queries.outside(tool).select_for_update(of=("self",)).order_by("pk"):
        waiting = ChildStopped.objects.filter(task__channel=channel, task__done_at=None).values("student")
        fresh = [student for student in students if student.pk not in set(waiting.values_list("student", flat=True))]
        if not fresh:
            continue
        task, _new = ChildStop.objects.get_or_create(
            channel=channel, opened_on=on, done_at=None, defaults={"because": because, "opened_at": at, "due_at": stop_by(at)}
        )
        ChildStopped.objects.bulk_create(ChildStopped(task=task, student=student, because=because, since=at) for student in fresh)
        task.count = task.children.count()
        task.save(update_fields=["count"])
        for some in _parts([student.pk for student in fresh]):
            entries.append(
                Event.CHILD_STOP_OPENED,
                action=Action.CREATE,
                by=by,
                about=task,
                students=some,
                data={"tool": str(tool.public_id), "way": channel.kind, "why": because},
            )
        made.append(task)
    return made


def whom(*, task: ChildStop, by: User, at: dt.datetime) -> list[tuple[str, str]]:
    """(name, student number) of each child of a task, for whoever takes them off. Each child's log says who read that, and why."""
    hat = _hat(by, at)
    students = list(task.children.order_by("student_id").values_list("student_id", flat=True))
    found = []
    for some in _parts(students):
        written = entries.append_ahead(
            Event.CHILD_STOP_READ,
            by=by,
            students=some,
            elements=SHOWN,
            counted=True,
            data={"task": str(task.public_id), "tool": str(task.channel.tool.public_id)},
            hat=hat,
            purpose=PURPOSE,
            basis=BASIS,
        )
        opened = records.opened_by(written, students=some, elements=SHOWN)
        found += [(opened[pk].full_name, opened[pk].identity.get("local_id") or "") for pk in some if opened[pk].identity]
    return sorted(found)


@transaction.atomic
def finish_for_children(*, task: UUID, seen: str, by: User, at: dt.datetime) -> ChildStop:
    """Say that the children are off the way, and what was seen. Twice changes nothing. Raises CannotStop without what was seen."""
    held = ChildStop.objects.select_for_update(of=("self",)).select_related("channel").get(public_id=task)
    if held.done_at is not None:
        return held
    if not seen.strip():
        raise CannotStop(_("Write what you saw that shows that nothing of these children flows any more."), code="no_evidence")
    held.save(update_fields=held.close(seen=seen, by=by, at=at))
    for some in _parts(list(held.children.order_by("student_id").values_list("student_id", flat=True))):
        entries.append(
            Event.CHILD_STOP_DONE, action=Action.UPDATE, by=by, about=held, students=some, hat=_hat(by, at), data={"way": held.channel.kind}
        )
    return held


# -- Telling whoever owns it -----------------------------------------------------------------------------------------------------


@transaction.atomic
def tell(*, task: StopTask | ChildStop, step: Step, at: dt.datetime) -> bool:
    """Put the mail of a step into the outbox. False where it was put already."""
    whole = isinstance(task, StopTask)
    kept = {"way": task} if whole else {"children": task}
    _told, made = Told.objects.get_or_create(step=step.value, **kept, defaults={"at": at})
    if made:
        entries.append(Event.STOP_TASK_TOLD, action=Action.UPDATE, by=None, about=task, data={"step": step.value})
        outbox.put(TELL, at=at, task=str(task.public_id), whole=whole, step=step.value)
    return made


def _hat(by: User, at: dt.datetime) -> Role:
    roles = people.roles_of(by, on=people.day_of(at))
    hat = next((role for role in sorted(roles) if permissions.holds({role}, Permission.MANAGE_PROVIDERS)), None)
    if hat is None:
        raise CannotStop(_("Your role does not keep ways of data."), code="no_role")
    return Role(hat)


def _parts(students: list[int]) -> Iterable[list[int]]:
    return (students[first : first + records.MOST_IN_ONE_ENTRY] for first in range(0, len(students), records.MOST_IN_ONE_ENTRY))
