"""Remedies as far along as a test needs them."""

import datetime as dt
from typing import Any

from breaches.affected.models import AffectedList
from breaches.remedies import actions, wording
from breaches.remedies.models import Offer, Remedy
from governance.records.models import Student
from portal.base import clock
from tests.governance.situations import person

TEXTS = {"en": {"title": "Help at home", "words": "Somebody comes."}, "es": {"title": "Ayuda en casa", "words": "Alguien viene."}}


def offered(which: AffectedList, kind: str = "credit_watch", *, days: int = 90, **more: Any) -> Remedy:
    """Something that security@ offers to everybody on the list."""
    given: dict[str, Any] = {
        "incident": which.incident.public_id, "kind": kind, "affected": which.public_id, "with_could": False,
        "texts": TEXTS if kind == "other" else wording.beginning(kind), "answer_by": clock.today() + dt.timedelta(days=days),
        "lasts_until": None, "by": person("security"), "at": clock.now(),
    }  # fmt: skip
    return actions.offer(**given | more)


def offer_for(remedy: Remedy, student: Student) -> Offer:
    """The child's offer, freshly read."""
    return Offer.objects.get(remedy=remedy, student=student)


def with_codes(remedy: Remedy, *codes: str) -> Remedy:
    """The remedy with these codes."""
    actions.add_codes(remedy=remedy.public_id, text="\n".join(codes), by=person("security"), at=clock.now())
    return remedy


def says(who: str, offer: Offer, *, yes: bool = True) -> Offer:
    """A family answers on its page."""
    return actions.answer(offer=offer.public_id, accepted=yes, by=person(who), at=clock.now())
