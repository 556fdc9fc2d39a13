"""What teachers read on the tool's page, and what others found about a tool."""

import datetime as dt

from django.db import transaction

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from vendors.providers.models import Document, Tool
from vendors.reviews.models import Advice, Guidance


@transaction.atomic
def write_guidance(*, tool: Tool, by: User, at: dt.datetime, **texts: str) -> Guidance:
    """Write what teachers read on the tool's page: setup, families_en, families_es, without_account, whom_to_call."""
    guidance, _made = Guidance.objects.update_or_create(tool=tool, defaults={**texts, "written_at": at, "written_by": by})
    entries.append(Event.GUIDANCE_WRITTEN, action=Action.UPDATE, by=by, about=tool, data={"changed": sorted(texts)})
    return guidance


@transaction.atomic
def receive_advice(
    *,
    tool: Tool,
    source: str,
    finding: str,
    found_on: dt.date,
    words: str,
    signed: str,
    document: Document | None,
    by: User,
    at: dt.datetime,
) -> Advice:
    """Keep what a cooperative or another district found. It stands on the page of reviews, and approves nothing."""
    advice = Advice.objects.create(
        tool=tool,
        source=source,
        finding=finding,
        found_on=found_on,
        words=words,
        signed=signed,
        document=document,
        received_at=at,
        received_by=by,
    )
    entries.append(Event.ADVICE_RECEIVED, action=Action.CREATE, by=by, about=advice, data={"tool": str(tool.public_id), "signed": signed})
    return advice
