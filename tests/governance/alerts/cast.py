"""Looks through the door as people make them, runs of the watch, and alerts as far along as a test needs them."""

import datetime as dt
from typing import Any

from django.db import connections

from breaches.reports.models import Report
from governance.alerts import actions, limits, queries, runner
from governance.alerts.models import Alert, AlertLook, Detector, Limits, Planting
from governance.people.models import School, User
from governance.trail import context, entries
from governance.vocabulary import Event, Role
from portal.base import clock
from tests.governance.situations import person

ON = limits.defaults() | {"planted": {"on": 1}}
CALLED = {"given": "Zebulon", "family": "Quillmarsh", "grade": "07"}


def look(
    who: User | str,
    students: list[int],
    *,
    hat: Role | str = Role.TEACHER,
    event: str = Event.STUDENT_OPENED,
    elements: tuple[str, ...] = ("name",),
    **facts: Any,
) -> entries.Written:
    """An entry that opens these students, written by the application's login as the door writes it."""
    by = person(who) if isinstance(who, str) else who
    given = {"hat": hat, "purpose": "classroom-instruction", "basis": "ferpa-school-official", **facts}
    return entries.append_ahead(event, by=by, students=students, elements=elements, **given)


def refused_sign_ins(count: int, *, address: str = "198.51.100.7") -> None:
    """Failed sign-ins from one address."""
    with context.acting(actor_id=None, address=address):
        for _ in range(count):
            entries.refuse(Event.SIGN_IN_FAILED, by=None)


def watch() -> list[tuple[str, int | None]]:
    """Run the watch; (detector, actor) of every alert that is new."""
    before = set(Alert.objects.values_list("pk", flat=True))
    done = runner.run()
    assert done is not None
    found = Alert.objects.exclude(pk__in=before).order_by("pk")
    return [(alert.detector, alert.actor_id) for alert in found]


def found(detector: str) -> list[Alert]:
    """The open alerts of that sort."""
    return list(Alert.objects.filter(detector=detector, closed_at=None).order_by("pk"))


def set_numbers(**changed: dict[str, int]) -> None:
    """Put other numbers in force, with the owner's login."""
    version = Limits.objects.using("owner").get(state="in_force")
    numbers = queries.numbers_of(version)
    for detector, values in changed.items():
        numbers[detector] |= values
    Limits.objects.using("owner").filter(pk=version.pk).update(state="replaced")
    Limits.objects.using("owner").create(
        number=version.number + 1, state="in_force", numbers=numbers, reason="for a test", proposed_at=clock.now(),
        proposed_by=person("compliance"), decided_by=person("leader"), decided_at=clock.now(),
    )  # fmt: skip


def alert_about(who: str, *, detector: str = Detector.NO_CLASS, **more: Any) -> Alert:
    """An open alert, put there with the owner's login."""
    now = clock.now()
    given = {
        "actor_id": person(who).pk, "hat": "teacher", "raised_at": now, "first_at": now, "last_at": now, "count": 1, "told_at": now,
        "facts": {"students": 1, "unrelated": 1, "usual_hour": 4, "earlier": 0},
    }  # fmt: skip
    made = Alert.objects.using("owner").create(
        detector=detector, limits_id=Limits.objects.using("owner").get(state="in_force").pk, **(given | more)
    )
    AlertLook.objects.using("owner").create(
        alert_id=made.pk, detector=detector, entry_id=made.pk, entry_at=now, kind="records.student.opened", students=1
    )
    return Alert.objects.get(pk=made.pk)


def plant() -> int:
    """The anchor of a record that admin and superintendent planted, with the watch for it switched on."""
    school = School.objects.get(sourced_id="middle")
    made = actions.propose_planting(school=school, **CALLED, by=person("admin"), at=clock.now())
    actions.confirm_planting(public_id=made.public_id, by=person("leader"), at=clock.now())
    runner.run()
    assert Planting.objects.get(pk=made.pk).state == "planted"
    set_numbers(planted={"on": 1})
    return as_owner("SELECT max(id) FROM records_student")[0][0]


def end_by_sql(alert: Alert, *, who: int | None, why: str = "work", said: str = "Mine.") -> None:
    """End an alert with the application's login alone, past the pages and actions."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT door.alert_close(%s, %s, %s, NULL, %s, NULL, now(), NULL, NULL)", [alert.pk, why, said, who])


def as_owner(sql: str, parameters: tuple = ()) -> list[tuple]:
    """Rows of a statement with the owner's login."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def history(who: User, *, days_ago: int, hours: int, students: list[int]) -> None:
    """What somebody opened in earlier hours, each of these students in each hour, with the owner's login."""
    now = clock.now() - dt.timedelta(days=days_ago)
    for hour in range(hours):
        as_owner(
            'INSERT INTO trail.entry("timestamp", action, kind, actor_id, hat, purpose, basis, elements, record_ids)'
            " VALUES (%s, 3, 'records.student.opened', %s, 'counselor', 'counseling', 'ferpa-school-official', '{name}', %s)",
            (now - dt.timedelta(hours=hour), who.pk, students),
        )


def forget_the_demos() -> None:
    """Take away the alerts that the demo shows, with the reports of them, and the home that one of them rests on."""
    Report.objects.using("owner").filter(alert__isnull=False).delete()
    Alert.objects.using("owner").all().delete()
    as_owner("SET ROLE portal_door")
    as_owner("DELETE FROM watch.home")
    as_owner("RESET ROLE")
