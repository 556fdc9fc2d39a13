"""Closed incidents and public texts as far along as a test needs them."""

from typing import Any

from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from breaches.postings import actions, queries
from breaches.postings.models import Posting
from portal.base import clock
from tests.breaches.affected.test_lists import incident
from tests.governance.situations import person

TEXTS = {
    "en": {"title": "A roster went to the wrong office", "happened": "A list was sent.", "done": "It was deleted.", "learned": "Two people look now."},
    "es": {"title": "Una lista llegó a la oficina equivocada", "happened": "Se envió una lista.", "done": "Se borró.", "learned": "Ahora miran dos."},
}  # fmt: skip


def ended(found: Incident | None = None, *, outcome: str = "near_miss") -> Incident:
    """An incident that is closed, as security@ closes it."""
    closing = found or incident(kind="mis_sent")
    given: dict[str, Any] = {"found": "A list was sent.", "done": "Deleted.", "told": "", "lessons": "Look twice."}
    return incidents.close(incident=closing.public_id, outcome=outcome, by=person("security"), at=clock.now(), **given)


def written(of: Incident, *, by: str = "security", **more: Any) -> Posting:
    """Its public text, written and waiting for two others."""
    given: dict[str, Any] = {"texts": TEXTS, "name_provider": False, "counsel": ""}
    version = actions.write(incident=of.public_id, by=person(by), at=clock.now(), **given | more)
    return version.posting


def sha_of(posting: Posting) -> str:
    """The hash of the newest text."""
    found = queries.newest(posting)
    assert found is not None
    return found.sha256


def approved(of: Incident, **more: Any) -> Posting:
    """The text with both approvals."""
    posting = written(of, **more)
    for name in ("compliance", "admin"):
        actions.approve(posting=posting.public_id, sha256=sha_of(posting), by=person(name), at=clock.now())
    return posting


def published(of: Incident, **more: Any) -> Posting:
    """The text as the public reads it."""
    posting = approved(of, **more)
    return actions.publish(posting=posting.public_id, sha256=sha_of(posting), by=person("security"), at=clock.now())
