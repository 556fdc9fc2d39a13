"""The sending engine: drainers take waiting recipients row by row, one SMTP connection each, and write down each answer.

A drainer holds a row lock on its lease for as long as it lives. Rows are taken under the lease, sent in the order of (due_at, id), and
marked one by one, each in a commit of its own. That commit runs beside the making of the next letter, which is announced to the mail server
already and whose body waits for it (wire.py). When a drainer dies its lock goes with its connection: whoever comes next takes the lease
over at once. Of its rows only the first unmarked one can have been on the wire: that one is marked as in doubt and sent again with the same
Message-ID, so that a mail program may drop the second copy; the others were not touched. Nothing waits for a broker: beat starts drainers,
and a task carries no recipient. Whom an order bars since the start gets nothing (bars.py): that is asked for a batch, and again each second.

Exactly once cannot be had over SMTP: a server's 250 can be lost between it and our commit.
"""

import contextlib
import datetime as dt
import logging
import smtplib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg2
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from psycopg2.extras import wait_select

from breaches.notices import trouble
from breaches.notices.bars import Watch, keep_back
from breaches.notices.mail import with_codes
from breaches.notices.models import Lease, Notice, Recipient
from breaches.notices.opening import Row, notice_of, opened
from breaches.notices.texts import Letter, Whom
from breaches.notices.wire import Broken, Post, Unreachable, Wire
from governance.people import queries as people
from portal.base import clock, mail

log = logging.getLogger("portal.notices")

BATCH = 100  # the key of a batch lives ten seconds; its values are read at once
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=1), dt.timedelta(minutes=30)
GIVE_UP = dt.timedelta(hours=4)
PING_SECONDS = 1.0

_CLAIM = """
UPDATE notices_recipient r SET lease_id = %(lease)s FROM (
  SELECT w.id FROM notices_recipient w JOIN notices_notice n ON n.id = w.notice_id
  WHERE w.state = 'waiting' AND w.lease_id IS NULL AND w.due_at <= %(now)s AND n.stopped_at IS NULL AND NOT n.drill
  ORDER BY w.due_at, w.id LIMIT %(most)s FOR UPDATE OF w SKIP LOCKED) c
WHERE r.id = c.id
RETURNING r.id, r.public_id, r.notice_id, r.student_id, (SELECT g.guardian_id FROM records_guardianship g WHERE g.id = r.guardianship_id), r.own,
  r.attempts, r.due_at, r.give_up_at"""
# `IS TRUE` keeps the planner from the index of leased rows, most of which are dead by the end of a batch.
_SENT = "UPDATE notices_recipient SET state = 'sent', because = '', sent_at = %s, attempts = attempts + 1, lease_id = NULL WHERE id = %s AND (lease_id = %s) IS TRUE"
_PAPER = "UPDATE notices_recipient SET state = 'paper', because = %s, attempts = attempts + 1, lease_id = NULL WHERE id = %s AND (lease_id = %s) IS TRUE"
_LATER = """UPDATE notices_recipient SET attempts = attempts + 1, due_at = %s, give_up_at = coalesce(give_up_at, %s), doubts = doubts + %s, lease_id = NULL
  WHERE id = %s AND (lease_id = %s) IS TRUE"""
# Whoever can lock a lease that has not ended is alone with it: its drainer is dead. NO KEY, so that marking a row, whose foreign key
# looks at the lease, need not wait for the lock.
_DEAD = "SELECT id FROM notices_lease WHERE ended_at IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
_IN_DOUBT = """UPDATE notices_recipient SET doubts = doubts + 1 WHERE id IN (
  SELECT DISTINCT ON (lease_id) id FROM notices_recipient WHERE lease_id = ANY (%s) ORDER BY lease_id, due_at, id)"""
_FREE = "UPDATE notices_recipient SET lease_id = NULL WHERE lease_id = ANY (%s)"
_END = "UPDATE notices_lease SET ended_at = %s WHERE id = ANY (%s)"


def drain(*, seconds: float = 8.0, batch: int = BATCH, first_wait: dt.timedelta = FIRST_WAIT, door_alias: str = DEFAULT_DB_ALIAS) -> int:
    """Send what is due for at most about `seconds`. Answers how many the mail server took. Any number of drainers may run at once.

    `door_alias` is the login that opens names and addresses: the keeper's in the worker, so that a mass of letters does not use up what the
    portal's pages may open in an hour.
    """
    take_over()
    sent, until, wire = 0, time.monotonic() + seconds, Wire()
    with _lease() as held:
        marks = _Marks(held.id)
        try:
            while time.monotonic() < until and (rows := _claim(held.id, batch)):
                watch = Watch([row.id for row in rows])
                may = [row for row in rows if row.id in watch.told]
                posts = _posts(rows, with_codes(opened(may, door_alias), {row.id: row.public_id for row in may}))
                for row, following in zip(rows, _followed(posts), strict=True):
                    held.check()
                    watch.look()
                    if row.id in watch.told and row.id not in watch.stopped:
                        sent += _one(row, posts[row.id], following, wire, marks, first_wait)
                        continue
                    wire.close()  # it may be announced; without its body the server forgets it
                    marks.settle()
                    if row.id not in watch.stopped:  # a stopped one goes back with the lease
                        _once(keep_back(row.id, at=clock.now(), lease=held.id))
                marks.settle()
        except Unreachable as error:
            log.warning("notices.server_away %s", error)
            marks.settle()
        finally:
            marks.close()
            wire.close()
    return sent


def take_over() -> int:
    """End the leases of drainers that died, and free their rows. Answers how many died."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DEAD)
        dead = [row[0] for row in cursor.fetchall()]
        if dead:
            cursor.execute(_IN_DOUBT, [dead])
            cursor.execute(_FREE, [dead])
            cursor.execute(_END, [clock.now(), dead])
    return len(dead)


class _Held:
    """A lease and the lock on it, on a connection of its own that lives as long as the drainer."""

    def __init__(self, lease_id: int, cursor: Any):
        self.id, self._cursor, self._seen = lease_id, cursor, time.monotonic()

    def check(self) -> None:
        """Once a second: is the lock still ours? Raises DatabaseError where the connection is gone; somebody else may have our rows then."""
        if time.monotonic() - self._seen > PING_SECONDS:
            self._cursor.execute("SELECT 1")
            self._seen = time.monotonic()


@contextlib.contextmanager
def _lease() -> Iterator[_Held]:
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        own.set_autocommit(False)
        lease = Lease.objects.create(taken_at=clock.now())
        with own.cursor() as cursor:
            cursor.execute("SELECT ended_at FROM notices_lease WHERE id = %s FOR NO KEY UPDATE", [lease.pk])
            if cursor.fetchone()[0] is not None:  # somebody swept it between the two statements: it holds no row yet
                cursor.execute("UPDATE notices_lease SET ended_at = NULL WHERE id = %s", [lease.pk])
                own.commit()
                cursor.execute("SELECT FROM notices_lease WHERE id = %s FOR NO KEY UPDATE", [lease.pk])
            yield _Held(lease.pk, cursor)
            # What was taken and not tried goes back untouched: nothing of it was on the wire.
            with transaction.atomic(), connection.cursor() as ours:
                ours.execute(_FREE, [[lease.pk]])
            cursor.execute(_END, [clock.now(), [lease.pk]])
            own.commit()
    finally:
        own.close()


def _claim(lease: int, batch: int) -> list[Row]:
    """Take the next rows under the lease, as many as the limit of this minute allows."""
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        most = batch
        if limit := settings.NOTICES_PER_MINUTE:
            cursor.execute("SELECT minute, sent FROM notices_pace WHERE id = 1 FOR UPDATE")
            minute, taken = cursor.fetchone()
            if now - minute >= dt.timedelta(minutes=1) or now < minute:
                minute, taken = now, 0
            most = min(batch, limit - taken)
            if most <= 0:
                return []
        cursor.execute(_CLAIM, {"lease": lease, "now": now, "most": most})
        rows = sorted((Row(*row) for row in cursor.fetchall()), key=lambda row: (row.due_at, row.id))
        if limit and rows:
            cursor.execute("UPDATE notices_pace SET minute = %s, sent = %s WHERE id = 1", [minute, taken + len(rows)])
    return rows


def _posts(rows: Sequence[Row], found: Mapping[int, Whom]) -> dict[int, Post | None]:
    """The letter of each row, in their order; None where there is no address."""
    letters: dict[int, Letter] = {}
    made: dict[int, Post | None] = {}
    for row in rows:
        whom = found.get(row.id)
        if row.notice_id not in letters:
            letters[row.notice_id] = _letter(notice_of(row.notice_id))
        made[row.id] = Post(letters[row.notice_id], whom, row.message_id) if whom is not None and _is_address(whom.address) else None
    return made


def _followed(posts: Mapping[int, Post | None]) -> list[Post | None]:
    """What goes over the wire after each of them."""
    after: list[Post | None] = []
    following = None
    for post in reversed(list(posts.values())):
        after.append(following)
        following = post or following
    return after[::-1]


def _one(row: Row, post: Post | None, following: Post | None, wire: Wire, marks: "_Marks", first_wait: dt.timedelta) -> int:
    """Send to one recipient and have what came of it written down. Answers 1 where the server took it."""
    if post is None:
        marks.put(_PAPER, [Recipient.Because.NO_ADDRESS.value, row.id, marks.lease])
        return 0
    doubt = False
    try:
        wire.send(post, marks.settle, following)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        if code >= 500:
            marks.put(_PAPER, [Recipient.Because.REFUSED.value, row.id, marks.lease])
            return 0
    except smtplib.SMTPException:
        pass  # the server said no to this one, for now or for all: it is tried until it is given up
    except Broken as broken:
        doubt = broken.body_began
        wire.close()
    else:
        marks.put(_SENT, [clock.now(), row.id, marks.lease])
        return 1
    marks.settle()
    _again(row, marks.lease, doubt, first_wait)
    return 0


class _Marks:
    """Writes down what came of one letter, on a connection of its own, while the next one is made ready and announced to the mail server.

    The next one's body leaves only when that is on disk (`settle`): so at any moment at most one letter is on the wire without a mark. The
    connection is asynchronous, each statement a transaction: sending one costs no thread, and nothing waits before `settle`.
    """

    def __init__(self, lease: int):
        self.lease, self._waits = lease, False
        with connection.wrap_database_errors:
            self._own = psycopg2.connect(**connection.get_connection_params(), async_=True)
            wait_select(self._own)
            self._cursor = self._own.cursor()

    def put(self, statement: str, values: list) -> None:
        """Begin to write one mark, once the one before it stands."""
        self.settle()
        with connection.wrap_database_errors:
            self._cursor.execute(statement, values)
        self._waits = True

    def settle(self) -> None:
        """Wait until the last mark stands. Raises DatabaseError where it does not."""
        if not self._waits:
            return
        self._waits = False
        with connection.wrap_database_errors:
            wait_select(self._own)
        _once(self._cursor.rowcount)

    def close(self) -> None:
        """Let go of the connection. A mark that still waits is written or not: the lease says that it is in doubt."""
        self._own.close()


def _again(row: Row, lease: int, doubt: bool, first_wait: dt.timedelta) -> None:
    """A later try, or after four hours a letter on paper and a person who is told."""
    now = clock.now()
    give_up_at = row.give_up_at or now + GIVE_UP
    if now < give_up_at:
        wait = min(LONGEST_WAIT, first_wait * 2 ** min(row.attempts, 10))
        _mark(_LATER, [now + wait, give_up_at, int(doubt), row.id, lease])
        return
    with transaction.atomic():
        _mark(_PAPER, [Recipient.Because.GAVE_UP.value, row.id, lease])
        if Notice.objects.filter(pk=row.notice_id, trouble_at=None).update(trouble_at=now):
            trouble.tell(notice_of(row.notice_id), at=now)


def _mark(statement: str, values: list) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        _once(cursor.rowcount)


def _once(changed: int) -> None:
    if changed != 1:
        raise DatabaseError("the lease of this recipient is somebody else's")


def _letter(notice: Notice) -> Letter:
    assert notice.version is not None
    district = people.district()
    said = "\n".join(part for part in (district.name, district.contact_phone) if part) if district else ""
    return Letter(notice.version.texts, sender=mail.sender(), district=said)


def _is_address(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return address.isascii()
