"""Changing the district's facts, and opening family sign-in."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people.models import District, User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo


class CannotOpen(CannotDo):
    """Family sign-in was not opened; `what_to_do` says why."""


@transaction.atomic
def change(*, by: User | None, at: dt.datetime, **facts: object) -> District:
    """Set facts of the district, by name of the field; the first time makes it. What did not change is not written.

    `by` is None for the set-up command. The trail names the fields, not what stands in them.
    """
    district = District.objects.select_for_update().filter(pk=1).first() or District(pk=1)
    changed = [name for name, value in facts.items() if getattr(district, name) != value]
    if not changed and not district._state.adding:
        return district
    for name in changed:
        setattr(district, name, facts[name])
    district.changed_at = at
    made = district._state.adding
    district.save()
    entries.append(
        Event.DISTRICT_CHANGED, action=Action.CREATE if made else Action.UPDATE, by=by, about=district, data={"fields": sorted(changed)}
    )
    return district


@transaction.atomic
def open_family_sign_in(*, loaded: bool, checked: bool, by: User, at: dt.datetime) -> District:
    """Attest that court limits are loaded and checked; families may sign in from now on. It cannot be taken back. Raises CannotOpen."""
    if not (loaded and checked):
        raise CannotOpen(_("Both must be true before families come in: the limits are loaded, and somebody checked them."))
    district = District.objects.select_for_update().filter(pk=1).first()
    if district is None:
        raise CannotOpen(_("Set the district's facts first."))
    if district.family_sign_in_open:
        return district
    district.limits_checked_at, district.limits_checked_by, district.changed_at = at, by, at
    district.save()
    entries.append(Event.FAMILY_SIGN_IN_OPENED, action=Action.UPDATE, by=by, about=district)
    return district
