"""Bringing a list of earlier answers: receive, name the columns, apply, take back, and the same out. The trail keeps counts and students' ids."""

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import queries as people
from governance.people.models import School, User
from governance.people.queries import day_of
from governance.records import door
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import vault
from vendors import columns
from vendors.bringing import CannotBring, check_undo
from vendors.consents import actions as consents
from vendors.consents import queries as consent_queries
from vendors.consents.models import Answer, Form, Standing
from vendors.consents.rules import Slip
from vendors.earlier import checks, numbers
from vendors.earlier.checks import Planned
from vendors.earlier.models import Brought, EarlierSheet
from vendors.register.machine import harmless
from vendors.spreadsheets import reading
from vendors.spreadsheets.checks import Fault

OWNER = "earlier"
WAITS_DAYS = 7
MOST_ROWS = 2000


def receive(*, form: Form, covers: str, content: bytes, by: User, at: dt.datetime) -> EarlierSheet:
    """Keep the cells of an uploaded CSV, encrypted, until somebody says what its columns mean. Raises CannotBring, reading.CannotRead."""
    header, rows = reading.read(content)
    if len(rows) > MOST_ROWS:
        raise CannotBring(_("The list has more than 2,000 rows. Split it into several."), code="too_many")
    with vault.keeping(OWNER, _as_bytes(rows)) as kept, transaction.atomic():
        sheet = EarlierSheet.objects.create(
            form=form,
            covers=covers.strip()[:300],
            header=header,
            lines=sum(any(row) for row in rows),
            received_at=at,
            received_by=by,
            **_file(kept),
        )
        _tell(Event.EARLIER_RECEIVED, sheet, by=by, action=Action.CREATE, lines=sheet.lines, form=str(form.sha256))
    return sheet


def map_columns(*, sheet: UUID, mapping: Mapping[str, int], by: User, at: dt.datetime) -> EarlierSheet:
    """Say which column is which field; the cells of all others are forgotten. Raises CannotBring without a column that is needed."""
    found = _open(sheet)
    columns.check(mapping, fields=checks.COLUMNS, header=found.header)
    before = found.file
    named, header, rows = columns.narrowed(mapping, found.header, cells(found))
    with vault.keeping(OWNER, _as_bytes(rows)) as kept, transaction.atomic():
        found = _open(sheet)
        for name, value in _file(kept).items():
            setattr(found, name, value)
        found.mapping, found.header = named, header
        found.save()
        _tell(Event.EARLIER_MAPPED, found, by=by, columns=sorted(mapping))
    vault.destroy(before)
    return found


def dry_run(*, sheet: EarlierSheet, by: User, at: dt.datetime) -> tuple[list[Planned], list[Fault]]:
    """What applying would register, and every fault by its cell. Looking the numbers up is a look that each student found has in the log."""
    rows = cells(sheet)
    known = numbers.find(checks.numbers_in(rows, sheet.mapping), schools=schools_of(by, at), by=by)
    links = {link.pk: link for found in known.values() for person in found for link in person.guardians.values()}
    may = {pk for pk, link in links.items() if consent_queries.may_answer(link, on=day_of(at))}
    return checks.dry_run(rows, sheet.header, sheet.mapping, known, may_answer=may, on=day_of(at))


def apply(*, sheet: UUID, by: User, at: dt.datetime) -> EarlierSheet:
    """Register all answers of the list, or none. Raises CannotBring while a cell has a fault or an answer is not taken."""
    found = _open(sheet)
    if not found.mapping:
        raise CannotBring(_("First say what the columns mean."), code="not_mapped")
    planned, faults = dry_run(sheet=found, by=by, at=at)
    if faults:
        raise CannotBring(_("Some cells cannot be taken yet. Mend them in your file and bring it again."), code="faults")
    file = found.file
    with transaction.atomic():
        held = EarlierSheet.objects.select_for_update(of=("self",)).select_related("form__matter__tool").get(pk=found.pk)
        if held.is_closed:
            raise CannotBring(_("This list was applied or dropped already."), code="closed")
        brought = [Brought(sheet=held, answer=_register(held, each, by=by, at=at), row=each.row) for each in planned]
        Brought.objects.bulk_create(brought)
        _forget(held)
        held.applied_at, held.applied_by = at, by
        held.save()
        _tell(Event.EARLIER_APPLIED, held, by=by, answers=len(brought))
    vault.destroy(file)
    return held


def _register(sheet: EarlierSheet, each: Planned, *, by: User, at: dt.datetime) -> Answer:
    try:
        return consents.register_paper(
            matter=sheet.form.matter,
            link=each.link,
            said=each.said,
            number=sheet.form.number,
            language="en",
            signed_on=each.signed_on,
            key=uuid4(),
            method=Answer.Method.BROUGHT,
            by=by,
            at=at,
        )
    except consents.CannotAnswer as refusal:
        raise CannotBring(_("Row %(row)d: %(why)s") % {"row": each.row, "why": refusal.what_to_do}, code=refusal.code) from refusal


@transaction.atomic
def undo(*, sheet: UUID, by: User, at: dt.datetime) -> EarlierSheet:
    """What the list made counts no more; what families said since stands. Raises CannotBring after 30 days."""
    found = EarlierSheet.objects.select_for_update(of=("self",)).get(public_id=sheet)
    check_undo(found, at=at, too_late=_("It was applied more than 30 days ago. Register what families say now."))
    count = 0
    for each in found.brought.select_related("answer__standing__matter", "answer__standing__student", "answer__form").order_by("pk"):
        consents.take_for_mistake(answer=each.answer, why=Slip.LIST.value, by=by, at=at)
        count += 1
    found.save(update_fields=found.take_back(by=by, at=at))
    _tell(Event.EARLIER_UNDONE, found, by=by, answers=count)
    return found


def drop(*, sheet: UUID, by: User | None, at: dt.datetime) -> EarlierSheet:
    """Forget a list that was not applied, with its cells."""
    file = _open(sheet).file
    with transaction.atomic():
        found = EarlierSheet.objects.select_for_update(of=("self",)).get(public_id=sheet)
        if not found.is_closed:
            _forget(found)
            found.dropped_at = at
            found.save()
            _tell(Event.EARLIER_DROPPED, found, by=by)
    vault.destroy(file)
    return found


def tidy(*, at: dt.datetime) -> int:
    """Drop lists that wait for too long, and sweep files that no row names. Answers how many were dropped."""
    waiting = EarlierSheet.objects.filter(applied_at=None, dropped_at=None, received_at__lte=at - dt.timedelta(days=WAITS_DAYS))
    count = len([drop(sheet=each, by=None, at=at) for each in waiting.values_list("public_id", flat=True)])
    vault.sweep(OWNER, known=set(EarlierSheet.objects.exclude(file="").values_list("file", flat=True)))
    return count


def export(*, form: Form, by: User, at: dt.datetime) -> str:
    """What counts of each student about this matter, as a table that can be brought again: number, answer, day, who signed.

    Every student in it has the line in the own log, ahead of the read.
    """
    schools = schools_of(by, at)
    standings = Standing.objects.filter(matter=form.matter, student__school__in=schools, student__left_on=None).exclude(state="")
    latest: dict[int, Answer] = {}
    for said in Answer.objects.filter(standing__in=standings, mistake=None).select_related("standing", "guardianship").order_by("at", "pk"):
        if said.said == said.standing.state:
            latest[said.standing.student_id] = said
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(column.name for column in checks.COLUMNS)
    students = sorted(latest)
    for first in range(0, len(students), door.MOST_IN_ONE_ENTRY):
        some = students[first : first + door.MOST_IN_ONE_ENTRY]
        written = entries.append_ahead(
            Event.EARLIER_EXPORTED,
            by=by,
            students=some,
            elements=numbers.ELEMENTS,
            data={"form": form.sha256},
            hat=Role.SECRETARY,
            purpose=numbers.PURPOSE,
            basis=numbers.BASIS,
        )
        for student, opened in door.opened_by(written, students=some, elements=numbers.ELEMENTS).items():
            said = latest[student]
            signer = next(
                (each for each in opened.guardians if said.guardianship and each["guardian_id"] == said.guardianship.guardian_id), None
            )
            name = f"{signer['given_name']} {signer['family_name']}".strip() if signer else ""
            word = "yes" if said.said == Answer.Said.GIVEN else "no"
            writer.writerow(harmless(cell) for cell in (opened.identity.get("local_id") or "", word, said.signed_on.isoformat(), name))
    return out.getvalue()


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def cells(sheet: EarlierSheet) -> list[list[str]]:
    """The rows of a list, from the vault."""
    kept = vault.Kept(sheet.file, sheet.file_size, sheet.file_sha256, bytes(sheet.file_key))
    found: list[list[str]] = json.loads(b"".join(vault.read(kept)))
    return found


def schools_of(by: User, at: dt.datetime) -> list[int]:
    """Ids of the schools whose papers this person registers."""
    found = people.schools_of(by, Role.SECRETARY, on=day_of(at))
    return list(School.objects.filter(active=True).order_by("pk").values_list("pk", flat=True)[:50]) if found is None else sorted(found)


def _file(kept: vault.Kept) -> dict[str, Any]:
    return {"file": kept.name, "file_key": kept.key, "file_size": kept.size, "file_sha256": kept.sha256}


def _as_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def _forget(sheet: EarlierSheet) -> None:
    sheet.file, sheet.file_key, sheet.file_size, sheet.file_sha256 = "", b"", 0, ""


def _open(public_id: UUID) -> EarlierSheet:
    found = EarlierSheet.objects.select_related("form__matter").get(public_id=public_id)
    if found.is_closed:
        raise CannotBring(_("This list was applied or dropped already."), code="closed")
    return found


def _tell(event: Event, sheet: EarlierSheet, *, by: User | None, action: Action = Action.UPDATE, **data: Any) -> None:
    entries.append(event, action=action, by=by, about=sheet, data=data or None)
