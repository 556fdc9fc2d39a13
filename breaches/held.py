"""What a drill holds back: nothing of it goes outside, and that somebody tried stands in the trail."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from django.db import transaction
from django.utils.functional import Promise

from breaches import handling
from breaches.incidents.models import Incident
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Event
from portal.base.errors import CannotDo

Done = TypeVar("Done")
Given = ParamSpec("Given")


class HeldInDrill(CannotDo):
    """The incident is an exercise: this step would have an effect outside of it."""

    def __init__(self, what_to_do: str | Promise, incident: Incident):
        super().__init__(what_to_do, code="drill")
        self.incident = incident


def told(verb: Callable[Given, Done]) -> Callable[Given, Done]:
    """The verb below, which takes `by` and `at` by name. Where it raises HeldInDrill, that is an entry, committed behind what was rolled back."""

    @functools.wraps(verb)
    def tried(*args: Given.args, **given: Given.kwargs) -> Done:
        try:
            return verb(*args, **given)
        except HeldInDrill as refused:
            by, at = cast(User, given["by"]), cast(dt.datetime, given["at"])
            told = {"step": verb.__name__}
            with transaction.atomic():
                entries.refuse(Event.INCIDENT_STEP_HELD, by=by, about=refused.incident, hat=handling.hat_of(by, at), data=told)
            raise

    return tried
