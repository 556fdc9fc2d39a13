"""The steps of an export. Each verb is one transaction with its entry; the words that people type stay in the export."""

import base64
import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.audit.questions import Question
from governance.exports import notices, queries
from governance.exports.models import Export
from governance.exports.queries import Size
from governance.people.models import User
from governance.people.queries import day_of
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import outbox, vault, workdays
from portal.base.errors import CannotDo

State = Export.State
DAYS_TO_APPROVE = 5
KEPT_FOR = dt.timedelta(hours=24)
MOST_ATTEMPTS = 3
SILENCE = dt.timedelta(seconds=60)


def ask(
    *, by: User, hat: Role, question: Question, purpose: str, reason: str, form: str, language: str, key: UUID, at: dt.datetime
) -> Export:
    """Ask for an export. Small ones begin at once; over 100 students or a whole school wait for a second person, for five school days.

    `purpose` and `form` are keys of `words.PURPOSES` and `words.FORMS`; `reason` is free text, which the trail does not get. The same `key` again
    gives the same export. Raises CannotDo.
    """
    if (made := Export.objects.filter(idempotency_key=key, asked_by=by).first()) is not None:
        return made
    filters = queries.asked_of(question, by=by, hat=hat)
    if filters is None:
        raise CannotDo(_("What was searched for is no longer there. Search again."))
    size = queries.size_of(filters, by=by, hat=hat)  # ahead of the transaction: a look
    with transaction.atomic():
        return _keep(
            by=by, hat=hat, question=question, purpose=purpose, reason=reason, form=form, language=language, key=key, at=at, size=size
        )


def _keep(
    *, by: User, hat: Role, question: Question, purpose: str, reason: str, form: str, language: str, key: UUID, at: dt.datetime, size: Size
) -> Export:
    export = Export(
        idempotency_key=key, asked_by=by, asked_at=at, hat=hat, question=question.in_address(), purpose=purpose, reason=reason, form=form,
        language=language, entries=size.entries, lines=size.lines, students=size.students, whole_schools=size.whole_schools,
        all_counted=size.all_counted, needs_second=size.needs_second, state=State.WAITING if size.needs_second else State.QUEUED,
        lapses_on=workdays.after(day_of(at), DAYS_TO_APPROVE) if size.needs_second else None, touched_at=at,
    )  # fmt: skip
    told = {"form": form, "reason": purpose, "entries": size.entries, "students": size.students, "second_person": size.needs_second}
    export.until = entries.append(Event.EXPORT_ASKED, action=Action.CREATE, by=by, about=export, hat=hat, data=told).timestamp
    export.save(force_insert=True)
    if size.needs_second:
        outbox.put(notices.WAITING, at=at, export=str(export.public_id))
    else:
        outbox.put(notices.MAKE, at=at, export=str(export.public_id))
    return export


@transaction.atomic
def approve(*, export_id: UUID, by: User, at: dt.datetime) -> Export:
    """The second person's yes. Raises CannotDo, also for whoever asked."""
    export = _to_decide(export_id, by=by, at=at)
    export.decided_by, export.decided_at = by, at
    export.state, export.touched_at = State.QUEUED, at
    export.save(update_fields=["decided_by", "decided_at", "state", "touched_at"])
    entries.append(Event.EXPORT_APPROVED, action=Action.UPDATE, by=by, about=export)
    outbox.put(notices.MAKE, at=at, export=str(export.public_id))
    return export


@transaction.atomic
def refuse(*, export_id: UUID, by: User, reason: str, at: dt.datetime) -> Export:
    """The second person's no, with the reason that whoever asked reads. Raises CannotDo."""
    export = _to_decide(export_id, by=by, at=at)
    export.decided_by, export.decided_at, export.refusal = by, at, reason
    export.state, export.ended_at = State.REFUSED, at
    export.save(update_fields=["decided_by", "decided_at", "refusal", "state", "ended_at"])
    entries.append(Event.EXPORT_REFUSED, action=Action.UPDATE, by=by, about=export)
    return export


@transaction.atomic
def cancel(*, export_id: UUID, by: User, at: dt.datetime) -> Export:
    """Call an export off: what is there of its file goes, and whoever makes it stops. Raises CannotDo."""
    export = _locked(export_id)
    if export.asked_by_id != by.pk or export.state not in {State.WAITING, State.QUEUED, State.MAKING, State.READY}:
        raise CannotDo(_("This export is over already."))
    _drop_files(export)
    export.state, export.ended_at = State.CANCELLED, at
    export.save(update_fields=["state", "ended_at", "file", "proof"])
    entries.append(Event.EXPORT_CANCELLED, action=Action.UPDATE, by=by, about=export)
    return export


@transaction.atomic
def lapse(*, export_id: UUID, at: dt.datetime) -> None:
    """End what nobody approved in time."""
    export = _locked(export_id)
    if export.state == State.WAITING and export.lapses_on is not None and day_of(at) > export.lapses_on:
        export.state, export.ended_at = State.LAPSED, at
        export.save(update_fields=["state", "ended_at"])
        entries.append(Event.EXPORT_LAPSED, action=Action.UPDATE, by=None, about=export)


@transaction.atomic
def expire(*, export_id: UUID, at: dt.datetime) -> None:
    """Remove the file of an export whose 24 hours are over."""
    export = _locked(export_id)
    if export.state == State.READY and export.gone_after is not None and at >= export.gone_after:
        _drop_files(export)
        export.state, export.ended_at = State.GONE, at
        export.save(update_fields=["state", "ended_at", "file", "proof"])
        entries.append(Event.EXPORT_GONE, action=Action.DELETE, by=None, about=export)


@transaction.atomic
def finish(
    *, export_id: UUID, attempt: int, file: vault.Kept, proof: vault.Kept | None, rows: int, entries_in: int, at: dt.datetime
) -> bool:
    """Hand the made file over. False where the export was called off meanwhile or somebody else makes it: then the file must go again."""
    export = _locked(export_id)
    if export.state != State.MAKING or export.attempts != attempt:
        return False
    export.state, export.ready_at, export.gone_after, export.done = State.READY, at, at + KEPT_FOR, rows
    export.lines, export.entries = rows, entries_in
    export.file, export.proof = as_json(file), as_json(proof) if proof else {}
    export.save(update_fields=["state", "ready_at", "gone_after", "done", "lines", "entries", "file", "proof"])
    told = {
        "form": export.form,
        "entries": entries_in,
        "lines": rows,
        "bytes": file.size,
        "sha256": file.sha256,
        "proof": proof is not None,
    }
    entries.append(Event.EXPORT_MADE, action=Action.UPDATE, by=None, about=export, data=told)
    return True


@transaction.atomic
def fail(*, export_id: UUID, attempt: int, failure: str, at: dt.datetime) -> None:
    """Note that it did not work, where this attempt is still the one that counts. `failure` is one of Export.Failure."""
    export = _locked(export_id)
    if export.state in {State.MAKING, State.QUEUED} and export.attempts == attempt:
        export.state, export.failure, export.ended_at = State.FAILED, failure, at
        export.save(update_fields=["state", "failure", "ended_at"])
        entries.append(Event.EXPORT_FAILED, action=Action.UPDATE, by=None, about=export, data={"failure": failure})


@transaction.atomic
def take_up_again(*, export_id: UUID, at: dt.datetime) -> None:
    """Have another worker begin anew where one fell silent, at most three times; and ask again for what no worker took."""
    export = _locked(export_id)
    if export.state not in {State.QUEUED, State.MAKING} or export.touched_at is None or at - export.touched_at < SILENCE:
        return
    if export.state == State.MAKING and export.attempts >= MOST_ATTEMPTS:
        fail(export_id=export_id, attempt=export.attempts, failure=Export.Failure.ATTEMPTS, at=at)
        return
    Export.objects.filter(pk=export.pk).update(state=State.QUEUED, touched_at=at, done=0)
    outbox.put(notices.MAKE, at=at, export=str(export.public_id))


def note_download(*, export: Export, by: User, part: str, first: int) -> None:
    """Commit the entry of a download before its first byte. `part` is "file" or "proof"; `first` the byte that it goes on from."""
    data = {
        "part": part,
        "from_byte": first,
        "export": str(export.public_id),
        "sha256": (export.proof if part == "proof" else export.file)["sha256"],
    }
    entries.append_ahead(Event.EXPORT_DOWNLOADED, by=by, students=None, elements=("audit",), opens=False, data=data, hat=export.hat)


def as_json(kept: vault.Kept) -> dict[str, str | int]:
    """What the row remembers of a file."""
    return {"name": kept.name, "size": kept.size, "sha256": kept.sha256, "key": base64.b64encode(kept.key).decode()}


def kept_of(told: dict) -> vault.Kept:
    """The file that a row remembers."""
    return vault.Kept(name=told["name"], size=told["size"], sha256=told["sha256"], key=base64.b64decode(told["key"]))


def _to_decide(export_id: UUID, *, by: User, at: dt.datetime) -> Export:
    export = _locked(export_id)
    if export.asked_by_id == by.pk:
        raise CannotDo(_("You asked for this export yourself. Somebody else has to decide."))
    if not queries.may_decide(by, export, on=day_of(at)):
        raise CannotDo(_("Only another compliance officer, an admin or the superintendent can decide this."))
    if export.state != State.WAITING:
        raise CannotDo(_("Somebody else was faster: this export no longer waits."))
    if export.lapses_on is not None and day_of(at) > export.lapses_on:
        raise CannotDo(_("The time to approve this export is over. It has to be asked for again."))
    return export


def _locked(export_id: UUID) -> Export:
    return Export.objects.select_for_update(of=("self",)).get(public_id=export_id)


def _drop_files(export: Export) -> None:
    """Forget the keys with the transaction; the bytes go when it is committed, and are worth nothing without."""
    names = [part["name"] for part in (export.file, export.proof) if part]
    export.file, export.proof = {}, {}

    def destroy() -> None:
        for name in names:
            vault.destroy(name)

    transaction.on_commit(destroy)
