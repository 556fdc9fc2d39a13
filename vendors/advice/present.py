"""Keys and signed reviews as pages show them."""

from typing import Any

from django.utils.translation import gettext as _

from governance.people.models import User
from portal.base.components import Status as Shown
from vendors.advice.models import SignedReview, TrustedKey

OUTCOMES = {"approved": "info", "limited": "info", "refused": "warn"}


def in_fours(key: str) -> str:
    """A key in groups of four, as people compare it."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def key_row(key: TrustedKey, *, reader: User) -> dict[str, Any]:
    """A key on the list."""
    return {
        "id": key.public_id,
        "name": key.name,
        "key": in_fours(key.public_key),
        "proposed_by": key.proposed_by.name,
        "proposed_at": key.proposed_at,
        "confirmed_by": key.confirmed_by.name if key.confirmed_by else "",
        "confirmed_at": key.confirmed_at,
        "state": Shown("ok", _("Its reviews are taken")) if key.confirmed_at else Shown("wait", _("Waits for a second person")),
        "can_confirm": key.confirmed_at is None and key.proposed_by_id != reader.pk,
        "mine": key.proposed_by_id == reader.pk,
    }


def file_row(file: SignedReview) -> dict[str, Any]:
    """A signed review that was taken in."""
    advice = file.advice
    return {
        "tool": advice.tool.name,
        "tool_id": advice.tool.public_id,
        "source": advice.source,
        "finding": Shown(OUTCOMES[advice.finding], advice.get_finding_display()),
        "found_on": advice.found_on,
        "valid_until": file.valid_until,
        "words": advice.words,
        "received_at": advice.received_at,
    }
