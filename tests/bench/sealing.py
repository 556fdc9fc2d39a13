"""What the benches of the seals share: a sealing process of their own, and entries as many short transactions leave them."""

import os
import tempfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections

from governance.trail.seals import keys, sealer

ORIGIN = "bench.example/trail"
A_TRANSACTION = 1_000
BETWEEN_SEALS = 100_000
MIX = "CASE WHEN g % 10 < 6 THEN 1 WHEN g % 10 < 8 THEN 5 ELSE 30 END"  # as in seeds.looks


def begin() -> Ed25519PrivateKey:
    """A key and a memory in a folder of this process; what the migrations and reference data left in the trail is sealed already."""
    os.environ["PORTAL_SEAL_FOLDER"] = str(Path(tempfile.mkdtemp(prefix="bench-seal-", dir=os.environ["PORTAL_VAR"])))
    key = keys.make()
    sealer.announce_key(key=key, origin=ORIGIN, because="first")
    sealer.seal_everything(key=key, origin=ORIGIN)
    return key


def write(cursor: Any, number: int, *, students: str = MIX) -> tuple[int, int]:
    """`number` entries at this moment, in transactions of a thousand, by the owner in autocommit; answers the first and the last id.

    `students` is SQL that says how many students the entry with the number g names.
    """
    first = last = 0
    for low in range(0, number, A_TRANSACTION):
        cursor.execute(
            f"""
            WITH written AS (
              INSERT INTO trail.entry(action, kind, actor_id, hat, cid, remote_addr, purpose, basis, rule_version, elements, record_ids)
              SELECT 3, CASE WHEN g % 10 < 6 THEN 'records.student.opened' ELSE 'records.class_list.opened' END, 1 + g * 2654435761 % 800, 'teacher',
                gen_random_uuid()::text, '10.0.0.1'::inet + g % 60000, 'classroom-instruction', 'ferpa-school-official', 'teacher-own-classes@1',
                '{{attendance,course-grades,email,grade,local-id,name,preferred-name,school,schedule,username}}',
                ARRAY(SELECT (g * 7919 + k * 31) % 10000 + 1 FROM generate_series(1, {students}) k)
              FROM generate_series({low + 1}::bigint, {min(low + A_TRANSACTION, number)}::bigint) g RETURNING id)
            SELECT min(id), max(id) FROM written
            """
        )
        low_id, high_id = cursor.fetchone()
        first, last = first or low_id, high_id
    return first, last


def sealed_trail(cursor: Any, number: int, *, key: Ed25519PrivateKey, students: str = MIX) -> None:
    """`number` sealed entries, as a day leaves them: written and sealed in turn, so that none is older than the seal before it."""
    for low in range(0, number, BETWEEN_SEALS):
        write(cursor, min(BETWEEN_SEALS, number - low), students=students)
        sealer.seal_everything(key=key, origin=ORIGIN)
    cursor.execute("VACUUM ANALYZE trail.entry")


def copy_rows(login: str = sealer.ALIAS) -> int:
    """All rows of the trail by COPY into nothing; answers how many bytes there were."""

    class Nothing:
        size = 0

        def write(self, data: bytes) -> None:
            self.size += len(data)

    nothing = Nothing()
    with connections[login].cursor() as cursor:
        cursor.copy_expert("COPY (SELECT * FROM trail.entry) TO STDOUT", nothing)
    return nothing.size
