"""A CSV of element values from its arrival to its end: upload, its columns, check, write."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance.people.models import User
from governance.records import intake, queue
from governance.records.intake import Actor, Compared
from governance.records.models import ImportRun
from governance.records.roster.bundle import MOST_BYTES
from governance.records.roster.delivery import Report, digest_of
from governance.records.roster.faults import Faults
from governance.records.roster.reading import Unreadable, headers_of, without_passwords
from governance.records.values import actions, mapping
from governance.records.values.mapping import Mapped
from portal.base.errors import CannotDo

State = ImportRun.State
# A first row that holds these is a student and not a header.
_A_VALUE = re.compile(r"@|^\d[\d\s./-]*$")


class NotTaken(CannotDo):
    """The upload was not kept; `what_to_do` says why, in words."""


def import_file(path: Path, mapped: Mapped, *, dry_run: bool, at: dt.datetime) -> tuple[Report, ImportRun | None]:
    """Import the file at `path` for the server's own command line, without a person. Raises `intake.Busy`."""
    try:
        content = path.open("rb")
    except OSError:
        faults = Faults()
        faults.add(path.name, 0, "", "nothing")
        return Report(faults=faults.in_order(), fault_count=1), None
    with content:
        if dry_run:
            return actions.check(content, path.name, mapped), None
        run = intake.begin(
            kind=ImportRun.Kind.VALUES, name=path.name, digest="", mapping=mapped.as_dict(), tries=queue.MOST_ATTEMPTS, at=at
        )
        try:
            report = actions.merge(content, path.name, mapped, run=run, actor=Actor(), second=False, at=at)
        except BaseException:
            queue.settle(run, State.FAILED, {})
            raise
        if report.lifts_limits and not report.refused:
            content.seek(0)
            with intake.gathered(without_passwords(content)) as whole:
                intake.keep(run, whole, using=intake.KEEPER)
            queue.settle(run, State.WAITING, report.as_dict())
    if report.refused:
        queue.settle(run, State.REFUSED, report.as_dict())
    run.refresh_from_db()
    return report, run


def receive(*, content: IO[bytes], name: str, by: User, at: dt.datetime) -> ImportRun:
    """Take an uploaded CSV and keep it (without password columns) until its columns are named. Raises NotTaken."""
    digest = digest_of(content)
    if content.tell() > MOST_BYTES:
        raise NotTaken(_("The file is larger than 200 MB."))
    content.seek(0)
    try:
        headers = headers_of(content)
    except Unreadable:
        raise NotTaken(_("This is not a CSV file in UTF-8 with a header row.")) from None
    if any(_A_VALUE.search(header) for header in headers):
        raise NotTaken(_("The first row must name the columns. It looks like a student’s row."))
    content.seek(0)
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(
                kind=ImportRun.Kind.VALUES,
                state=State.MAPPING,
                file_name=name[-200:],
                digest=digest,
                mapping={"headers": headers},
                made_at=at,
                made_by=by,
            )
            with intake.gathered(without_passwords(content)) as whole:
                intake.keep(run, whole)
    except Unreadable:
        raise NotTaken(
            _("The column with passwords cannot be told from the others, so the file was not kept. Leave that column out.")
        ) from None
    return run


def map_columns(*, run_id: int, pairs: Sequence[tuple[str, str]], source: str, by: User, at: dt.datetime) -> ImportRun:
    """Say what the columns mean and have the file checked. Raises `mapping.WrongMapping`, `queue.CannotDecide`."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state != State.MAPPING:
            raise queue.CannotDecide(_("Somebody else was faster: this file’s columns are named already."))
        run.mapping = mapping.make(pairs, source=source).as_dict()
        run.state, run.started_at = State.RECEIVED, at
        run.save(update_fields=["mapping", "state", "started_at"])
        transaction.on_commit(queue.wake)
    return run


def work_on(run: ImportRun, content: IO[bytes], *, at: dt.datetime, today: dt.date) -> None:
    """The worker's part: check a file whose columns are named, write one that is to be applied. Raises `intake.Busy`."""
    mapped = mapping.from_dict(run.mapping)
    person = run.made_by if run.state == State.RECEIVED else run.applied_by
    actor = Actor(user_id=person.pk, hat=queue.hat_of(person, on=today)) if person else Actor()
    compared = Compared(run, actor)
    if run.state == State.RECEIVED:
        report = actions.check(content, run.file_name, mapped, compared=compared)
        compared.record(report.elements)
        queue.settle(run, State.REFUSED if report.refused else State.WAITING if report.lifts_limits else State.CHECKED, report.as_dict())
        return
    second = run.second_by_id is not None
    report = actions.merge(content, run.file_name, mapped, run=run, actor=actor, second=second, at=at, compared=compared)
    if report.refused or (report.lifts_limits and not second):
        compared.record(report.elements)
        queue.settle(run, State.REFUSED if report.refused else State.WAITING, report.as_dict())
