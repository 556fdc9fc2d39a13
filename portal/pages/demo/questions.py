"""What a family asked about looks of the demo: one question answered, one that waits for the teacher."""

import datetime as dt
import uuid
from typing import Any

from governance.records.models import LookQuestion
from governance.records.questions.rules import SCHOOL_DAYS_TO_ANSWER
from governance.vocabulary import Event
from portal.base import workdays
from portal.pages.demo.plan import Plan

_LATEST = """SELECT id, "timestamp", kind, elements, cardinality(record_ids), purpose FROM trail.entry
  WHERE record_ids @> ARRAY[%s::bigint] AND actor_id = %s AND kind = ANY (%s) AND "timestamp" < %s ORDER BY "timestamp" DESC LIMIT 1"""


def make(plan: Plan, users: dict[str, int], cursor: Any, *, now: dt.datetime, using: str) -> None:
    """Ask about the latest looks of counselor and teacher at the child of parent@, as far as there are any."""
    child = plan.child("maya")
    for who, asked_ago, words, answer in (
        ("counselor", 21, "Was something the matter that day?", LookQuestion.Answer.MEETING),
        ("teacher", 2, "Why did you open this list?", ""),
    ):
        before = now - dt.timedelta(days=asked_ago, hours=3)
        cursor.execute(
            _LATEST, [child.id, users[who], [str(Event.CLASS_LIST_OPENED), str(Event.STUDENT_OPENED), str(Event.STUDENTS_FOUND)], before]
        )
        found = cursor.fetchone()
        if found is None:
            continue
        entry, at, kind, elements, students, purpose = found
        asked = now - dt.timedelta(days=asked_ago)
        LookQuestion.objects.using(using).create(
            public_id=uuid.uuid5(child.public_id, who),
            student_id=child.id,
            entry_id=entry,
            entry_at=at,
            look={"kind": kind, "elements": elements, "students": students, "purpose": purpose, "grant_id": None},
            asked_by_id=users["parent"],
            asked_at=asked,
            words=words,
            asked_of_id=users[who],
            due_on=workdays.after(asked.date(), SCHOOL_DAYS_TO_ANSWER),
            answer=answer,
            answered_by_id=users[who] if answer else None,
            answered_at=asked + dt.timedelta(days=1) if answer else None,
        )
