"""A few odd looks of the demo, with the entries they rest on: some closed with a reason, two that are open."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connections
from django.utils import timezone

from governance.alerts import limits
from governance.alerts.models import Alert, AlertLook, Detector, Limits, Reason
from governance.vocabulary import Event, Role
from portal.pages.demo.looks import COUNSELOR, OWN_STUDENT, Ground, Look
from portal.pages.demo.plan import Plan, Student

GUESSER = "198.51.100.77"
BUSY = 64
GRACE = dt.timedelta(days=14)


@dataclasses.dataclass
class Odd:
    """One alert to be: its looks, and how far people are with it."""

    detector: Detector
    actor: str | None
    hat: Role | None
    looks: list[Look]
    facts: dict[str, int]
    found: int = 1  # how many of the looks, the last ones, were odd
    question: str = ""
    reason: str = ""
    words: str = ""


class OddLooks:
    """`looks` go into the trail with all others; `write` puts the alerts beside them."""

    def __init__(self, plan: Plan, users: Mapping[str, int], grounds: Mapping[Role, Ground], now: dt.datetime):
        self.plan = plan
        self.users = users
        self.grounds = grounds
        self.now = now
        found = [odd for odd in (self._burst(), self._after_transfer(), self._stopped(), self._guesser(), self._same_home()) if odd]
        self.found = sorted(found, key=lambda odd: odd.looks[-1].at)

    @property
    def looks(self) -> Iterator[Look]:
        """Every look of an alert."""
        for odd in self.found:
            yield from odd.looks

    def _look(self, at: dt.datetime, event: Event, actor: str | None, hat: Role | None, **more: Any) -> Look:
        ground = self.grounds.get(hat) if hat and more.get("students") else None
        if ground:
            more |= {"purpose": ground.purpose, "basis": ground.basis, "rule": ground.rule}
        address = more.pop("address", "10.20.31.14")
        request_id = uuid.uuid5(uuid.NAMESPACE_OID, f"odd look {event} {actor} {at.isoformat()}").hex[:16]
        return Look(at, event, self.users[actor] if actor else None, hat, address, request_id, **more)

    def _moment(self, days_ago: int, hour: int) -> dt.datetime:
        return timezone.localtime(self.now - dt.timedelta(days=days_ago)).replace(hour=hour, minute=12, second=0, microsecond=0)

    # -- What happened -------------------------------------------------------------------------------------------------
    def _burst(self) -> Odd | None:
        school = self.plan.person("counselor").school
        students = [student for student in self.plan.students if student.school is school and not student.left_on and student.cast is None]
        if len(students) < BUSY:
            return None
        began = self._moment(48, 14)
        looks = [
            self._look(
                began + dt.timedelta(seconds=50 * number), Event.STUDENT_OPENED, "counselor", Role.COUNSELOR, elements=COUNSELOR, students=[student.id]
            )
            for number, student in enumerate(students[:BUSY])
        ]  # fmt: skip
        return Odd(
            Detector.BURST, "counselor", Role.COUNSELOR, looks, {"opened": BUSY, "usual": 3, "minutes": 60, "usual_hour": 3, "earlier": 21},
            found=BUSY - limits.KNOWN["burst"]["hour"].default + 1,
            question="What was the work that afternoon?", reason=Reason.WORK,
            words="Schedules of the second quarter were changed that week. The principal confirms it.",
        )  # fmt: skip

    def _after_transfer(self) -> Odd | None:
        for section in self.plan.sections:
            for student in section.students:
                left = student.left_on
                if section.year is self.plan.year and left and self.plan.today - left > GRACE + dt.timedelta(days=4):
                    at = self._moment((self.plan.today - left - GRACE).days - 3, 15)
                    actor = f"staff {section.teacher.id}"
                    look = self._look(at, Event.STUDENT_OPENED, actor, Role.TEACHER, elements=OWN_STUDENT, students=[student.id])
                    return Odd(
                        Detector.AFTER_TRANSFER, actor, Role.TEACHER, [look], {"students": 1, "departed": 1, "days": 14, "usual_hour": 1, "earlier": 2},
                        reason=Reason.ROSTER, words="The last grades were handed to the new school that day; the roster had ended the class before.",
                    )  # fmt: skip
        return None

    def _stopped(self) -> Odd:
        look = self._look(self._moment(23, 10), Event.LIMIT_REACHED, "principal", Role.PRINCIPAL)
        return Odd(
            Detector.VOLUME, "principal", Role.PRINCIPAL, [look], {"opened": 0, "usual_hour": 2, "earlier": 0},
            reason=Reason.TRAINING, words="Checked seating lists for the state test one by one. Showed how to ask for a list instead.",
        )  # fmt: skip

    def _guesser(self) -> Odd:
        began = self._moment(1, 5)
        looks = [
            self._look(began + dt.timedelta(seconds=40 * number), Event.SIGN_IN_FAILED, None, None, address=GUESSER) for number in range(26)
        ]
        return Odd(Detector.SIGN_INS, None, None, looks, {"tries": 26})

    def _same_home(self) -> Odd:
        student = self._neighbor()
        look = self._look(self._moment(2, 13), Event.STUDENT_OPENED, "counselor", Role.COUNSELOR, elements=COUNSELOR, students=[student.id])
        return Odd(
            Detector.SAME_ADDRESS, "counselor", Role.COUNSELOR, [look], {"students": 1, "usual_hour": 1, "earlier": 0},
            question="Staff records name the same home for you and for a student whose record you opened. What was the work?",
        )  # fmt: skip

    def _neighbor(self) -> Student:
        school = self.plan.person("counselor").school
        return next(one for one in reversed(self.plan.students) if one.school is school and one.cast is None and not one.left_on)

    # -- Into the database ---------------------------------------------------------------------------------------------
    def write(self, cursor: Any, *, using: str) -> None:
        """The alerts, once their looks stand in the trail; and the home that one of them rests on."""
        version = Limits.objects.using(using).get(state=Limits.State.IN_FORCE)
        for odd in self.found:
            cursor.execute(
                'SELECT id, "timestamp", kind, coalesce(cardinality(record_ids), 0) FROM trail.entry WHERE cid = ANY (%s) AND "timestamp" >= %s'
                ' ORDER BY "timestamp", id',
                [[look.request_id for look in odd.looks], odd.looks[0].at],
            )
            rows = cursor.fetchall()
            alert = Alert.objects.using(using).create(**self._alert(odd, rows[-odd.found][1], rows[-1][1], version.pk))
            AlertLook.objects.using(using).bulk_create(
                AlertLook(
                    alert_id=alert.pk, detector=odd.detector, entry_id=entry, entry_at=at, kind=kind, students=students, facts=odd.facts
                )
                for entry, at, kind, students in rows[-odd.found :]
            )
        cursor.execute("SET LOCAL ROLE portal_door")
        cursor.execute(
            "INSERT INTO watch.home SELECT %s, watch.digest(v.value) FROM records.value v WHERE v.student_id = %s AND v.element = 'address'",
            [self.users["counselor"], self._neighbor().id],
        )
        cursor.execute("RESET ROLE")

    def _alert(self, odd: Odd, first_at: dt.datetime, last_at: dt.datetime, version: int) -> dict[str, Any]:
        raised = last_at + dt.timedelta(seconds=14)
        asked = raised + dt.timedelta(hours=2) if odd.question else None
        closed = raised + dt.timedelta(days=1) if odd.reason else None
        officer = self.users["compliance"]
        return {
            "public_id": uuid.uuid5(uuid.NAMESPACE_OID, f"odd {odd.detector}"),
            "detector": odd.detector,
            "limits_id": version,
            "actor_id": self.users[odd.actor] if odd.actor else None,
            "hat": odd.hat or "",
            "address": odd.looks[-1].address,
            "raised_at": raised,
            "first_at": first_at,
            "last_at": last_at,
            "count": odd.found,
            "facts": odd.facts,
            "told_at": raised if closed else None,  # the watch hands on what is open, as it does with what it finds
            "question": odd.question,
            "asked_at": asked,
            "asked_by_id": officer if asked else None,
            "answer": "I rebuilt the schedules of the students whose second-quarter classes had filled up." if asked and closed else "",
            "answered_at": asked + dt.timedelta(hours=3) if asked and closed else None,
            "reason": odd.reason,
            "words": odd.words,
            "closed_at": closed,
            "closed_by_id": officer if closed else None,
        }


def begin_watching(*, using: str) -> None:
    """From now on the trail is watched: the year that was loaded is history. To be called once that is committed."""
    with connections[using].cursor() as cursor:
        cursor.execute("UPDATE alerts_watch SET snapshot = pg_current_snapshot()::text, looked_at = clock_timestamp()")
