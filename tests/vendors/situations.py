"""Providers, agreements and reviews as far along as a test needs them, made by the rooms' own actions."""

import datetime as dt
import itertools
import json
import uuid
from collections.abc import Collection
from typing import Any

from django.db import connections

from governance.people.models import User
from portal.base import clock
from tests.governance.situations import person
from vendors.agreements import actions as agreements
from vendors.agreements.models import Agreement, Signature, Version
from vendors.providers import actions as catalogue
from vendors.providers import documents
from vendors.providers.models import Contact, Document, Provider, Tool
from vendors.reviews import actions as reviews
from vendors.reviews.models import Approval, Review
from vendors.tool_requests import actions as wishes
from vendors.tool_requests.models import ToolRequest

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ELEMENTS = ("name", "grade", "local-id")
PURPOSE = "online-learning-tool"
_numbers = itertools.count(1)
DISTRICT, PROVIDER = Signature.Side.DISTRICT, Signature.Side.PROVIDER


def day(days: int) -> dt.date:
    """The district's day so many days from today."""
    return clock.today() + dt.timedelta(days=days)


def provider(name: str = "") -> Provider:
    return catalogue.list_provider(name=name or f"Provider {next(_numbers)}", by=person("admin"), at=clock.now())


def tool(of: Provider | None = None, name: str = "", *, link: str = "", elements: Collection[str] = ELEMENTS, **facts: Any) -> Tool:
    """A tool of the catalogue that collects `elements`."""
    made = catalogue.list_tool(
        provider=of or provider(), name=name or f"Tool {next(_numbers)}", link=link, by=person("admin"), at=clock.now(), **facts
    )
    if elements:
        catalogue.say_collects(tool=made, elements=elements, required=True, why="", by=person("admin"), at=clock.now())
    return made


def contact_of(of: Provider, *, may_sign: bool = True) -> User:
    """Somebody who acts for the provider."""
    made: Contact = catalogue.invite_contact(
        provider=of,
        email=f"contact{next(_numbers)}@{of.slug}.example",
        name="Sam Cole",
        may_sign=may_sign,
        by=person("admin"),
        at=clock.now(),
    )
    return made.user


def drafted(
    *tools: Tool, elements: Collection[str] = ELEMENTS, ends: int | None = 300, starts: int = -10, kind: str = "ndpa", **more: Any
) -> Agreement:
    """An agreement whose first text is being written, with the same schedule for each tool."""
    made = agreements.draft(
        provider=tools[0].provider,
        kind=kind,
        title=f"Agreement {next(_numbers)}",
        tools=tools,
        starts_on=day(starts),
        ends_on=day(ends) if ends is not None else None,
        purposes=[PURPOSE],
        breach_hours=72,
        disposition_days=60,
        by=person("admin"),
        at=clock.now(),
        **more,
    )
    for each in tools:
        agreements.schedule(agreement=made.public_id, tool=each, elements=dict.fromkeys(elements, True), by=person("admin"), at=clock.now())
    return made


def sent(agreement: Agreement) -> Version:
    return agreements.send(agreement=agreement.public_id, by=person("admin"), at=clock.now())


def sign(agreement: Agreement, side: str, *, by: User, sha256: str = "", at: dt.datetime | None = None) -> Version:
    """One side signs the text on the table."""
    version = agreement.versions.get(signed_at=None, dropped_at=None)
    return agreements.sign(
        agreement=agreement.public_id, text_sha256=sha256 or version.sha256, side=side, title="", by=by, at=at or clock.now()
    )


def signed(agreement: Agreement, contact: User | None = None) -> Version:
    """The text on the table, sent if need be, after both sides signed."""
    if agreement.versions.filter(signed_at=None, sent_at=None, dropped_at=None).exists():
        sent(agreement)
    sign(agreement, PROVIDER, by=contact or contact_of(agreement.provider))
    return sign(agreement, DISTRICT, by=person("admin"))


def in_force(*tools: Tool, **more: Any) -> Agreement:
    """An agreement in force that lists these tools."""
    made = drafted(*tools, **more)
    signed(made)
    return made


def review_of(tool: Tool, **more: Any) -> Review:
    return reviews.open_review(tool=tool, because=Review.Because.DISTRICT, by=person("admin"), at=clock.now(), **more)


def checked(review: Review, **answers: str) -> Review:
    """The review with every item of its checklist answered as wanted, but for `answers`."""
    said = {item.id: (answers.get(item.id.replace("-", "_"), item.wanted), "") for item in reviews.items_of(review)}
    return reviews.answer(review=review.public_id, answers=said, by=person("admin"), at=clock.now())


def approve(review: Review, *, by: str = "steward", elements: Collection[str] = ELEMENTS, ends: int = 200, **more: Any) -> Approval:
    wanted: dict[str, Any] = {
        "purposes": [PURPOSE],
        "consent": "inform",
        "starts_on": day(0),
        "ends_on": day(ends),
        "reason": "It helps and takes little.",
    }
    return reviews.approve(review=review.public_id, elements=elements, by=person(by), at=clock.now(), **(wanted | more))


def approved(made: Tool | None = None, **more: Any) -> Approval:
    """A tool with an agreement in force and an approval."""
    made = made or tool()
    if not made.collects_nothing:
        in_force(made)
    return approve(checked(review_of(made)), **more)


def asked(by: str = "teacher", **more: Any) -> ToolRequest:
    wanted: dict[str, Any] = {
        "name": "Lexi Reader",
        "link": "",
        "activity": "Read a text at the own level",
        "accounts": "students",
        "sections": [],
        "wanted_by": day(7),
        "used_now": "",
        "key": uuid.uuid4(),
    }
    return wishes.ask(by=person(by), at=clock.now(), **(wanted | more))


def document(title: str = "Signed agreement") -> Document:
    return documents.receive(content=PDF, title=title, by=person("admin"), at=clock.now())


def trail(kind: str, about: uuid.UUID | None = None) -> list[dict]:
    """Entries of a kind as the owner of the database sees them, oldest first: actor, elements, data."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT actor_id, elements, additional_data, hat FROM trail.entry WHERE kind = %s AND (%s::text IS NULL OR object_pk = %s) ORDER BY id",
            [kind, str(about) if about else None, str(about) if about else None],
        )
        return [
            {"actor": actor, "elements": elements, "data": json.loads(data) if data else None, "hat": hat}
            for actor, elements, data, hat in cursor.fetchall()
        ]
