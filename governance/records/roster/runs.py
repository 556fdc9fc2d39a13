"""A roster delivery from its arrival to its end: upload, check, the second person, merge. The run is what the history shows."""

import datetime as dt
from pathlib import Path
from typing import IO

from django.db import transaction

from governance.people.models import User
from governance.records import intake, queue
from governance.records.intake import Actor, Compared
from governance.records.models import ImportRun
from governance.records.roster import actions
from governance.records.roster.bundle import Bundle, Refused, open_path, open_zip
from governance.records.roster.delivery import Report, digest_of, digest_of_bundle, prepare
from governance.records.roster.reading import Unreadable

State = ImportRun.State


def import_path(path: Path, *, dry_run: bool, at: dt.datetime, today: dt.date) -> tuple[Report, ImportRun | None]:
    """Import the folder or zip at `path` for the server's own command line, without a person.

    Answers the report and the run that the history shows (None for a dry run and for the same bytes as last time). A delivery that would
    end too many students waits for an admin or the superintendent on the page of its run. Raises `intake.Busy`.
    """
    bundle = open_path(path)
    digest = _digest_of_path(path, bundle)
    last = queue.last_applied(ImportRun.Kind.ROSTER)
    if digest and last is not None and last.digest == digest:
        return Report(identical=True, version=last.report.get("version", ""), source=last.report.get("source", "")), None
    if dry_run:
        return actions.check(bundle, today=today), None
    run = intake.begin(kind=ImportRun.Kind.ROSTER, name=bundle.name, digest=digest, mapping={}, tries=queue.MOST_ATTEMPTS, at=at)
    try:
        report = actions.merge(bundle, run=run, actor=Actor(), second=False, at=at, today=today)
    except BaseException:
        queue.settle(run, State.FAILED, {})
        raise
    if report.ends_too_many and not report.refused:
        with intake.packed(bundle) as packed:
            intake.keep(run, packed, using=intake.KEEPER)
        queue.settle(run, State.WAITING, report.as_dict())
    elif report.refused:
        queue.settle(run, State.REFUSED, report.as_dict())
    run.refresh_from_db()
    return report, run


def _digest_of_path(path: Path, bundle: Bundle) -> str:
    if bundle.faults:
        return ""
    try:
        if path.is_dir():
            return digest_of_bundle(bundle)
        with path.open("rb") as stream:
            return digest_of(stream)
    except (Refused, OSError):
        bundle.faults.add(bundle.name, 0, "", "unreadable")
        return ""


def receive(*, content: IO[bytes], name: str, by: User, at: dt.datetime) -> ImportRun:
    """Take an uploaded zip: look at its outside, keep it without passwords, and have the worker check it.

    Answers the run; its state says REFUSED where the zip breaks a limit, and nothing of it is kept then. The bytes that were applied last
    answer with that run.
    """
    digest = digest_of(content)
    last = queue.last_applied(ImportRun.Kind.ROSTER)
    if last is not None and last.digest == digest:
        return last
    content.seek(0)
    bundle = open_zip(content, name)
    run = ImportRun(kind=ImportRun.Kind.ROSTER, state=State.RECEIVED, file_name=name[-200:], digest=digest, made_at=at, made_by=by)
    delivery = prepare(bundle)
    if not delivery.faults:
        try:
            with intake.packed(bundle) as packed, transaction.atomic():
                run.save()
                intake.keep(run, packed)
                transaction.on_commit(queue.wake)
            return run
        except Refused as refusal:
            delivery.faults.add(refusal.file, 0, "", refusal.code)
        except Unreadable as trouble:
            delivery.faults.add(name, 0, "", trouble.code)
    faults = delivery.faults
    run.pk, run.state = None, State.REFUSED
    run.report = Report(version=delivery.version, faults=faults.in_order(), fault_count=faults.count).as_dict()
    run.save(force_insert=True)
    return run


def work_on(run: ImportRun, content: IO[bytes], *, at: dt.datetime, today: dt.date) -> None:
    """The worker's part: check a run that was received, merge one that is to be applied. Raises `intake.Busy`."""
    bundle = open_zip(content, run.file_name)
    person = run.made_by if run.state == State.RECEIVED else run.applied_by
    actor = Actor(user_id=person.pk, hat=queue.hat_of(person, on=today)) if person else Actor()
    compared = Compared(run, actor)
    if run.state == State.RECEIVED:
        report = actions.check(bundle, today=today, compared=compared)
        compared.record(report.elements)
        queue.settle(run, State.REFUSED if report.refused else State.WAITING if report.ends_too_many else State.CHECKED, report.as_dict())
        return
    second = run.second_by_id is not None
    report = actions.merge(bundle, run=run, actor=actor, second=second, at=at, today=today, compared=compared)
    if report.refused or (report.ends_too_many and not second):
        compared.record(report.elements)
        queue.settle(run, State.REFUSED if report.refused else State.WAITING, report.as_dict())
