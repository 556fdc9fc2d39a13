"""Noticing what changed in the register since it was last looked at."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from governance.trail import entries
from governance.vocabulary import Action, Event
from vendors.register import book
from vendors.register.book import Record
from vendors.register.models import Change, Published

What = Change.What


def facts_of(tool: Record) -> Record:
    """What of a tool's record is compared: what families, teachers and companies would want to be told of."""
    agreement = tool["agreement"]
    return {
        What.NAME: [tool["name"], tool["company"]],
        What.STATUS: tool["status"],
        What.LIMITS: tool["limits"],
        What.DATA: tool["data"],
        What.PURPOSES: tool["purposes"],
        What.SAFEGUARDS: tool["safeguards"],
        What.SUPPLIERS: [[each["name"], each["country"]] for each in tool["suppliers"]],
        What.AGREEMENT: [agreement["kind"], agreement["starts_on"], agreement["ends_on"], agreement["version"]] if agreement else None,
        What.CHANNELS: [[each["kind"], each["name"], each["data"]] for each in tool["channels"] if each["flow"] != "stopped"],
        What.DECISIONS: [[each["kind"], each["about"]] for each in tool["decisions"]],
    }


@transaction.atomic
def note_changes(*, at: dt.datetime) -> int:
    """Compare the register with what it said the last time and keep what differs; how many changes that were.

    The first time there is nothing to compare with: the records are kept as the beginning. Two at the same time: the second waits, then finds
    nothing. A change that was taken back between two looks leaves no line.
    """
    said = {each.slug: each for each in Published.objects.select_for_update().order_by("pk")}
    now = book.make(at)
    begins = not said
    found: list[Change] = []
    for tool in now.tools:
        facts = facts_of(tool)
        before = said.pop(tool["slug"], None)
        if before is None:
            Published.objects.create(slug=tool["slug"], record=facts)
            if not begins:
                found.append(_change(tool["slug"], facts, What.ADDED, None, tool["status"], at))
            continue
        differing = list(_differing(before.record, facts))
        if differing:
            found += [_change(tool["slug"], facts, what, before.record.get(what), facts[what], at) for what in differing]
            before.record = facts
            before.save(update_fields=["record"])
    for slug, gone in said.items():
        found.append(_change(slug, gone.record, What.REMOVED, gone.record[What.STATUS], None, at))
        gone.delete()
    Change.objects.bulk_create(found)
    if found or (begins and now.tools):
        entries.append(
            Event.REGISTER_CHANGED, action=Action.UPDATE, by=None, data={"changes": len(found), "tools": len({each.slug for each in found})}
        )
    return len(found)


def _differing(before: Record, after: Record) -> Iterator[What]:
    for what in What:
        if what in after and before.get(what) != after[what]:
            yield what


def _change(slug: str, facts: Record, what: What, before: Any, after: Any, at: dt.datetime) -> Change:
    name, company = facts[What.NAME]
    return Change(slug=slug, name=name, company=company, what=what, before=before, after=after, found_at=at)
