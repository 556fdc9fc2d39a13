"""What the benches of the sending engine share: a district of guardians, a notice that was started, drainers in processes of their own."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections

from breaches.affected.models import AffectedList
from breaches.incidents.models import Incident
from breaches.notices import actions, texts
from breaches.notices.models import Notice, Version
from governance.people.models import RoleAssignment
from portal.base import clock
from tests.bench import harness, seeds
from tests.harness import smtp_sink

PARTS = {key: f"Words about {key} that a family reads. " * 4 for key in texts.PARTS}
SAID = {"en": {"subject": "Notice of a data breach", "parts": PARTS}}


def district(cursor: Any, children: int) -> AffectedList:
    """Students with one guardian each who has an address, all on the list of one incident."""
    seeds.students(cursor, children)
    cursor.execute(
        f"""
        SET ROLE portal_door;
        INSERT INTO records.guardian(sourced_id, given_name, family_name, email, language)
          SELECT 'guardian-' || n, 'Parent' || n, 'Family' || n, 'g' || n || '@families.example', 'en' FROM generate_series(1, {children}) n;
        RESET ROLE;
        INSERT INTO records_guardianship(student_id, guardian_id, relation)
          SELECT n, n, 'parent' FROM generate_series(1, {children}) n;
        """
    )
    now = clock.now()
    made = Incident.objects.create(title="Bench", kind="provider", severity=3, opened_at=now, opened_by=people("lead"), lead=people("lead"))
    which = AffectedList.objects.create(incident=made, how="hand", asked_at=now, asked_by=people("lead"))
    cursor.execute(
        f"""INSERT INTO affected_member(list_id, student_id, elements, first_on, last_on, lines, could)
          SELECT {which.pk}, n, '{{name}}', current_date, current_date, 1, false FROM generate_series(1, {children}) n;
        UPDATE affected_affectedlist SET made_at = now(), children = {children}, sha256 = repeat('0', 64) WHERE id = {which.pk};
        ANALYZE affected_member; ANALYZE records_guardianship"""
    )
    which.refresh_from_db()
    return which


def people(name: str) -> Any:
    """An account that handles incidents."""
    found = get_user_model().objects.filter(email=f"{name}@bench.example").first()
    if found is None:
        found = get_user_model().objects.create_user(f"{name}@bench.example", None, name=name)
        RoleAssignment.objects.create(user=found, role="incident_lead", starts_on="2026-01-01", given_at=clock.now())
    return found


def approved(which: AffectedList) -> Notice:
    """A notice that two people approved."""
    now = clock.now()
    made = actions.make(incident=which.incident.public_id, affected=which.public_id, with_could=False, by=people("lead"), at=now)
    version: Version = actions.write(notice=made.public_id, texts=SAID, by=people("lead"), at=now)
    for name in ("second", "third"):
        actions.approve(notice=made.public_id, sha256=version.sha256, by=people(name), at=now)
    return made


def start(notice: Notice) -> None:
    """Queue it."""
    actions.start(notice=notice.public_id, by=people("lead"), at=clock.now())


# A drainer as the worker runs it, again and again until nothing is left; the answer of a refused one comes after a second.
DRAINER = """
import datetime as dt, sys, time, django
django.setup()
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", int(sys.argv[1])
settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
settings.NOTICES_PER_MINUTE = 0
from breaches.notices import engine
from breaches.notices.models import Recipient
print("ready", flush=True)
sys.stdin.readline()
while True:
    try:
        engine.drain(seconds=8, first_wait=dt.timedelta(seconds=1))
        if not Recipient.objects.filter(state="waiting").exists():
            break
    except (DatabaseError, InterfaceError):
        connections.close_all()
    time.sleep(0.05)
"""
LOOP = """
import smtplib, sys, django
django.setup()
from breaches.notices import texts
from tests.bench.mail_out import SAID
port, first, last = (int(word) for word in sys.argv[1:])
letter = texts.Letter(SAID, sender="privacy@bench.example", district="Bench")
print("ready", flush=True)
sys.stdin.readline()
server = smtplib.SMTP("127.0.0.1", port)
for n in range(first, last):
    whom = texts.Whom(f"Parent{n} Family{n}", f"Given{n} Family{n}", f"g{n}@families.example", "en", own=False)
    mail = letter.mail(whom, f"<{n}@bench.example>")
    server.sendmail(mail.from_email, mail.to, mail.message().as_bytes(linesep="\\r\\n"))
server.quit()
"""


def process(program: str, *arguments: object) -> "subprocess.Popen[str]":
    """One of the programs above, waiting for its start."""
    made = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=harness.TOP,
        env=os.environ,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert made.stdout is not None and made.stdout.readline() == "ready\n"
    return made


def go(made: "subprocess.Popen[str]") -> None:
    """Let it begin."""
    assert made.stdin is not None
    made.stdin.write("go\n")
    made.stdin.flush()


def timed(processes: list["subprocess.Popen[str]"]) -> float:
    """Seconds from the start of all to the end of the last. Raises where one failed."""
    began = time.perf_counter()
    for one in processes:
        go(one)
    if any(one.wait() for one in processes):
        raise RuntimeError("a process of the bench failed")
    return time.perf_counter() - began


@contextlib.contextmanager
def sink(*, refuse: int = 0) -> Iterator[smtp_sink.Running]:
    """A mail server in a folder of its own."""
    import tempfile

    with tempfile.TemporaryDirectory() as name, smtp_sink.running(Path(name), refuse=refuse) as found:
        yield found


def close() -> None:
    """Let go of the database, before a process is started or a server is."""
    connections.close_all()
