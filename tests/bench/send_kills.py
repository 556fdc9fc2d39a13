"""`send_kills`: letters through kill -9 of drainers, a broker that is flushed, a database server that crashes and starts
again, and a mail server that puts a third off.

None may be lost; at most one second copy a kill, with the same Message-ID, and each of them shown as "may have been sent twice".
"""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from contextlib import closing

import psycopg2
import redis

from breaches.notices.models import Recipient
from tests.bench import harness, mail_out


def run(full: bool) -> list[harness.Line]:
    """Two drainers; one of them is killed at a random moment, again and again, and a new one takes its place."""
    letters, kills = (4_000, 20) if full else (800, 5)
    chance = random.Random(6)
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        which = mail_out.district(cursor, letters)
    harness.lift_ceiling()
    notice = mail_out.approved(which)
    mail_out.start(notice)
    mail_out.close()
    began = time.perf_counter()
    with mail_out.sink(refuse=3) as sink:
        ready = [mail_out.process(mail_out.DRAINER, sink.port) for _ in range(kills + 2)]
        drainers = [ready.pop(), ready.pop()]
        for one in drainers:
            mail_out.go(one)
        # spread over the whole way, so that each of them hits a drainer that is at work
        for number in range(1, kills + 1):
            while len(sink.taken()) < letters * number // (kills + 2):
                time.sleep(0.005)
            victim = chance.randrange(2)
            drainers[victim].kill()
            drainers[victim].wait()
            drainers[victim] = ready.pop()
            mail_out.go(drainers[victim])
            if number == kills // 3:
                redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
            if number == kills // 2:
                _crash()
        for one in drainers:
            one.wait(300)
        copies = Counter(message for message, _to in sink.taken())
    rows = {f"<{row.public_id}@": row for row in Recipient.objects.filter(notice=notice)}
    lost = sum(1 for row in rows.values() if row.state != "sent") + letters - len(copies)
    twice = {message: number for message, number in copies.items() if number > 1}
    unsaid = sum(1 for message in twice if not rows[message.partition("@")[0] + "@"].twice)
    extra = sum(twice.values()) - len(twice)
    cuts = kills + 2  # the crash of the database hits both drainers
    return [
        harness.line(
            "send_kills", extra / cuts, "second copies a kill", bar=1.0, better="lower", n=kills, spread=(extra / cuts, extra / cuts),
            met=lost == 0 and unsaid == 0 and extra <= cuts, lost=lost, twice=len(twice), not_said=unsaid,
            shown_as_maybe=sum(1 for row in rows.values() if row.twice), letters=letters, kills=kills, seconds=round(time.perf_counter() - began, 1),
        )
    ]  # fmt: skip


def _crash() -> None:
    """kill -9 of a process of the database server: it ends every connection, throws its memory away and starts again from what is on disk."""
    with closing(psycopg2.connect(os.environ["PORTAL_OWNER_DATABASE_URL"])) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
    for _ in range(600):
        with (
            contextlib.suppress(psycopg2.OperationalError),
            closing(psycopg2.connect(os.environ["PORTAL_OWNER_DATABASE_URL"])) as connection,
        ):
            return
        time.sleep(0.1)
    raise RuntimeError("the database server did not start again")
