"""`trail_bytes`: how much room the trail takes for each student seen in pages of 30, with everything that belongs to it on disk."""

import random
from contextlib import closing
from typing import Any

from governance.people.models import User
from governance.trail import context, entries
from governance.vocabulary import Event, Role
from tests.bench import harness, seeds

BAR = 95.0
STUDENTS = 10_000
PEERS = {"django-auditlog signals": 262, "one swapped entry": 85}


def run(full: bool) -> list[harness.Line]:
    """Pages of 30 students as the door writes them, then the size of the trail's tables and indexes, emptied of nothing."""
    pages = 30_000 if full else 6_000
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, STUDENTS, names=False)
        harness.lift_ceiling()
        before = _sizes(cursor)
        teachers = list(User.objects.order_by("pk")[:400])
        elements = seeds.ELEMENTS.strip("{}").split(",")
        pick = random.Random(1)
        for number in range(pages):
            teacher = teachers[number % len(teachers)]
            with context.acting(actor_id=teacher.pk, address=f"10.20.{number % 200}.{number % 250}"):
                entries.append_ahead(
                    Event.CLASS_LIST_OPENED, by=teacher, students=pick.sample(range(1, STUDENTS + 1), 30), elements=elements, hat=Role.TEACHER,
                    purpose="classroom-instruction", basis="wi-118-125-2d-official", rule_version="teacher-own-classes@1",
                )  # fmt: skip
        cursor.execute("VACUUM trail.entry")  # what an insert leaves for later is done, and still takes its room
        after = _sizes(cursor)
    each = {name: (after[name] - before.get(name, 0)) / (pages * 30) for name in after}
    value = sum(each.values())
    return [
        harness.line(
            "trail_bytes", value, "bytes a student in pages of 30, indexes in", bar=BAR, better="lower", n=1, spread=[value, value], peers=PEERS,
            of={name: harness.tidy(part) for name, part in sorted(each.items(), key=lambda pair: -pair[1]) if part >= 0.05}, pages=pages, students=STUDENTS,
        )
    ]  # fmt: skip


def _sizes(cursor: Any) -> dict[str, int]:
    """Bytes of the partitions' tables, and of each kind of index over all of them."""
    cursor.execute(
        """
        SELECT 'table', sum(pg_table_size(i.inhrelid)) FROM pg_inherits i WHERE i.inhparent = 'trail.entry'::regclass
        UNION ALL
        SELECT c.relname, sum(pg_relation_size(p.inhrelid)) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_inherits p ON p.inhparent = x.indexrelid
        WHERE x.indrelid = 'trail.entry'::regclass GROUP BY c.relname
        """
    )
    return {name: int(size) for name, size in cursor.fetchall()}
