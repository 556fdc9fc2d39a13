"""The text of a deletion order, as one string whose hash the certificate names."""

import hashlib
import json

from vendors.ends.models import Order


def canonical(order: Order) -> str:
    """What was ordered, as JSON with sorted keys and no spaces. How many students, never which."""
    return json.dumps(
        {
            "order": str(order.public_id),
            "tool": str(order.tool.public_id),
            "provider": str(order.tool.provider.public_id),
            "agreement": str(order.agreement.public_id) if order.agreement else None,
            "because": order.because,
            "opened_at": order.opened_at.isoformat(),
            "due_on": order.due_on.isoformat(),
            "days": order.days,
            "clock": order.clock or None,
            "disposition": order.disposition,
            "whole": order.whole,
            "students": None if order.whole else order.students,
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def hash_of(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
