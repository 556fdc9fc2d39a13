"""What an auditor asks of the trail, as it stands in an address: opaque ids, words from fixed lists and days. No name and no e-mail."""

import dataclasses
import datetime as dt
import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

MOST_PEOPLE = 20


class NotAQuestion(ValueError):
    """An address that no page of the portal made."""


@dataclasses.dataclass(frozen=True)
class Question:
    """Empty fields ask for everything. `first` and `last` are days of the district's calendar, both included."""

    people: tuple[UUID, ...] = ()
    student: UUID | None = None
    kind: str = ""
    purpose: str = ""
    basis: str = ""
    element: str = ""
    decision: int | None = None
    reference: UUID | None = None
    address: str = ""
    request_id: str = ""
    first: dt.date | None = None
    last: dt.date | None = None

    @classmethod
    def from_address(cls, query: QueryDict) -> "Question":
        """Read the query of an address. Raises NotAQuestion for what cannot be read: a filter that is left out would show too much."""
        known = {field.name for field in dataclasses.fields(cls)} - {"people"} | {"person", "before", "after"}
        if set(query) - known or len(query.getlist("person")) > MOST_PEOPLE:
            raise NotAQuestion
        try:
            return cls(
                people=tuple(UUID(value) for value in query.getlist("person")),
                student=UUID(str(query["student"])) if query.get("student") else None,
                kind=_word(query.get("kind", "")),
                purpose=_word(query.get("purpose", "")),
                basis=_word(query.get("basis", "")),
                element=_word(query.get("element", "")),
                decision=int(str(query["decision"])) if query.get("decision") else None,
                reference=UUID(str(query["reference"])) if query.get("reference") else None,
                address=str(ipaddress.ip_network(str(query["address"]), strict=False)) if query.get("address") else "",
                request_id=_word(query.get("request_id", "")),
                first=_day(query.get("first", "")),
                last=_day(query.get("last", "")),
            )
        except ValueError as error:
            raise NotAQuestion from error

    def in_address(self, **more: object) -> str:
        """The query of an address, with `?`; empty where nothing is asked for."""
        pairs = [*self._pairs(), *((name, str(value)) for name, value in more.items() if value)]
        return f"?{urlencode(pairs)}" if pairs else ""

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "people":
                yield from (("person", str(person)) for person in value)
            elif value not in (None, ""):
                yield field.name, value.isoformat() if isinstance(value, dt.date) else str(value)


def _word(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,100}", text):
        raise ValueError("not a word of a list")
    return text


def _day(text: str) -> dt.date | None:
    day = dt.date.fromisoformat(text) if text else None
    if day is not None and not 1970 <= day.year < 9999:
        raise ValueError("not a day of the trail")
    return day
