"""What a drill holds back: nothing of it goes outside, and that somebody tried stands in the trail."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from django.utils.functional import Promise

from breaches import handling
from breaches.incidents.models import Incident
from governance.trail import entries
from governance.vocabulary import Event
from portal.base.errors import CannotDo

Done = TypeVar("Done")


class HeldInDrill(CannotDo):
    """The incident is an exercise: this step would have an effect outside of it."""

    def __init__(self, what_to_do: str | Promise, incident: Incident):
        super().__init__(what_to_do, code="drill")
        self.incident = incident


def told(verb: Callable[..., Done]) -> Callable[..., Done]:
    """The verb below, which takes `by` and `at` by name. Where it raises HeldInDrill, that is an entry, committed behind what was rolled back."""

    @functools.wraps(verb)
    def tried(*args: Any, **given: Any) -> Done:
        try:
            return verb(*args, **given)
        except HeldInDrill as refused:
            with transaction.atomic():
                entries.refuse(
                    Event.INCIDENT_STEP_HELD, by=given["by"], about=refused.incident, hat=handling.hat_of(given["by"], given["at"]),
                    data={"step": verb.__name__},
                )  # fmt: skip
            raise

    return tried
