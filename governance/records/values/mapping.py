"""Which column of a CSV means what: the key of the student, the elements, or the parts of a limit."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.authority.models import Element
from governance.records.roster.standard import spelled
from portal.base.errors import CannotDo

KEYS: Mapping[str, str | Promise] = {
    "sourced-id": _("The roster’s id (sourcedId)"),
    "local-id": _("The district’s student number"),
    "state-id": _("The state’s student number"),
}
# The parts of a limit, as they may be mapped; a limit needs guardian and kind.
LIMIT_PARTS: Mapping[str, str | Promise] = {
    "guardian": _("Parent or guardian: the roster’s id"),
    "limit": _("Limit: what the order takes away"),
    "ordered": _("Limit: date of the order"),
    "ends": _("Limit: last day"),
    "kept-back": _("Limit: elements kept back"),
}
LIMITS: Mapping[str, tuple[str, ...]] = {
    "placement_denied": ("placement_denied", "placement denied", "denied physical placement", "denied placement"),
    "records_limited": ("records_limited", "records limited", "limited"),
    "no_contact": ("no_contact", "no contact"),
    "none": ("none", "no limit"),
}
LIMIT_WORDS = {spelled(word): kind for kind, words in LIMITS.items() for word in words}


class WrongMapping(CannotDo):
    """A mapping that says too little or too much; `what_to_do` tells it in words."""


@dataclasses.dataclass(frozen=True)
class Mapped:
    """`key` is one of KEYS and `key_column` its header. Either `elements` ({header: element key}) or `limit` ({part: header}) is filled."""

    key: str
    key_column: str
    elements: Mapping[str, str] = dataclasses.field(default_factory=dict)
    item_column: str = ""
    date_column: str = ""
    limit: Mapping[str, str] = dataclasses.field(default_factory=dict)
    source: str = "import"

    @property
    def columns(self) -> list[str]:
        """Every header that is read; no other one is kept."""
        named = [self.key_column, *self.elements, self.item_column, self.date_column, *self.limit.values()]
        return list(dict.fromkeys(name for name in named if name))

    def as_dict(self) -> dict[str, Any]:
        """For `ImportRun.mapping`."""
        return dataclasses.asdict(self)


def from_dict(kept: Mapping[str, Any]) -> Mapped:
    """What `as_dict` gave."""
    return Mapped(**{field.name: kept[field.name] for field in dataclasses.fields(Mapped) if field.name in kept})


def make(pairs: Sequence[tuple[str, str]], *, source: str = "") -> Mapped:
    """The mapping that `pairs` of header and meaning tell.

    A meaning is a key, an element held as a value, item, date, or a part of a limit. Raises WrongMapping.
    """
    keys = [(column, meaning) for column, meaning in pairs if meaning in KEYS]
    if len(keys) != 1:
        raise WrongMapping(_("Name one column as the student’s key: sourced-id, local-id or state-id."))
    for meaning in {meaning for _column, meaning in pairs}:
        if sum(other == meaning for _column, other in pairs) > 1:
            raise WrongMapping(_("Two columns have the same meaning. Leave one of them out."))
    limit = {meaning: column for column, meaning in pairs if meaning in LIMIT_PARTS}
    others = [(column, meaning) for column, meaning in pairs if meaning not in KEYS and meaning not in LIMIT_PARTS]
    elements = {column: meaning for column, meaning in others if meaning not in {"item", "date"}}
    unknown = set(elements.values()) - set(Element.objects.filter(held_in="value", key__in=elements.values()).values_list("key", flat=True))
    if unknown:
        raise WrongMapping(_("The portal keeps no such value: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    if bool(limit) == bool(elements):
        raise WrongMapping(_("Name at least one element, or the parts of a limit; not both in one file."))
    if limit and not {"guardian", "limit"} <= set(limit):
        raise WrongMapping(_("A limit needs the column of the guardian’s id and the column of the limit."))
    at = {meaning: column for column, meaning in others if meaning in {"item", "date"}}
    return Mapped(
        key=keys[0][1],
        key_column=keys[0][0],
        elements=elements,
        item_column=at.get("item", ""),
        date_column=at.get("date", ""),
        limit=limit,
        source=re.sub(r"\s+", " ", source).strip()[:60] or "import",
    )


def guess(headers: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """A first proposal: headers that are called like a meaning. `known` maps element keys to their titles."""
    words = {spelled(key): key for key in (*KEYS, *LIMIT_PARTS, "item", "date")}
    words |= {
        "studentid": "local-id",
        "studentnumber": "local-id",
        "localid": "local-id",
        "sourcedid": "sourced-id",
        "stateid": "state-id",
        "wiseid": "state-id",
    }
    words |= {spelled(title): key for key, title in known.items()} | {spelled(key): key for key in known}
    taken: set[str] = set()
    found = {}
    for header in headers:
        meaning = words.get(spelled(header), "")
        found[header] = "" if meaning in taken else meaning
        taken.add(meaning)
    return found
