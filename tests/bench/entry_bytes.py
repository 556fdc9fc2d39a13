"""`entry_bytes`: how much room the trail takes for each student seen in a classroom's mix of looks, all indexes and all seals in.

The mix is a teacher's day: of a hundred looks 37 pages of 30 students, 37 class lists of 28, and 26 records opened one by one. At full size it is
a month of a district of 10,000 students (a million looks a year), since each month has a table and indexes of its own; sealed in batches of ten,
what such a district writes between two seals. The month is counted as one that is over, with its index of words. The short form is a smaller
month, on which the pending list of the students' index, at most 4 MB whatever the size, weighs more.
"""

import random
import uuid
from contextlib import closing
from typing import Any

from django.db import connection

from governance.trail.seals import sealer
from tests.bench import harness, sealing, seeds

BAR = 60.0
STUDENTS = 10_000
BETWEEN_SEALS = 10
VACUUM_EVERY = 20  # seals; autovacuum comes once a minute
LIST = "{grade,local-id,name,preferred-name}"
RECORD = seeds.ELEMENTS
# Of a hundred looks: how many, of how many students, what is opened, as what.
MIX = (
    (37, 30, LIST, "records.class_list.opened"), (37, 28, LIST, "records.class_list.opened"), (26, 1, RECORD, "records.student.opened"),
)  # fmt: skip
PEERS = {"django-auditlog signals": 229, "one swapped entry, without seals": 37.5}


def run(full: bool) -> list[harness.Line]:
    """Looks as the door writes them, sealed on the way; then the size of everything of the trail and its seals."""
    looks = 83_000 if full else 20_000
    key = sealing.begin()
    pick, seen = random.Random(1), 0
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, STUDENTS, names=False)
        harness.lift_ceiling()
        sealer.seal_everything(key=key, origin=sealing.ORIGIN)
        before = _sizes(cursor)
        for number in range(looks // BETWEEN_SEALS):
            chosen = pick.choices(MIX, weights=[share for share, *_ in MIX], k=BETWEEN_SEALS)
            seen += sum(students for _, students, *_ in chosen)
            _write([_look(pick, *one) for one in chosen])
            sealer.seal(key=key, origin=sealing.ORIGIN)
            if number % VACUUM_EVERY == 0:
                cursor.execute("VACUUM seal.edge")
        sealer.seal_everything(key=key, origin=sealing.ORIGIN)
        cursor.execute("SELECT trail.index_month(date_trunc('month', now() AT TIME ZONE 'UTC')::date)")
        cursor.execute("VACUUM trail.entry")  # what an insert leaves for later is done, and still takes its room
        after = _sizes(cursor)
    each = {name: (after[name] - before.get(name, 0)) / seen for name in after}
    value = sum(each.values())
    return [
        harness.line(
            "entry_bytes", value, "bytes a student seen, indexes and seals in", bar=BAR, better="lower", n=1, spread=[value, value], peers=PEERS,
            of={name: harness.tidy(part) for name, part in sorted(each.items(), key=lambda pair: -pair[1]) if part >= 0.05},
            looks=looks // BETWEEN_SEALS * BETWEEN_SEALS, students_seen=seen, an_entry=round(value * seen / looks), between_seals=BETWEEN_SEALS,
        )
    ]  # fmt: skip


def _look(pick: random.Random, _share: int, students: int, elements: str, kind: str) -> str:
    """The statement of one entry as the door is asked for it. A class stands together in the roster."""
    first = pick.randrange(STUDENTS // 30) * 30 + 1
    chosen = ",".join(map(str, pick.sample(range(first, first + 30), students)))
    return (
        f"PERFORM door.enter('{kind}', {pick.randint(1, 400)}, 'teacher', 'classroom-instruction', 'wi-118-125-2d-official', NULL, 'teacher-own-classes@1',"
        f" '{uuid.UUID(int=pick.getrandbits(128))}', '10.20.{pick.randrange(200)}.{pick.randrange(250)}', '{elements}', '{{{chosen}}}', NULL, NULL, '\\x{pick.randbytes(32).hex()}'); COMMIT;"
    )


def _write(statements: list[str]) -> None:
    """Entries by the application's login, each in a transaction of its own."""
    with connection.cursor() as cursor:
        cursor.execute("DO $do$ BEGIN " + " ".join(statements) + " END $do$")


def _sizes(cursor: Any) -> dict[str, int]:
    """Bytes of the months' tables, of each kind of index over all of them, and of each table of the seals with its indexes."""
    cursor.execute(
        """
        SELECT 'table', sum(pg_table_size(i.inhrelid)) FROM pg_inherits i WHERE i.inhparent = 'trail.entry'::regclass
        UNION ALL
        SELECT regexp_replace(regexp_replace(c.relname, '^p[0-9]{6}_', ''), '_idx$', ''), sum(pg_relation_size(c.oid))
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_inherits i ON i.inhrelid = x.indrelid AND i.inhparent = 'trail.entry'::regclass GROUP BY 1
        UNION ALL
        SELECT 'seal.' || c.relname, pg_total_relation_size(c.oid) FROM pg_class c WHERE c.relnamespace = 'seal'::regnamespace AND c.relkind = 'r'
        """
    )
    return {name: int(size) for name, size in cursor.fetchall()}
