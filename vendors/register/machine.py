"""The register for machines: JSON, CSV and JSON-LD with the terms of the Data Privacy Vocabulary (data/dpv.json). Stable keys, ISO dates.

Cells of the CSV that a spreadsheet would run as a formula begin with an apostrophe (docs/reference/contract.md, Files).
"""

import csv
import functools
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vendors.register.book import ROUNDED, Book, Record

EDITION = "1"
COLUMNS = (
    "tool", "name", "company", "status", "because", "reason", "approved_until", "accounts", "data", "data_agreed", "purposes", "families",
    "youngest_age", "oldest_age", "grades", "no_names", "safeguards", "held_in", "suppliers", "agreement", "agreement_starts", "agreement_ends",
    "breach_hours", "at_end", "at_end_days", "decisions", "channels", "last_delivery_month", "last_delivery_students", "page",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_FILE = Path(__file__).parent / "data" / "dpv.json"


@functools.cache
def vocabulary() -> Mapping[str, Any]:
    """The district's words in terms of the Data Privacy Vocabulary."""
    found: Mapping[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def as_json(book: Book, *, site: str) -> str:
    """The whole register. `site`: the portal's own address, for links."""
    return json.dumps(
        {
            "edition": EDITION,
            "made_at": book.made_at.isoformat(timespec="seconds"),
            "titles": {"data": dict(book.elements), "purposes": dict(book.purposes)},
            "tools": [tool | {"page": page(tool, site)} for tool in book.tools],
        },
        ensure_ascii=False,
        indent=1,
    )


def as_csv(book: Book, *, site: str) -> str:
    """One line a tool; lists within a cell are separated by semicolons."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for tool in book.tools:
        writer.writerow(harmless(cell) for cell in _row(tool, site))
    return out.getvalue()


def harmless(value: Any) -> str:
    """The cell's text; with an apostrophe ahead where a spreadsheet would take it for a formula."""
    text = "" if value is None else "yes" if value is True else "no" if value is False else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_linked_data(book: Book, *, site: str, district: str) -> str:
    """JSON-LD: each tool that may be used as a process of the district with a processor; others by their status alone."""
    words = vocabulary()
    return json.dumps(
        {
            "@context": words["prefixes"] | {"portal": f"{site}/register/terms#"},
            "@graph": [
                {"@id": f"{site}/#district", "@type": "dpv:DataController", "dct:title": district},
                *(_process(tool, book, site, words) for tool in book.tools),
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def page(tool: Record, site: str) -> str:
    """The stable link of a tool."""
    return f"{site}/register/{tool['slug']}/"


def _row(tool: Record, site: str) -> list[Any]:
    limits, agreement = tool["limits"] or {}, tool["agreement"] or {}
    return [
        tool["slug"], tool["name"], tool["company"], tool["status"], tool["because"], tool["reason"], tool["approved_until"], tool["accounts"],
        _list(tool["data"]), tool["data_agreed"], _list(tool["purposes"]), limits.get("families"), limits.get("youngest"),
        limits.get("oldest"), _list(limits.get("grades", [])), limits.get("no_names"), _list(tool["safeguards"]), _list(tool["held_in"]),
        _list(each["name"] for each in tool["suppliers"]), agreement.get("kind"), agreement.get("starts_on"), agreement.get("ends_on"),
        agreement.get("breach_hours"), agreement.get("at_end"), agreement.get("at_end_days"),
        _list(f"{each['kind']}: {each['about']}" for each in tool["decisions"]),
        _list(_way(each) for each in tool["channels"]), *_last_delivery(tool), page(tool, site),
    ]  # fmt: skip


def _way(each: Record) -> str:
    if each["flow"] == "open":
        return f"{each['kind']} ({each['checked_on'] or 'never checked'})"
    return f"{each['kind']} ({each['flow'].replace('_', ' ')} since {each['since']})"


def _last_delivery(tool: Record) -> tuple[str | None, Any]:
    last = tool["last_delivery"]
    if last is None:
        return None, None
    return last["month"], f"fewer than {ROUNDED}" if last["students"] is None else last["students"]


def _list(values: Iterable[str]) -> str:
    return "; ".join(values)


def _process(tool: Record, book: Book, site: str, words: Mapping[str, Any]) -> Record:
    address = page(tool, site)
    process: Record = {
        "@id": f"{address}#process",
        "@type": "dpv:Process",
        "dct:title": tool["name"],
        "dct:identifier": tool["slug"],
        "portal:status": tool["status"],
        "dpv:hasDataController": {"@id": f"{site}/#district"},
        "dpv:hasDataProcessor": {"@type": "dpv:DataProcessor", "dct:title": tool["company"]},
        "dpv:hasDataSubject": {"@id": "dpv:Student"},
    }
    last = tool["last_delivery"]
    if last is not None:
        process["portal:lastDelivery"] = {
            "dct:date": {"@value": last["month"], "@type": "xsd:gYearMonth"},
            "portal:students": f"fewer than {ROUNDED}" if last["students"] is None else last["students"],
        }
    more = {
        "dpv:hasPersonalData": [
            {"@type": terms, "dct:identifier": key, "dct:title": book.elements.get(key, key)}
            for key in tool["data"]
            if (terms := words["elements"].get(key) or words["categories"].get(book.categories.get(key, ""), ["dpv:PersonalData"]))
        ],
        "dpv:hasPurpose": [
            {"@type": words["purposes"].get(key, ["dpv:Purpose"]), "dct:identifier": key, "dct:title": book.purposes.get(key, key)}
            for key in tool["purposes"]
        ],
        "dpv:hasTechnicalOrganisationalMeasure": [
            {"@type": words["safeguards"].get(key, ["dpv:Safeguard"]), "dct:identifier": key} for key in tool["safeguards"]
        ],
        "dpv:hasRecipient": [
            {"@type": "dpv:DataSubProcessor", "dct:title": each["name"], "dpv:hasCountry": each["country"]} for each in tool["suppliers"]
        ],
        "dpv:hasStorageCondition": [
            *({"@type": "dpv:StorageLocation", "dpv:hasCountry": country} for country in tool["held_in"]),
            *(
                [{"@type": "dpv:StorageDeletion", "dpv:hasDuration": {"@value": f"P{days}D", "@type": "xsd:duration"}}]
                if tool["agreement"] and (days := tool["agreement"]["at_end_days"])
                else []
            ),
        ],
        "dpv:hasProcessing": [
            {"@type": words["decisions"].get(each["kind"], ["dpv:Profiling"]), "dct:description": each["about"]}
            for each in tool["decisions"]
        ],
        "dpv:hasHumanInvolvement": [
            {"@type": "dpv:HumanInvolvementForDecision", "dct:description": each["educator"]} for each in tool["decisions"]
        ],
        "dpv:hasLegalBasis": [
            {
                "@type": "dpv:Contract",
                "dct:type": agreement["kind"],
                "dct:valid": f"{agreement['starts_on']}/{agreement['ends_on'] or '..'}",
                "dct:identifier": agreement["text_sha256"],
            }
            for agreement in [tool["agreement"]]
            if agreement
        ],
    }
    return process | {name: found for name, found in more.items() if found}
