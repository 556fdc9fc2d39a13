"""The history of one object, by an entry of its own."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from governance.history.kinds import Kind
from governance.people.models import School, User
from governance.trail import entries, search
from governance.vocabulary import Event, Role

PAGE = 50
MOST_PARTS = 500


@dataclasses.dataclass(frozen=True)
class Line(search.Facts):
    """One entry about the object or a part of it."""

    elements: list[str] | None
    students: int
    content_type_id: int
    object_pk: str
    changes: dict[str, Any] | None
    additional_data: dict[str, Any] | None


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of lines, newest first."""

    lines: list[Line]
    has_more: bool


def page(*, by: User, hat: Role | None, kind: Kind, found: Model, before: tuple[dt.datetime, int] | None = None) -> Page:
    """What the trail says about an object that this person may open. Leaves a committed entry that says whose history was opened."""
    about = [[ContentType.objects.get_for_model(each).pk, _key_of(each)] for each in [found, *list(kind.parts(found))[:MOST_PARTS]]]
    # The filter finds nothing: this entry opens the object's history and no other page of the trail.
    nothing = search.Filters(entry=(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), 0))
    written = search.open_door(
        Event.HISTORY_VIEWED, by=by, hat=hat, filters=nothing, told={"object": kind.slug, "id": _key_of(found), "about": about}
    )
    names, rows = entries.open_with(written, "SELECT * FROM door.object_history(%s, %s, %s)", [*(before or (None, None)), PAGE + 1])
    return Page(lines=[_line(names, row) for row in rows[:PAGE]], has_more=len(rows) > PAGE)


def actors(ids: Iterable[int | None]) -> dict[int, User]:
    """The people behind these ids. One query."""
    return User.objects.only("pk", "name", "public_id").in_bulk({pk for pk in ids if pk is not None})


def schools(ids: Iterable[int]) -> dict[int, str]:
    """What these schools are called. One query."""
    return dict(School.objects.filter(pk__in=set(ids)).values_list("pk", "name"))


def models_of(ids: Iterable[int]) -> dict[int, type[Model]]:
    """The models of these content types, as far as they are still there. Read once a process."""
    found = {pk: ContentType.objects.get_for_id(pk).model_class() for pk in set(ids)}
    return {pk: model for pk, model in found.items() if model is not None}


def _key_of(found: Model) -> str:
    return str(getattr(found, "public_id", found.pk))


def _line(names: list[str], row: tuple) -> Line:
    told = dict(zip(names, row, strict=True))
    for name in ("changes", "additional_data"):  # Django has the driver hand over jsonb as text
        if isinstance(told[name], str):
            told[name] = json.loads(told[name])
    return Line(**told)
