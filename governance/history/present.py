"""A history as plain values: who did what when, field by field."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignObjectRel, Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.history.queries import Line
from governance.people.models import School, User
from governance.trail.registry import mask
from governance.vocabulary import Action, Event, Role

MASKED = mask("")


@dataclasses.dataclass(frozen=True)
class Change:
    """One field: what stood there before and after. Both empty where the trail holds only that it changed."""

    field: str
    before: str
    after: str
    hidden: bool = False


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the history."""

    at: dt.datetime
    what: str
    who: str
    hat: str
    about: str
    changes: Sequence[Change]
    details: Sequence[tuple[str, str]]
    students: str
    made: bool


@dataclasses.dataclass(frozen=True)
class Around:
    """What stands around the lines: people, schools, and the models that entries are about."""

    people: Mapping[int, User]
    schools: Mapping[int, str]
    models: Mapping[int, type[Model]]


def people_in(lines: Iterable[Line], models: Mapping[int, type[Model]]) -> set[int]:
    """Ids of everybody whom the lines name: who did it, and who stands in a changed field."""
    return {line.actor_id for line in lines if line.actor_id is not None} | _ids_in(lines, models, User)


def schools_in(lines: Iterable[Line], models: Mapping[int, type[Model]]) -> set[int]:
    """Ids of the schools in changed fields."""
    return _ids_in(lines, models, School)


def rows(lines: Iterable[Line], around: Around) -> list[Row]:
    """The lines in words."""
    return [_row(line, around) for line in lines]


def _row(line: Line, around: Around) -> Row:
    model = around.models.get(line.content_type_id)
    changes = [change for name, value in (line.changes or {}).items() for change in [_change(name, value, model, around)] if change]
    return Row(
        at=line.at,
        what=_what(line),
        who=_who(line, around),
        hat=str(Role(line.hat).label) if line.hat in set(Role) else "",
        about=str(model._meta.verbose_name).capitalize() if model is not None else "",
        changes=changes,
        details=_details(line),
        students=ngettext("%(count)d student", "%(count)d students", line.students) % {"count": line.students} if line.students else "",
        made=line.action == Action.CREATE,
    )


def _what(line: Line) -> str:
    if line.kind == Event.MODEL_CHANGED:
        return str(Action(line.action).label).capitalize() if line.action in set(Action) else ""
    try:
        return str(Event(line.kind).label)
    except ValueError:
        return line.kind


def _who(line: Line, around: Around) -> str:
    if line.actor_id is None:
        return _("The portal itself")
    person = around.people.get(line.actor_id)
    if person is None:
        return _("An account that is no longer there")
    return person.name or _("Student’s account %(id)s") % {"id": person.public_id}


def _change(name: str, value: Any, model: type[Model] | None, around: Around) -> Change | None:
    field = _field(model, name)
    label = str(getattr(field, "verbose_name", name)).replace("_", " ").capitalize()
    if isinstance(value, dict):  # members of a list
        members = ", ".join(str(member) for member in value.get("objects", ()))
        gone = value.get("operation") == "delete"
        return Change(label, members if gone else "", "" if gone else members)
    before, after = value if isinstance(value, list) and len(value) == 2 else ("", value)
    if MASKED in (before, after):
        return Change(label, "", "", hidden=True)
    told = Change(label, _told(before, field, around), _told(after, field, around))
    return told if told.before != told.after else None


def _told(value: Any, field: Any, around: Around) -> str:
    """A value as people read it: nothing for none, words for a choice, names for people and schools."""
    if value in (None, "", "None"):
        return ""
    text = str(value)
    related = getattr(field, "related_model", None)
    if related is User and text.isdecimal():
        person = around.people.get(int(text))
        return person.name or str(person.public_id) if person else _("An account that is no longer there")
    if related is School and text.isdecimal():
        return around.schools.get(int(text), text)
    choices = dict(getattr(field, "flatchoices", None) or ())
    if text in choices:
        return str(choices[text])
    if text.startswith("[") and text.endswith("]"):
        return text.strip("[]").replace("'", "")
    if text in ("True", "False"):
        return _("yes") if text == "True" else _("no")
    return text


def _details(line: Line) -> list[tuple[str, str]]:
    """What else the entry says: words from fixed lists and opaque ids."""
    found = []
    for name, value in (line.additional_data or {}).items():
        if value in (None, "", [], {}) or isinstance(value, dict):
            continue
        told = ", ".join(str(each) for each in value) if isinstance(value, list) else (_("yes") if value is True else str(value))
        found.append((name.replace("_", " ").capitalize(), told))
    return found


def _ids_in(lines: Iterable[Line], models: Mapping[int, type[Model]], related: type[Model]) -> set[int]:
    found = set()
    for line in lines:
        for name, value in (line.changes or {}).items():
            if getattr(_field(models.get(line.content_type_id), name), "related_model", None) is related and isinstance(value, list):
                found |= {int(each) for each in value if str(each).isdecimal()}
    return found


def _field(model: type[Model] | None, name: str) -> Field | ForeignObjectRel | GenericForeignKey | None:
    try:
        return model._meta.get_field(name) if model is not None else None
    except FieldDoesNotExist:
        return None
