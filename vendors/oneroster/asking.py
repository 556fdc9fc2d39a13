"""What a request asks: limit, offset, fields, sort, orderBy, and the filter language of the standard. Pure: text in, questions out.

A filter is `field op 'value'`, several joined by AND and OR; AND binds closer. Operators: = != > >= < <= ~ (contains). A quote within a value is
written twice. Text is compared whatever its case.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from vendors.oneroster.standard import DEFAULT_LIMIT, INSIDE, MOST_ROWS, Kind

MOST_CONDITIONS = 10
MOST_TEXT = 1000
_CONDITION = re.compile(r"\s*([A-Za-z][A-Za-z0-9.-]*)\s*(!=|>=|<=|=|>|<|~)\s*'((?:[^']|'')*)'")
_JOIN = re.compile(r"\s+(AND|OR)(?=\s)")
_NUMBER = re.compile(r"[0-9]{1,9}")


class NotUnderstood(Exception):
    """A question with a fault; `code` is a code minor of the standard, `words` say what to do."""

    def __init__(self, code: str, words: str):
        super().__init__(code)
        self.code, self.words = code, words


@dataclasses.dataclass(frozen=True)
class Condition:
    """One comparison of a filter."""

    path: str
    operator: str
    value: str


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked: `filter` is a list of alternatives, each a list of conditions that must all hold."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    filter: tuple[tuple[Condition, ...], ...] = ()
    sort: str = ""
    descending: bool = False
    fields: frozenset[str] | None = None
    asked: int = DEFAULT_LIMIT

    @property
    def paths(self) -> frozenset[str]:
        """What must be known of each object to filter and sort."""
        return self.filtered | ({self.sort} if self.sort else frozenset())

    @property
    def filtered(self) -> frozenset[str]:
        """The paths that the filter names."""
        return frozenset(each.path for all_of in self.filter for each in all_of)

    @property
    def of_changes(self) -> bool:
        """Whether it asks what changed or what is gone: then the answer tells of whom nothing may be told any more."""
        return bool(self.filtered & {"dateLastModified", "status"})


def read(given: Mapping[str, str], kind: Kind, agreed: Collection[str]) -> Question:
    """The question in a query string. `agreed`: elements; a field that carries none of them is as unknown as one that does not exist.

    A sort by an unknown field is left out, as the standard has it. Raises NotUnderstood.
    """
    asked = _number(given.get("limit"), "limit", DEFAULT_LIMIT, least=1)
    descending = _one_of(given.get("orderBy", "asc"), ("asc", "desc"), "orderBy") == "desc"
    sort = given.get("sort", "").strip()
    return Question(
        limit=min(asked, MOST_ROWS),
        offset=_number(given.get("offset"), "offset", 0, least=0),
        filter=_filter(given["filter"], kind, agreed) if "filter" in given else (),
        sort=sort if _may_ask(sort, kind, agreed) else "",
        descending=descending,
        fields=_fields(given["fields"], kind) if "fields" in given else None,
        asked=asked,
    )


def elements_of(paths: Collection[str], kind: Kind) -> frozenset[str]:
    """Elements that must be read to answer about these paths. Whether a user is a student needs none."""
    fields = kind.by_name
    found = {fields[name].element for path in paths if (name := path.split(".")[0]) in fields and not path.startswith("roles")}
    return frozenset(found - {""})


def holds(question: Question, known: Mapping[str, Any]) -> bool:
    """Does an object fit the filter?"""
    return not question.filter or any(all(_fits(each, known) for each in all_of) for all_of in question.filter)


def sort_key(question: Question, known: Mapping[str, Any]) -> tuple[str, str]:
    """By what an object is sorted; what is not there comes first."""
    values = [str(value).casefold() for value in _values(known, question.sort)]
    return (min(values, default=""), str(known["sourcedId"]))


def _fits(condition: Condition, known: Mapping[str, Any]) -> bool:
    found = [value for value in _values(known, condition.path) if value is not None]
    if condition.path == "dateLastModified":
        return any(_compare(condition.operator, value, _moment(condition.value)) for value in map(_moment, found))
    wanted = condition.value.casefold()
    texts = [str(value).casefold() for value in found]
    if condition.operator == "~":
        return any(wanted in text for text in texts)
    if condition.operator == "!=":
        return wanted not in texts
    return any(_compare(condition.operator, text, wanted) for text in texts)


def _compare(operator: str, one: Any, other: Any) -> bool:
    return bool(
        {"=": one == other, "!=": one != other, ">": one > other, ">=": one >= other, "<": one < other, "<=": one <= other}.get(
            operator, False
        )
    )


def _values(known: Any, path: str) -> Iterator[Any]:
    """All values at a dotted path; lists are looked through. `role` is short for `roles.role`, as in OneRoster 1.1."""
    name, _dot, rest = ("roles.role" if path == "role" and "roles" in known else path).partition(".")
    value = known.get(name) if isinstance(known, Mapping) else None
    for each in value if isinstance(value, list) else [value]:
        if rest:
            if isinstance(each, Mapping):
                yield from _values(each, rest)
        elif each is not None:
            yield each


def _moment(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _number(text: str | None, name: str, default: int, *, least: int) -> int:
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or int(text) < least:
        raise NotUnderstood("invaliddata", f"{name} is a whole number, {least} or more.")
    return int(text)


def _one_of(text: str, words: tuple[str, ...], name: str) -> str:
    if text.lower() not in words:
        raise NotUnderstood("invaliddata", f"{name} is one of: {', '.join(words)}.")
    return text.lower()


def _fields(text: str, kind: Kind) -> frozenset[str]:
    names = {name.strip() for name in text.split(",")} - {""}
    if not names:
        raise NotUnderstood("invalid_selection_field", "fields names at least one field, or is left out.")
    if unknown := names - kind.by_name.keys():
        # What was typed stands nowhere in the answer: it may be anything.
        raise NotUnderstood("invalid_selection_field", f"{len(unknown)} of the fields do not exist. There are: {', '.join(kind.by_name)}.")
    return frozenset(names)


def _may_ask(path: str, kind: Kind, agreed: Collection[str]) -> bool:
    """May a filter or sort name it? It must exist, and be agreed."""
    field = kind.by_name.get(path.split(".")[0])
    if path not in INSIDE.get(kind.one, ()) and (field is None or "." in path or not field.asked or field.sort in ("ref", "refs", "roles")):
        return False
    return not (field is not None and field.element and field.sort != "roles" and field.element not in agreed)


def _filter(text: str, kind: Kind, agreed: Collection[str]) -> tuple[tuple[Condition, ...], ...]:
    if len(text) > MOST_TEXT or "\x00" in text:
        raise NotUnderstood("invalid_filter_field", f"A filter has at most {MOST_TEXT} characters, and no NUL.")
    alternatives: list[list[Condition]] = [[]]
    place = 0
    for _number_of in range(MOST_CONDITIONS):
        found = _CONDITION.match(text, place)
        if found is None:
            break
        path, operator, value = found.groups()
        if not _may_ask(path, kind, agreed):
            raise NotUnderstood("invalid_filter_field", "The filter names a field that does not exist, or that cannot be asked for.")
        alternatives[-1].append(Condition(path, operator, _checked(path, value.replace("''", "'"))))
        place = found.end()
        if not text[place:].strip():
            return tuple(tuple(all_of) for all_of in alternatives)
        joined = _JOIN.match(text, place)
        if joined is None:
            break
        if joined.group(1) == "OR":
            alternatives.append([])
        place = joined.end()
    raise NotUnderstood(
        "invalid_filter_field", f"A filter is written as field='value', joined by AND or OR, with at most {MOST_CONDITIONS} conditions."
    )


def _checked(path: str, value: str) -> str:
    if path == "dateLastModified":
        try:
            _moment(value)
        except ValueError as error:
            raise NotUnderstood("invalid_filter_field", "dateLastModified is compared with a time like 2026-11-24T06:00:00Z.") from error
    return value
