"""Bringing a spreadsheet: receive, say what the columns mean, apply, take back. Each in one transaction with its entry, which holds counts alone."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from vendors import columns
from vendors.agreements import actions as agreements
from vendors.agreements.models import Agreement
from vendors.bringing import CannotBring, check_undo
from vendors.providers import actions as catalogue
from vendors.providers.models import Provider, Tool
from vendors.spreadsheets import checks, reading
from vendors.spreadsheets.models import Listing, Made, Sheet

PURPOSE = "online-learning-tool"
_MODELS: dict[str, type[models.Model]] = {Made.Kind.PROVIDER: Provider, Made.Kind.TOOL: Tool, Made.Kind.AGREEMENT: Agreement}


@transaction.atomic
def receive(*, kind: str, content: bytes, by: User, at: dt.datetime) -> Sheet:
    """Keep the cells of an uploaded CSV until somebody says what its columns mean. Raises reading.CannotRead."""
    header, rows = reading.read(content)
    sheet = Sheet.objects.create(
        kind=kind,
        sha256=hashlib.sha256(content).hexdigest(),
        header=header,
        rows=rows,
        lines=sum(any(row) for row in rows),
        received_at=at,
        received_by=by,
    )
    _tell(Event.SHEET_RECEIVED, sheet, by=by, action=Action.CREATE, kind=kind, lines=sheet.lines)
    return sheet


@transaction.atomic
def map_columns(*, sheet: UUID, mapping: Mapping[str, int], by: User, at: dt.datetime) -> Sheet:
    """Say which column is which field. What no field needs is forgotten. Raises CannotBring without a column that is needed, and for one
    column in two places."""
    found = _open(sheet)
    columns.check(mapping, fields=checks.FIELDS[found.kind], header=found.header)
    found.mapping, found.header, found.rows = columns.narrowed(mapping, found.header, found.rows)
    found.save(update_fields=["rows", "header", "mapping"])
    _tell(Event.SHEET_MAPPED, found, by=by, columns=sorted(mapping))
    return found


@transaction.atomic
def apply(*, sheet: UUID, by: User, at: dt.datetime) -> Sheet:
    """Make what the sheet says, all of it or nothing. What the catalogue has already stays as it is.

    An agreement becomes a draft: a line of a list is no signature. Raises CannotBring while a cell has a fault.
    """
    found = _open(sheet)
    if not found.mapping:
        raise CannotBring(_("First say what the columns mean."), code="not_mapped")
    run = checks.dry_run(found, at)
    if run.faults:
        raise CannotBring(_("Some cells cannot be taken yet. Mend them in your file and bring it again."), code="faults")
    made: list[tuple[str, models.Model, int]] = []
    for planned in run.new:
        make = _make_tool if found.kind == Sheet.Kind.TOOLS else _make_agreement
        made += [(kind, thing, planned.row) for kind, thing in make(planned.values, by=by, at=at)]
    found.applied_at, found.applied_by, found.rows = at, by, []
    found.save(update_fields=["applied_at", "applied_by", "rows"])
    Made.objects.bulk_create(
        Made(sheet=found, kind=kind, object_id=thing.pk, row=row, fingerprint=fingerprint(thing)) for kind, thing, row in made
    )
    _tell(Event.SHEET_APPLIED, found, by=by, made=len(made), there_already=len(run.planned) - len(run.new))
    return found


@transaction.atomic
def undo(*, sheet: UUID, by: User, at: dt.datetime) -> Sheet:
    """Take back all that the sheet made. Raises CannotBring after 30 days, and where anything of it was changed or used since."""
    found = Sheet.objects.select_for_update().get(public_id=sheet)
    check_undo(found, at=at, too_late=_("It was applied more than 30 days ago. Change the objects on their own pages."))
    things: list[models.Model] = []
    for made in found.made.order_by("-pk"):
        model = _MODELS[made.kind]
        thing = model._default_manager.select_for_update().filter(pk=made.object_id).first()
        if thing is None or fingerprint(thing) != made.fingerprint:
            raise CannotBring(
                _("What row %(row)d made was changed or used since. Change the objects on their own pages.") % {"row": made.row},
                code="touched",
            )
        things.append(thing)
    try:
        for thing in things:
            thing.delete()
    except ProtectedError as error:
        raise CannotBring(_("Something else rests on what this sheet made by now."), code="touched") from error
    found.save(update_fields=found.take_back(by=by, at=at))
    _tell(Event.SHEET_UNDONE, found, by=by, removed=len(things))
    return found


@transaction.atomic
def drop(*, sheet: UUID, by: User, at: dt.datetime) -> Sheet:
    """Forget a sheet that was not applied, with its cells."""
    found = _open(sheet)
    found.dropped_at, found.dropped_by, found.rows = at, by, []
    found.save(update_fields=["dropped_at", "dropped_by", "rows"])
    _tell(Event.SHEET_DROPPED, found, by=by)
    return found


def fingerprint(thing: models.Model, depth: int = 3) -> str:
    """A hash of an object and of all that points at it: another one as soon as somebody changes it or builds on it."""
    return hashlib.sha256(json.dumps(_state(thing, depth), cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()


def _state(thing: models.Model, depth: int) -> dict[str, Any]:
    state: dict[str, Any] = {field.attname: field.value_from_object(thing) for field in thing._meta.concrete_fields}
    if depth == 0:
        return state
    for relation in thing._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ForeignObjectRel) and (relation.one_to_many or relation.one_to_one):
            model = relation.related_model
            rows = model._default_manager.filter(**{relation.field.name: thing}).order_by("pk")
            found = [_state(row, depth - 1) for row in rows]
            if found:
                state[f"{model._meta.label}.{relation.field.name}"] = found
    return state


def _make_tool(values: Mapping[str, Any], *, by: User, at: dt.datetime) -> list[tuple[str, models.Model]]:
    made: list[tuple[str, models.Model]] = []
    provider = Provider.objects.filter(name__iexact=values["provider"]).first()
    if provider is None:
        provider = catalogue.list_provider(name=values["provider"], by=by, at=at)
        made.append((Made.Kind.PROVIDER, provider))
    facts = {name: value for name, value in values.items() if name not in {"provider", "link"} and value not in (None, "")}
    tool = catalogue.list_tool(provider=provider, link=values.get("link") or "", by=by, at=at, **facts)
    return [*made, (Made.Kind.TOOL, tool)]


def _make_agreement(values: Mapping[str, Any], *, by: User, at: dt.datetime) -> list[tuple[str, models.Model]]:
    provider = Provider.objects.get(name__iexact=values["provider"])
    tools = [Tool.objects.get(provider=provider, name__iexact=name) for name in values["products"]]
    terms = values["kind"] == Agreement.Kind.TERMS
    agreement = agreements.draft(
        provider=provider,
        kind=values["kind"],
        title=_("Agreement with %(provider)s") % {"provider": provider.name},
        tools=tools,
        originator=values["district"],
        risk=Agreement.Risk.HIGH if terms else "",
        risk_words=_("Brought from a list. Nobody has read the terms yet.") if terms else "",
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
        purposes=[PURPOSE],
        by=by,
        at=at,
    )
    Listing.objects.create(agreement=agreement, district=values["district"], status=values["status"], link=values["link"])
    return [(Made.Kind.AGREEMENT, agreement)]


def _open(public_id: UUID) -> Sheet:
    found = Sheet.objects.select_for_update().get(public_id=public_id)
    if found.is_closed:
        raise CannotBring(_("This sheet was applied or dropped already."), code="closed")
    return found


def _tell(event: Event, sheet: Sheet, *, by: User, action: Action = Action.UPDATE, **data: Any) -> None:
    entries.append(event, action=action, by=by, about=sheet, data=data or None)
