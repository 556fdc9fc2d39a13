"""One JSON line for each question that was put to a peer: what it notices, by its own means alone."""

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings

WRITERS, EACH = 8, 50


def set_up(address: str) -> None:
    """Django with all three peers on an empty database of one's own. The chain takes the place of django-auditlog's own table."""
    parts = urlsplit(address)
    host = parts.query.removeprefix("host=") or parts.hostname or ""
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "pgtrigger",
            "pghistory",
            "auditlog",
            "nside_wefa.common",
            "nside_wefa.audit",
            "tests.peers",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username or "",
                "PASSWORD": parts.password or "",
                "HOST": host,
                "PORT": str(parts.port or ""),
            }
        },
        NSIDE_WEFA={"AUDIT": {"TAMPER_EVIDENT": True, "BUILTIN_SOURCES": []}},
        AUDITLOG_LOGENTRY_MODEL="audit.WefaLogEntry",
        USE_TZ=True,
        SECRET_KEY="only-for-this-comparison",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.core.management import call_command

    with redirect_stdout(io.StringIO()):
        call_command("migrate", run_syncdb=True, verbosity=0)
        call_command("pgtrigger", "install", verbosity=0)


def is_intact() -> bool:
    """What the chain's own command says of it."""
    from django.core.management import call_command

    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            call_command("wefa_audit_verify", "--strict-head", stderr=io.StringIO(), stdout=io.StringIO())
    except SystemExit:
        return False
    return True


def sql(statement: str, *parameters: Any) -> int:
    """By the owner of the database, as an administrator with a console would; answers how many rows it hit."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def fresh(entries: int = 20) -> None:
    """An empty chain, then entries one after the other."""
    from tests.peers.models import Watched

    sql("TRUNCATE audit_wefalogentry")
    for number in range(entries):
        Watched.objects.create(value=str(number))


def chain() -> Iterator[tuple[str, Any]]:
    """The hash chain over django-auditlog: nside-wefa with TAMPER_EVIDENT."""
    from nside_wefa.audit.models import ZERO_HASH, WefaLogEntry, compute_event_hash

    from tests.peers.models import Numbered, Watched

    fresh(0)
    Numbered.objects.create(value="1")
    yield "an untouched chain about an object with a number as its key verifies", is_intact()
    fresh()
    yield "an untouched chain about objects with UUIDs verifies", is_intact()
    middle = WefaLogEntry.objects.order_by("id")[10].pk
    sql("UPDATE audit_wefalogentry SET object_repr = 'somebody else' WHERE id = %s", middle)
    yield "an altered entry is noticed", not is_intact()
    fresh()
    sql("UPDATE audit_wefalogentry SET changes = '{}' WHERE id = %s", WefaLogEntry.objects.order_by("id")[10].pk)
    yield "altered changes of an entry are noticed", not is_intact()
    fresh()
    sql("DELETE FROM audit_wefalogentry WHERE id = %s", WefaLogEntry.objects.order_by("id")[10].pk)
    yield "a deleted entry in the middle is noticed", not is_intact()
    fresh()
    sql("DELETE FROM audit_wefalogentry WHERE id IN (SELECT id FROM audit_wefalogentry ORDER BY id DESC LIMIT 5)")
    yield "the newest five deleted are noticed", not is_intact()
    fresh()
    first = WefaLogEntry.objects.order_by("id").first()
    sql("UPDATE audit_wefalogentry SET object_repr = 'somebody else' WHERE id = %s", first.pk)
    before = ZERO_HASH
    for entry in WefaLogEntry.objects.order_by("id"):
        after = compute_event_hash(entry, before)
        sql("UPDATE audit_wefalogentry SET prev_hash = %s, hash = %s WHERE id = %s", before, after, entry.pk)
        before = after
    yield "the whole chain recomputed after an alteration is noticed", not is_intact()
    fresh()
    WefaLogEntry.objects.bulk_create(
        [WefaLogEntry(content_type_id=first.content_type_id, object_pk=str(n), object_repr="", action=3) for n in range(30)]
    )
    yield "of 30 entries written in bulk have no hash", WefaLogEntry.objects.filter(hash="").count()
    fresh()
    Watched.objects.bulk_create([Watched(value="bulk") for _ in range(30)])
    yield "of 30 objects made in bulk have an entry", WefaLogEntry.objects.count() - 20
    yield f"{WRITERS} writers with {EACH} entries each", eight_writers(lambda number: Watched.objects.create(value=str(number)))
    yield "their chain verifies", is_intact()
    forks = WefaLogEntry.objects.count() - WefaLogEntry.objects.values("prev_hash").distinct().count()
    yield "entries that continue one which another continues already", forks


def eight_writers(write: Callable[[int], Any]) -> int:
    """The same write by several threads at the same time; answers how many entries there are then."""
    from django.db import connection
    from nside_wefa.audit.models import WefaLogEntry

    fresh(0)

    def work() -> None:
        for number in range(EACH):
            write(number)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return WefaLogEntry.objects.count()


def stock() -> Iterator[tuple[str, Any]]:
    """django-auditlog by itself: its own table, which this installation leaves empty, written by its own model."""
    from auditlog.models import LogEntry
    from auditlog.signals import accessed
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import get_commands
    from nside_wefa.audit.models import WefaLogEntry

    from tests.peers.models import Watched

    kind = ContentType.objects.get_for_model(Watched)
    one = LogEntry(content_type=kind, object_pk="1", object_repr="a", action=3)
    super(LogEntry, one).save()
    yield "an entry altered by SQL is still an entry like any other", sql("UPDATE auditlog_logentry SET object_repr = 'b'") == 1
    yield "commands that verify", sorted(name for name, app in get_commands().items() if app == "auditlog" and "verify" in name)
    fresh(1)
    accessed.send(Watched, instance=Watched.objects.first())
    yield "a read that the code tells of has an entry", WefaLogEntry.objects.count() == 2
    Watched.objects.update(value="changed")
    yield "entries of an update() of all objects", WefaLogEntry.objects.count() - 2


def pghistory() -> Iterator[tuple[str, Any]]:
    """django-pghistory with append_only."""
    from django.apps import apps
    from django.core.management import get_commands

    from tests.peers.models import Tracked

    event = apps.get_model("peers", "TrackedEvent")
    Tracked.objects.bulk_create([Tracked(value=str(number)) for number in range(10)])
    yield "of 10 objects made in bulk have an event", event.objects.count()
    Tracked.objects.update(value="changed")
    yield "events of an update() of all objects", event.objects.count() - 10
    before = event.objects.count()
    list(Tracked.objects.all())
    yield "events of reading all objects", event.objects.count() - before
    try:
        sql("UPDATE peers_trackedevent SET value = 'x'")
        refused = False
    except Exception:  # noqa: BLE001 - whatever the trigger raises
        refused = True
    yield "an update of events is refused by its trigger", refused
    sql("ALTER TABLE peers_trackedevent DISABLE TRIGGER USER")
    yield "with the trigger off, events that were altered", sql("UPDATE peers_trackedevent SET value = 'x'")
    sql("ALTER TABLE peers_trackedevent ENABLE TRIGGER USER")
    yield "commands that verify events", sorted(name for name, app in get_commands().items() if app == "pghistory" and "verify" in name)


def main() -> None:
    """Ask all three."""
    set_up(sys.argv[1])
    for peer, questions in (
        ("django-auditlog 3.4.1", stock),
        ("django-pghistory 3.9.2", pghistory),
        ("nside-wefa 0.7.0 (hash chain)", chain),
    ):
        for question, answer in questions():
            sys.stdout.write(json.dumps({"peer": peer, "question": question, "answer": answer}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
