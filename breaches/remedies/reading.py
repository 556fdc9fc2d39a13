"""Names of those to whom help is given: a page of them through the door, with an entry, kept nowhere."""

from collections.abc import Sequence

from breaches.handling import hat_of
from breaches.remedies.models import Offer, Remedy
from governance.people.models import User
from governance.records import door
from governance.trail import entries
from governance.vocabulary import Event
from portal.base import clock

PURPOSE, BASIS = "family-communication", "ferpa-school-official"


def names(remedy: Remedy, offers: Sequence[Offer], *, by: User) -> dict[int, str]:
    """Names by the anchor's id, of at most a page of offers. Raises entries.TooMany, InsideTransaction."""
    students = [offer.student_id for offer in offers]
    if not students:
        return {}
    written = entries.append_ahead(
        Event.REMEDY_NAMED, by=by, students=students, elements={"name"}, counted=True, data={"remedy": str(remedy.public_id)},
        hat=hat_of(by, clock.now()), purpose=PURPOSE, basis=BASIS,
    )  # fmt: skip
    return {pk: opened.full_name for pk, opened in door.opened_by(written, students=students, elements={"name"}).items()}
