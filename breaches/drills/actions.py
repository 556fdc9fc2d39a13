"""What people do in a drill. Each verb is one transaction, with its entry inside.

What is done on the road itself (deciding, lists, notices) is done by the verbs of the rooms it belongs to, which hold back what would go outside.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.affected import actions as affected
from breaches.affected.models import AffectedList
from breaches.drills import library, queries, results
from breaches.drills.models import Answer, Arrival, Drill, Improvement
from breaches.handling import check_may, hat_of
from breaches.incidents import actions as incidents
from breaches.incidents import containment
from breaches.incidents.models import Step
from breaches.readiness import queries as readiness
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo
from vendors.providers.models import Provider, Tool


@transaction.atomic
def start(*, scenario: str, tool: Tool | None = None, by: User, at: dt.datetime) -> Drill:
    """Start a drill from the library: an incident with `drill` set, which `by` leads. `tool` is the one that stands in for the scenario's.

    Raises CannotDo for a scenario that the library does not have, and for who handles no incidents.
    """
    check_may(by, at=at)
    found = library.scenarios().get(scenario)
    if found is None:
        raise CannotDo(_("The library has no such scenario. Choose one of the list."), code="unknown")
    incident = incidents.open_incident(
        title=found.title, kind=found.kind, severity=found.severity, discovered_at=at, tool=tool, by=by, at=at, drill=True
    )
    made = Drill.objects.create(incident=incident, scenario=found.id, sha256=found.sha256, started_at=at, started_by=by)
    _tell(Event.DRILL_STARTED, made, by=by, at=at, action=Action.CREATE, scenario=found.id, incident=str(incident.public_id))
    return made


@transaction.atomic
def let_in(*, drill: UUID, number: int, by: User, at: dt.datetime) -> Arrival:
    """Let the next inject in before its time. `number` is the one that was next on the page. Raises CannotDo where it is there already."""
    locked = _open(drill, by=by, at=at)
    coming = queries.next_inject(locked, at=at)
    if coming is None:
        raise CannotDo(_("Everything has arrived already."), code="all_there")
    if coming.number != number:
        raise CannotDo(_("That has arrived meanwhile."), code="changed")
    made = Arrival.objects.create(drill=locked, number=number, at=at, by=by)
    _tell(Event.DRILL_INJECT_TAKEN, locked, by=by, at=at, inject=number)
    return made


@transaction.atomic
def answer(*, drill: UUID, inject: int, question: int, words: str, by: User, at: dt.datetime) -> Answer:
    """Answer a question of an inject that is there. Raises CannotDo without words, and for a question that is not asked yet."""
    locked = _open(drill, by=by, at=at)
    there = {each.inject.number: each.inject for each in queries.arrived(locked, at=at)}
    if inject not in there or not 0 <= question < len(there[inject].questions):
        raise CannotDo(_("This question has not arrived yet."), code="not_there")
    if not words.strip():
        raise CannotDo(_("Write what you would do, in a sentence or two."), code="no_words")
    made = Answer.objects.create(drill=locked, inject=inject, question=question, words=words.strip(), at=at, by=by)
    _tell(Event.DRILL_ANSWERED, locked, by=by, at=at, inject=inject, question=question)
    return made


@transaction.atomic
def hold_step(*, drill: UUID, kind: str, words: str, by: User, at: dt.datetime) -> Step:
    """Say what would be stopped. It stands on the timeline of the incident, and nothing is stopped. Raises CannotDo for an unknown step."""
    locked = _open(drill, by=by, at=at)
    if kind not in Step.Kind.values:
        raise CannotDo(_("Choose what you would do."), code="unknown")
    said = _("Held, as this is a drill. It would have been: %(step)s. %(words)s") % {"step": Step.Kind(kind).label, "words": words.strip()}
    step = containment.note_outside(incident=locked.incident.public_id, words=said.strip()[:500], by=by, at=at)
    _tell(Event.DRILL_STEP_HELD, locked, by=by, at=at, step=str(kind))
    return step


@transaction.atomic
def copy_list(*, drill: UUID, source: UUID, by: User, at: dt.datetime) -> AffectedList:
    """Ask for the list of a real incident once more, for the drill. Raises CannotDo for a list that is not there to be copied."""
    locked = _open(drill, by=by, at=at)
    found = queries.lists_to_copy(by).filter(public_id=source).first()
    if found is None:
        raise CannotDo(_("This list cannot be copied. Choose one that was computed for a real incident."), code="unknown")
    asked = found.query
    given: dict[str, Any] = {"incident": locked.incident.public_id, "by": by, "at": at}
    match found.how:
        case AffectedList.How.FILE:
            made = affected.ask_file(disclosure=UUID(asked["disclosure"]), **given)
        case AffectedList.How.ACCOUNT:
            made = affected.ask_account(
                account=User.objects.get(pk=asked["actor"]), since=_moment(asked["from"]), until=_moment(asked["until"]), reach="reach" in asked,
                **given,
            )  # fmt: skip
        case _:
            made = affected.ask_provider(
                provider=Provider.objects.get(public_id=asked["provider"]), since=_day(asked["from"]), until=_day(asked["until"]),
                reach="reach" in asked, **given,
            )  # fmt: skip
    _tell(Event.DRILL_LIST_COPIED, locked, by=by, at=at, list=str(made.public_id), source=str(found.public_id))
    return made


@transaction.atomic
def end(*, drill: UUID, lessons: str, by: User, at: dt.datetime) -> Drill:
    """End a drill: its result is fixed as the clocks say, and its incident closes. Raises CannotDo without what was learned."""
    locked = _open(drill, by=by, at=at)
    if not lessons.strip():
        raise CannotDo(_("Say what you learned: what went well, what did not, what was missing."), code="no_lessons")
    signed_in = readiness.tried_between(locked.started_at, at)
    locked.result = results.kept(queries.score(locked, at=at, signed_in=signed_in))
    locked.ended_at, locked.ended_by, locked.lessons = at, by, lessons.strip()
    locked.save(update_fields=["result", "ended_at", "ended_by", "lessons"])
    incidents.close_drill(incident=locked.incident.public_id, lessons=lessons, by=by, at=at)
    _tell(Event.DRILL_ENDED, locked, by=by, at=at, scenario=locked.scenario, good=locked.result["good"], steps=len(locked.result["steps"]))
    return locked


@transaction.atomic
def improve(*, drill: UUID, title: str, owner: User, due_on: dt.date, by: User, at: dt.datetime) -> Improvement:
    """Give somebody something to do because of a drill, while it runs or after it. Raises CannotDo for a day that has passed."""
    check_may(by, at=at)
    about = Drill.objects.select_for_update(of=("self",)).get(public_id=drill)
    if due_on < people.day_of(at):
        raise CannotDo(_("This day has passed. Choose a day from today on."), code="in_the_past")
    if not title.strip():
        raise CannotDo(_("Say what is to be done."), code="no_words")
    made = Improvement.objects.create(drill=about, title=title.strip(), owner=owner, due_on=due_on, given_at=at, given_by=by)
    _tell(Event.DRILL_TASK_GIVEN, about, by=by, at=at, task=str(made.public_id), owner=str(owner.public_id))
    return made


@transaction.atomic
def improved(*, task: UUID, words: str, by: User, at: dt.datetime) -> Improvement:
    """Say that it is done, and what came of it. Raises CannotDo for somebody else's, without words, and where it is done."""
    locked = Improvement.objects.select_for_update(of=("self",)).select_related("drill").get(public_id=task)
    if locked.owner_id != by.pk:
        check_may(by, at=at)
    if locked.done_at is not None:
        raise CannotDo(_("Somebody finished this already."), code="decided")
    if not words.strip():
        raise CannotDo(_("Say what came of it."), code="no_words")
    locked.done_at, locked.done_by, locked.words = at, by, words.strip()
    locked.save(update_fields=["done_at", "done_by", "words"])
    _tell(Event.DRILL_TASK_DONE, locked.drill, by=by, at=at, task=str(locked.public_id))
    return locked


def _open(public_id: UUID, *, by: User, at: dt.datetime) -> Drill:
    check_may(by, at=at)
    locked = Drill.objects.select_for_update(of=("self",)).select_related("incident").get(public_id=public_id)
    if locked.ended_at is not None:
        raise CannotDo(_("This drill has ended. Start another one."), code="ended")
    return locked


def _moment(said: str) -> dt.datetime:
    return dt.datetime.fromisoformat(said)


def _day(said: str) -> dt.date:
    return dt.date.fromisoformat(said)


def _tell(event: Event, drill: Drill, *, by: User, at: dt.datetime, action: Action = Action.UPDATE, **told: Any) -> None:
    entries.append(event, action=action, by=by, about=drill, hat=hat_of(by, at), data=told)
