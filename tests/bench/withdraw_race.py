"""`withdraw_race`: consents withdrawn while releases run: releases that begin after a confirmation and hold that child, of all. None may."""

import datetime as dt
import threading
import time
import uuid
from contextlib import closing

from django.db import connection, connections, transaction

from governance.people.models import User
from governance.records.models import Student
from portal.base import clock
from tests.bench import harness, seeds
from tests.bench.campaign_20k import families_of
from vendors.consents import actions, queries
from vendors.consents.models import Answer, Form, Matter, Standing
from vendors.providers.models import Provider, Tool

RELEASES, WITHDRAWING = 10, 4
PURPOSE = "online-learning-tool"


def run(full: bool) -> list[harness.Line]:
    """Ten threads release all students again and again, in transactions that hold for a while; four others take the OKs back one by one.

    A release keeps when its transaction began; a withdrawal, when its action returned. The clock is one and the same process's.
    """
    students = 1_000 if full else 200
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, students, names=False)
        families_of(cursor, students)
    form = _consented(students)
    tool = form.matter.tool
    assert tool is not None
    ids = list(range(1, students + 1))
    confirmed: dict[int, float] = {}
    released: list[tuple[float, frozenset[int]]] = []
    over, faults = threading.Event(), []

    def release() -> None:
        try:
            while not over.is_set():
                begun = time.monotonic()
                with transaction.atomic():
                    held, _withheld = queries.lock_permitted(ids, tool, PURPOSE, clock.now())
                    time.sleep(0.02)
                released.append((begun, held))
        except Exception as error:  # noqa: BLE001 - told below
            faults.append(error)
        finally:
            connections.close_all()

    def withdraw(share: list[int]) -> None:
        try:
            for student in share:
                actions.answer(
                    matter=form.matter, student=Student(pk=student), said=Answer.Said.WITHDRAWN, text_sha256=form.sha256, language="en",
                    key=uuid.uuid4(), by=User.objects.get(pk=1_000_000 + student), at=clock.now(),
                )  # fmt: skip
                confirmed[student] = time.monotonic()
        except Exception as error:  # noqa: BLE001 - told below
            faults.append(error)
        finally:
            connections.close_all()

    releases = [threading.Thread(target=release) for _number in range(RELEASES)]
    withdrawals = [threading.Thread(target=withdraw, args=[ids[number::WITHDRAWING]]) for number in range(WITHDRAWING)]
    begun = time.monotonic()
    for thread in (*releases, *withdrawals):
        thread.start()
    for thread in withdrawals:
        thread.join()
    time.sleep(0.5)
    over.set()
    for thread in releases:
        thread.join()
    if faults:
        raise faults[0]
    wrong = sum(1 for at, held in released for student in held if confirmed[student] <= at)
    assert len(confirmed) == students and any(held for _at, held in released), "nothing was raced"
    return [
        harness.line(
            "withdraw_race", wrong, "releases after a confirmation that hold the child", bar=0, better="lower", n=len(released), spread=[wrong, wrong],
            withdrawn=students, releases=len(released), seconds=harness.tidy(time.monotonic() - begun),
        )
    ]  # fmt: skip


def _consented(students: int) -> Form:
    """A tool, a text that asks for an OK, and every student's family having said it."""
    at, by = clock.now(), User.objects.order_by("pk").first()
    assert by is not None
    provider = Provider.objects.create(slug="bench", name="Bench", listed_at=at)
    tool = Tool.objects.create(slug="bench", name="Bench", provider=provider, listed_at=at)
    matter = queries.matter_of(tool)
    facts = {"sort": Form.Sort.FERPA, "kind": Form.Kind.OPT_IN, "texts": {"en": {"title": "x", "words": "x", "if_nothing": "x"}}}
    form = Form.objects.create(
        matter=matter, number=1, purposes=[PURPOSE], sha256="a" * 64, published_at=at, published_by=by, **facts
    )  # fmt: skip
    Standing.objects.bulk_create(
        Standing(student_id=n, matter=matter, state="given", form=form, changed_at=at) for n in range(1, students + 1)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO consents_answer(public_id, key, standing_id, form_id, text_sha256, language, said, method, guardianship_id, by_id, signed_on, at)
            SELECT gen_random_uuid(), gen_random_uuid(), s.id, s.form_id, %s, 'en', 'given', 'portal', g.id, g.user_id, %s, %s
            FROM consents_standing s JOIN records_guardianship g ON g.student_id = s.student_id
            """,
            ["a" * 64, at.date(), at - dt.timedelta(minutes=1)],
        )
    assert form.matter.subject == Matter.Subject.TOOL
    return form
