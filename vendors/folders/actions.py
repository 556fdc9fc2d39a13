"""Bringing a folder of PDF files: receive, correct what each is meant for, apply, take back. Each in one transaction with its entry, which holds counts alone."""

import datetime as dt
from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from vendors.agreements import actions as agreements
from vendors.agreements.models import Agreement
from vendors.bringing import CannotBring, check_undo
from vendors.folders import matching, queries, reading
from vendors.folders.models import File, Folder
from vendors.providers import documents
from vendors.providers.models import Document, Provider, Tool
from vendors.spreadsheets.actions import PURPOSE, fingerprint


@transaction.atomic
def receive(*, archive: IO[bytes], size: int, by: User, at: dt.datetime) -> Folder:
    """Keep the files of a ZIP, each with what its name speaks of, until somebody says what they are meant for. Raises reading.CannotRead."""
    folder = Folder.objects.create(received_at=at, received_by=by)
    targets = queries.targets()
    open_ones = [target.candidate for target in targets.values() if target.agreement is not None]
    providers = [target.candidate for target in targets.values() if target.provider is not None]
    seen: set[str] = set()
    taken: set[str] = set()
    number = 0
    for number, found in enumerate(reading.read(archive, size), 1):
        fault = found.fault or _fault_of(found.sha256, seen)
        seen.add(found.sha256)
        key = ""
        if not fault:
            key = matching.best(found.name, [each for each in open_ones if each.key not in taken]) or matching.best(found.name, providers)
            taken.add(key)
        File.objects.create(
            folder=folder,
            number=number,
            name=found.name,
            fault=fault,
            sha256=found.sha256,
            content=b"" if fault else found.content,
            target=key,
        )
    _tell(Event.FOLDER_RECEIVED, folder, by=by, action=Action.CREATE, files=number)
    return folder


def _fault_of(sha256: str, seen: set[str]) -> str:
    if sha256 in seen:
        return File.Fault.TWICE
    return File.Fault.THERE if Document.objects.filter(sha256=sha256).exists() else ""


@transaction.atomic
def correct(*, folder: UUID, choices: Mapping[UUID, str], by: User, at: dt.datetime) -> Folder:
    """Say what each file is meant for: a key of `queries.targets`, empty for a file that is left out. Raises CannotBring for another word, and for
    one agreement with two files."""
    found = _open(folder)
    _choose(found, choices)
    _tell(Event.FOLDER_CORRECTED, found, by=by, files=len(choices))
    return found


def _choose(folder: Folder, choices: Mapping[UUID, str]) -> None:
    chosen = [key for key in choices.values() if key.startswith("agreement:")]
    if len(set(chosen)) < len(chosen):
        raise CannotBring(
            _("Two files are meant for one agreement. An agreement has one document: put the parts together."), code="two_files"
        )
    files = {file.public_id: file for file in folder.files.filter(fault="").defer("content")}
    if set(choices) - set(files) or set(filter(None, choices.values())) - set(queries.targets()):
        raise CannotBring(_("There is no such agreement to add a document to any more. Load the page again."), code="no_target")
    for public_id, key in choices.items():
        files[public_id].target = key
        files[public_id].save(update_fields=["target"])


@transaction.atomic
def apply(*, folder: UUID, choices: Mapping[UUID, str], by: User, at: dt.datetime) -> Folder:
    """Put each file into the agreement it is meant for, or into a new draft with its provider's tools; all of them or none. A document is no
    signature: nothing opens. `choices` as in `correct`. Raises CannotBring as there, and where nothing is meant for anything.
    """
    found = _open(folder)
    _choose(found, choices)
    targets = queries.targets()
    meant = list(found.files.filter(fault="").exclude(target=""))
    if not meant:
        raise CannotBring(_("Say first for which agreement at least one of the files is meant."), code="nothing_meant")
    into: list[Agreement] = []
    for file in meant:
        target = targets[file.target]
        agreement = target.agreement
        if agreement is None:
            assert target.provider is not None
            agreement, file.is_new = _draft(target.provider, by=by, at=at), True
        document = documents.receive(content=bytes(file.content), title=agreement.title, by=by, at=at)
        agreements.attach(agreement=agreement.public_id, document=document, by=by, at=at)
        file.agreement, file.document, file.name, file.content = agreement.public_id, document, "", b""
        into.append(agreement)
    for file, agreement in zip(meant, into, strict=True):
        file.fingerprint = fingerprint(_fresh(agreement.public_id))
        file.save(update_fields=["agreement", "is_new", "document", "name", "content", "fingerprint"])
    found.applied_at, found.applied_by = at, by
    _close(found, "applied_at", "applied_by")
    _tell(Event.FOLDER_APPLIED, found, by=by, made=len(meant), new=sum(file.is_new for file in meant))
    return found


@transaction.atomic
def undo(*, folder: UUID, by: User, at: dt.datetime) -> Folder:
    """Take the documents out again, and the drafts away that were made for them. Raises CannotBring after 30 days, and where any of it was changed,
    sent or signed since."""
    found = Folder.objects.select_for_update().get(public_id=folder)
    check_undo(found, at=at, too_late=_("It was applied more than 30 days ago. Change the agreements on their own pages."))
    files = list(found.files.exclude(fingerprint="").select_related("document"))
    there = queries.agreements_of(files)
    for file in files:
        if file.agreement not in there or file.document is None or fingerprint(_fresh(file.agreement)) != file.fingerprint:
            raise CannotBring(
                _("What file %(number)d was put into was changed since. Change the agreements on their own pages.")
                % {"number": file.number},
                code="touched",
            )
    try:
        for file in files:
            _take_out(file, by=by, at=at)
    except ProtectedError as error:
        raise CannotBring(_("Something else rests on what this folder made by now."), code="touched") from error
    found.save(update_fields=found.take_back(by=by, at=at))
    _tell(Event.FOLDER_UNDONE, found, by=by, removed=len(files))
    return found


@transaction.atomic
def drop(*, folder: UUID, by: User, at: dt.datetime) -> Folder:
    """Forget a folder that was not applied, with its files."""
    found = _open(folder)
    found.dropped_at, found.dropped_by = at, by
    _close(found, "dropped_at", "dropped_by")
    _tell(Event.FOLDER_DROPPED, found, by=by)
    return found


def _draft(provider: Provider, *, by: User, at: dt.datetime) -> Agreement:
    tools = list(Tool.objects.filter(provider=provider, retired_at=None))
    return agreements.draft(
        provider=provider,
        kind=Agreement.Kind.NDPA,
        title=_("Agreement with %(provider)s") % {"provider": provider.name},
        tools=tools,
        starts_on=people.day_of(at),
        purposes=[PURPOSE],
        by=by,
        at=at,
    )


def _take_out(file: File, *, by: User, at: dt.datetime) -> None:
    document = file.document
    assert file.agreement is not None and document is not None
    if file.is_new:
        _fresh(file.agreement).delete()
    else:
        agreements.detach(agreement=file.agreement, by=by, at=at)
    document.delete()


def _fresh(agreement: UUID) -> models.Model:
    return Agreement.objects.select_for_update(of=("self",)).get(public_id=agreement)


def _open(public_id: UUID) -> Folder:
    found = Folder.objects.select_for_update().get(public_id=public_id)
    if found.is_closed:
        raise CannotBring(_("This folder was applied or dropped already."), code="closed")
    return found


def _close(folder: Folder, *fields: str) -> None:
    folder.save(update_fields=list(fields))
    folder.files.update(name="", content=b"")


def _tell(event: Event, folder: Folder, *, by: User, action: Action = Action.UPDATE, **data: Any) -> None:
    entries.append(event, action=action, by=by, about=folder, data=data or None)
