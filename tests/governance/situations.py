"""The cast at work: people of the demo district, and requests as far along as a test needs them."""

import datetime as dt
import uuid
from typing import Any

from django.db import connections

from governance.people.models import User
from governance.records import scope
from governance.requests import actions
from governance.requests.models import DataRequest
from portal.base import clock

READING = {"el-status": "to form reading groups", "birth-date": "to see who is young for the grade", "reading-screener": "to choose texts"}


def person(name: str) -> User:
    """A persona, freshly read: roles are kept on the user object."""
    return User.objects.get(email=f"{name}@riverbend.example")


def sections_of(user: User) -> list[int]:
    """Ids of the classes that the person teaches today."""
    return [section.pk for section in scope.sections_taught_by(user, on=clock.today())]


def draft(asker: str = "teacher", *, days: int = 60, elements: dict[str, str] | None = None, **more: Any) -> DataRequest:
    """A draft of the teacher for the own first class: reading groups."""
    user = person(asker)
    wanted = {
        "purpose": "intervention-support",
        "what_for": "Reading groups",
        "elements": READING if elements is None else elements,
        "sections": sections_of(user)[:1] if "students" not in more else [],
        "wanted_until": clock.today() + dt.timedelta(days=days),
        "key": uuid.uuid4(),
        "at": clock.now(),
    }
    return actions.save_draft(by=user, **(wanted | more))


def sent(asker: str = "teacher", **more: Any) -> DataRequest:
    """A request that waits for the steward."""
    made = draft(asker, **more)
    return actions.submit(data_request=made.public_id, by=person(asker), at=clock.now())[0]


def decided(
    request: DataRequest,
    *,
    by: str = "steward",
    allow: Any = ("el-status", "reading-screener"),
    reason: str = "Needed for the groups.",
    **more: Any,
) -> DataRequest:
    """The request after the steward's decision."""
    return actions.decide(data_request=request.public_id, by=person(by), allow=allow, reason=reason, at=clock.now(), **more)


def trail(kind: str, *, about: Any = None) -> list[dict[str, Any]]:
    """Entries of a kind, oldest first, read with the owner's login."""
    columns = (
        "id, actor_id, hat, purpose, basis, grant_id, rule_version, elements, object_pk, additional_data::text, changes::text, record_ids"
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM trail.entry WHERE kind = %s AND (%s IS NULL OR object_pk = %s) ORDER BY id",
            [kind, about, str(about) if about else None],
        )
        return [dict(zip((column.name for column in cursor.description), row, strict=True)) for row in cursor.fetchall()]
