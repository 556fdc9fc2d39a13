"""Lists whose columns are known by their names, so that nobody has to name them: the resource registry of the Student Data Privacy Consortium.

The registry gives its lists out under names that differ a little from alliance to alliance; each field knows those that were met. A list with a
further name is not taken for known: its columns are named by hand, with what was recognized filled in.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence

_RESOURCE = ("resource", "resource name", "product", "product name", "product or service", "app name", "software")
_COMPANY = ("company", "company name", "vendor", "vendor name", "provider", "provider name", "operator")


@dataclasses.dataclass(frozen=True)
class Preset:
    """A list that is known: for each of our fields the names its column has, further columns of it that no field needs, and the fields without
    which a list is not this one."""

    title: str
    fields: Mapping[str, tuple[str, ...]]
    needless: frozenset[str]
    marks: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Recognized:
    """A header that was recognized: field -> number of its column, and the names that the preset does not know."""

    title: str
    mapping: Mapping[str, int]
    unknown: tuple[str, ...]


_TITLE = "Student Data Privacy Consortium Resource Registry"
_NEEDLESS = frozenset({
    "alliance", "state", "state alliance", "grade levels", "grades", "subjects", "subject", "content area", "audience", "category", "notes", "comments",
    "contact", "contact name", "contact email", "date added", "date created", "last updated", "date updated", "id", "agreement id", "resource id",
    "company id", "number of agreements", "data elements", "data collected", "exhibit e", "hosting",
})  # fmt: skip
_STATUS = ("status", "agreement status", "approval status")
_TYPE = ("agreement type", "type of agreement", "agreement", "contract type")
_DISTRICT = ("originator", "originating district", "originating lea", "district", "district name", "lea", "school district")
_STARTS = ("date approved", "approved", "approval date", "effective date", "date signed", "start date")
_ENDS = ("expires", "expires on", "expiration", "expiration date", "date expires", "date expired", "end date")
_DOCUMENT = ("attached documents", "agreement link", "agreement url", "document", "link to pdf", "pdf", "file")
_SITE = ("website", "resource website", "company website", "url", "resource url")
_SUMMARY = ("description", "resource description", "purpose")
_POLICY = ("privacy policy", "privacy policy url")
_ABOUT_AGREEMENTS = frozenset({*_STATUS, *_TYPE, *_DISTRICT, *_STARTS, *_ENDS, *_DOCUMENT})
_ABOUT_TOOLS = frozenset({*_SITE, *_SUMMARY, *_POLICY})

# By the kind of sheet (models.Sheet.Kind). One list of the registry can be brought twice: for its tools, then for its agreements.
PRESETS: dict[str, Preset] = {
    "tools": Preset(
        _TITLE,
        {"name": _RESOURCE, "provider": _COMPANY, "link": _SITE, "summary": _SUMMARY, "policy_url": _POLICY},
        _NEEDLESS | _ABOUT_AGREEMENTS,
        frozenset({"name", "provider"}),
    ),
    "agreements": Preset(
        _TITLE,
        {
            "products": _RESOURCE, "provider": _COMPANY, "kind": _TYPE, "starts_on": _STARTS, "ends_on": _ENDS, "status": _STATUS, "district": _DISTRICT,
            "link": _DOCUMENT,
        },
        _NEEDLESS | _ABOUT_TOOLS,
        frozenset({"products", "provider", "kind", "starts_on", "district"}),
    ),
}  # fmt: skip


def plain(name: str) -> str:
    """The name of a column as names are compared: letters and digits, small, single spaces."""
    return re.sub(r"[^a-z0-9]+", " ", name.casefold()).strip()


def recognize(kind: str, header: Sequence[str]) -> Recognized | None:
    """The known list that this header is of; None where it is none. A list of the registry always names the type of an agreement."""
    preset, names = PRESETS[kind], [plain(name) for name in header]
    if not set(names) & set(_TYPE):
        return None
    mapping: dict[str, int] = {}
    for field, known in preset.fields.items():
        found = next((names.index(name) for name in known if name in names), None)
        if found is not None and found not in mapping.values():
            mapping[field] = found
    if not preset.marks <= mapping.keys():
        return None
    every = preset.needless.union(*preset.fields.values())
    return Recognized(preset.title, mapping, tuple(name for name, word in zip(header, names, strict=True) if word and word not in every))
