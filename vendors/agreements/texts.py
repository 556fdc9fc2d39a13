"""A version's text as one string, so that both sides sign the same thing: everything that was agreed, in one order, and the document's hash.

`["agreement/1", …]` as JSON: UTF-8, sorted keys, no spaces. It is kept as it was sent, since names may change later. A further field means
`agreement/2` for versions sent from then on.
"""

import hashlib
import json
from typing import Any

from vendors.agreements.models import Version

FORM = "agreement/1"
# What of a version's own row belongs to its text.
TERMS = (
    "kind",
    "starts_on",
    "ends_on",
    "purposes",
    "breach_hours",
    "breach_words",
    "disposition",
    "disposition_days",
    "disposition_words",
    "inspection_days",
    "audit_days",
    "safeguards",
    "offered_until",
)


def canonical(version: Version) -> str:
    """The text whose SHA-256, as UTF-8, is signed."""
    agreement = version.agreement
    content = {
        "agreement": {
            "id": str(agreement.public_id),
            "kind": agreement.kind,
            "title": agreement.title,
            "provider": {"id": str(agreement.provider.public_id), "name": agreement.provider.legal_name or agreement.provider.name},
            "originator": agreement.originator,
        },
        "version": version.number,
        "terms": {name: _plain(getattr(version, name)) for name in TERMS},
        "services": [
            {
                "tool": str(service.tool.public_id),
                "name": service.tool.name,
                "words": service.words,
                "schedule": [
                    [line.element_id, line.required, line.note] for line in sorted(service.schedule.all(), key=lambda line: line.element_id)
                ],
            }
            for service in sorted(
                version.services.select_related("tool").prefetch_related("schedule"), key=lambda each: str(each.tool.public_id)
            )
        ],
        "clauses": [
            [clause.part, clause.heading, clause.words, clause.state] for clause in version.clauses.order_by("part", "order", "pk")
        ],
        "document": version.document.sha256 if version.document else None,
    }
    return json.dumps([FORM, content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
