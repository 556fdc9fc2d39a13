"""Is it healthy, in words. Each check reads one thing and says what to do where something is wrong."""

import dataclasses
import datetime as dt
import shutil
import time
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from breaches.drills import queries as drills
from breaches.readiness import queries as readiness
from governance.people.models import RoleProposal
from governance.people.queries import day_of
from governance.records.models import ImportRun
from governance.trail.seals import queries as seals
from governance.trail.seals import runs
from portal.base import heartbeat, mail
from portal.base.components import Status
from portal.base.models import Message
from portal.base.templatetags.portal import long_time

QUIET = dt.timedelta(minutes=2)
STALE_ROSTER = dt.timedelta(hours=36)
MONTHS_AHEAD = 3
LEAST_FREE = 0.1
LATE_CHECKPOINT = dt.timedelta(hours=2)
LATE_CHECK = dt.timedelta(hours=36)


@dataclasses.dataclass(frozen=True)
class Check:
    """One line of the page: what, how it is, in words."""

    what: str
    kind: str
    words: str
    to_do: str = ""

    @property
    def status(self) -> Status:
        """Shape and color with a word."""
        return Status(self.kind, {"ok": _("Well"), "warn": _("Look at this"), "stop": _("Broken"), "off": _("Not in use")}[self.kind])


def all_checks(*, at: dt.datetime) -> list[Check]:
    """Every line, the most basic first."""
    return [
        _database(),
        _cache(),
        *(_worker(name, at) for name in heartbeat.WORKERS),
        _outbox(at),
        _mail(),
        _mail_path(),
        _roster(at),
        _trail(),
        _sealing(at),
        _check_of_trail(at),
        _disk(),
        _one_key(at),
        _breach_day(at),
        _drill(at),
    ]


def _database() -> Check:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, size = cursor.fetchone()
    took = (time.perf_counter() - began) * 1000
    words = _("PostgreSQL %(version)s answered in %(took)s ms; the portal holds %(size)s MB.")
    return Check(_("Database"), "ok", words % {"version": version.split()[0], "took": f"{took:.0f}", "size": f"{size / 1_000_000:,.0f}"})


def _cache() -> Check:
    cache.set("status", 1, 30)
    if cache.get("status") == 1:
        return Check(_("Cache and wake-ups"), "ok", _("Redis answers."))
    return Check(
        _("Cache and wake-ups"),
        "warn",
        _("Redis does not answer. People stay signed in and decisions go on; mail and imports wait."),
        _("Start Redis again."),
    )


def _worker(name: str, at: dt.datetime) -> Check:
    what = {"portal": _("Worker for mail and tasks"), "keeper": _("Worker for imports")}[name]
    last = heartbeat.last(name)
    if last is None:
        return Check(
            what, "warn", _("It has not been heard of since the cache was started."), _("If this stays for a minute, start the worker.")
        )
    if at - last > QUIET:
        minutes = int((at - last).total_seconds() // 60)
        return Check(
            what,
            "stop",
            _("Silent for %(minutes)s minutes.") % {"minutes": minutes},
            _("Start the worker; what waits is kept and goes on."),
        )
    return Check(what, "ok", _("At work %(seconds)s seconds ago.") % {"seconds": max(int((at - last).total_seconds()), 0)})


def _outbox(at: dt.datetime) -> Check:
    waiting = Q(done_at=None, failed_at=None)
    counts = Message.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        late=Count("pk", filter=waiting & Q(due_at__lt=at - QUIET)),
        failed=Count("pk", filter=Q(failed_at__gte=at - dt.timedelta(days=7))),
    )
    words = _("%(waiting)s waiting, %(failed)s failed in the last seven days.") % counts
    if counts["failed"]:
        return Check(
            _("Messages and follow-up work"), "stop", words, _("See the worker's log, mend the cause, then run manage.py outbox run.")
        )
    if counts["late"]:
        return Check(
            _("Messages and follow-up work"), "warn", words, _("Some are late: is the worker running, does the mail server answer?")
        )
    return Check(_("Messages and follow-up work"), "ok", words)


def _mail() -> Check:
    first = settings.FIRST_MAIL if mail.has_second() else {"EMAIL_BACKEND": settings.EMAIL_BACKEND}
    if not str(first["EMAIL_BACKEND"]).endswith("filebased.EmailBackend"):
        return Check(_("Mail"), "ok", _("Mail goes out through a mail server."))
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", ""))
    count = sum(1 for _file in folder.glob("*.log")) if folder.is_dir() else 0
    words = ngettext(
        "Mail is written to files and reaches nobody; %(count)s file so far.",
        "Mail is written to files and reaches nobody; %(count)s files so far.",
        count,
    )
    return Check(
        _("Mail"),
        "off" if settings.DEMO else "warn",
        words % {"count": count},
        "" if settings.DEMO else _("Set PORTAL_EMAIL_URL to a mail server."),
    )


def _mail_path() -> Check:
    what, switch = _("Second mail server"), readiness.second_path_since()
    if not mail.has_second():
        return Check(what, "off", _("There is none. When the first one is what was broken into, families get no mail."))
    if switch is None:
        return Check(what, "ok", _("It is set; mail goes by the first one."))
    words = _("Mail goes by the second one since %(when)s: %(reason)s")
    return Check(
        what,
        "warn",
        words % {"when": long_time(switch.at), "reason": switch.reason},
        _("Switch back under Breach day once the first is sound."),
    )


def _breach_day(at: dt.datetime) -> Check:
    what, on = _("Sign-in on the day of a breach"), day_of(at)
    named = [one for one in readiness.holders() if one.confirmed_at is not None]
    if len(named) < readiness.HOLDERS:
        return Check(
            what, "warn", _("Two people who can sign in without single sign-on and mail are not named."), _("Name them under Breach day.")
        )
    if any(readiness.what_is_missing(one.user, on=on) for one in named):
        return Check(what, "stop", _("One of the two named people cannot sign in alone any more."), _("Look under Breach day."))
    tested = [readiness.last_tested(one) for one in named]
    if not all(when is not None and at - when <= readiness.TESTED_WITHIN for when in tested):
        return Check(what, "warn", _("Two people are named; not both have tried it within a year."), _("Let both try it in a drill."))
    return Check(what, "ok", _("Two people are named, and both have tried it within a year."))


def _drill(at: dt.datetime) -> Check:
    what, last = _("Last breach drill"), drills.last()
    if last is None or last.ended_at is None:
        return Check(what, "warn", _("None has been played to its end yet."), _("Start one from the library under Drills."))
    words = f"{last.incident.title}, {long_time(last.ended_at)}"
    if at - last.ended_at > drills.WITHIN:
        return Check(what, "warn", words, _("That is more than a year ago: start another one under Drills."))
    return Check(what, "ok", words)


def _roster(at: dt.datetime) -> Check:
    what = _("Last roster import")
    last = ImportRun.objects.filter(kind=ImportRun.Kind.ROSTER, state=ImportRun.State.APPLIED).order_by("-applied_at").first()
    if last is None or last.applied_at is None:
        return Check(what, "warn", _("There was none yet."), _("Import a roster."))
    hours = int((at - last.applied_at).total_seconds() // 3600)
    words = ngettext("Applied %(hours)s hour ago.", "Applied %(hours)s hours ago.", hours) % {"hours": hours}
    if at - last.applied_at > STALE_ROSTER:
        return Check(what, "warn", words, _("Nothing came for a day and a half: look at the source."))
    return Check(what, "ok", words)


def _trail() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("""SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = 'trail.entry'::regclass AND c.relname > to_char(now() AT TIME ZONE 'UTC', '"p"YYYYMM')""")
        (ahead,) = cursor.fetchone()
    words = ngettext("Room is made for %(count)s month ahead.", "Room is made for %(count)s months ahead.", ahead) % {"count": ahead}
    if ahead < MONTHS_AHEAD:
        return Check(_("Trail"), "stop", words, _("Run manage.py trail partitions before it runs out: without room nothing can be opened."))
    return Check(_("Trail"), "ok", words)


def _sealing(at: dt.datetime) -> Check:
    what, newest, refusal = _("Sealing"), seals.latest_checkpoint(), seals.open_refusal()
    if refusal is not None:
        return Check(
            what,
            "stop",
            _("The sealer refuses to go on: the database is not what was signed before."),
            _("If a backup was restored, two people declare it under Tamper check, Restores and keys. If not, call the incident lead."),
        )
    if newest is None:
        return Check(what, "warn", _("Nothing has been sealed yet."), _("If this stays for a minute, start the sealer."))
    minutes = max(int((at - newest.made_at).total_seconds() // 60), 0)
    words = ngettext("Last checkpoint %(count)s minute ago.", "Last checkpoint %(count)s minutes ago.", minutes) % {"count": minutes}
    if at - newest.made_at > LATE_CHECKPOINT:
        return Check(what, "stop", words, _("Start the sealer; what waits is sealed then."))
    return Check(what, "ok", words)


def _check_of_trail(at: dt.datetime) -> Check:
    what, last = _("Check of the trail"), runs.last_ended()
    if last is None or last.ended_at is None:
        return Check(what, "off", _("It has not run yet. It runs every night."))
    hours = max(int((at - last.ended_at).total_seconds() // 3600), 0)
    words = ngettext("Ended %(count)s hour ago.", "Ended %(count)s hours ago.", hours) % {"count": hours}
    if not last.holds:
        return Check(what, "stop", words + " " + _("It found something that does not hold."), _("Read what it found under Tamper check."))
    if at - last.ended_at > LATE_CHECK:
        return Check(what, "warn", words, _("It should run every night: is the sealer running?"))
    return Check(what, "ok", words + " " + _("Everything holds."))


def _disk() -> Check:
    usage = shutil.disk_usage(settings.VAR if Path(settings.VAR).exists() else settings.BASE_DIR)
    words = _("%(free)s GB free of %(total)s GB.") % {"free": f"{usage.free / 1e9:,.0f}", "total": f"{usage.total / 1e9:,.0f}"}
    if usage.free < usage.total * LEAST_FREE:
        return Check(_("Disk of this server"), "warn", words, _("Make room before the database stops."))
    return Check(_("Disk of this server"), "ok", words)


def _one_key(at: dt.datetime) -> Check:
    given = RoleProposal.objects.filter(
        state=RoleProposal.State.GIVEN, alone_since__isnull=False, decided_at__gte=at - dt.timedelta(days=90)
    ).count()
    if given:
        words = ngettext(
            "%(count)s powerful role was given with one key in 90 days.",
            "%(count)s powerful roles were given with one key in 90 days.",
            given,
        )
        return Check(_("Two keys"), "warn", words % {"count": given}, _("Let a second person look at it."))
    return Check(_("Two keys"), "ok", _("No powerful role was given with one key in 90 days."))
