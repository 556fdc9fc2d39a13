"""What people do to the district's calendar. Each verb is one transaction, with its entry inside."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.clocks.models import ClosedDay
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission, Role
from portal.base import workdays
from portal.base.errors import CannotDo


@transaction.atomic
def close_day(*, day: dt.date, title: str, by: User, at: dt.datetime) -> ClosedDay:
    """Say that the offices are closed on a day. It counts for clocks that begin from now on.

    Raises CannotDo for a day that has passed, that is no workday anyway, or that is closed already.
    """
    _check_may(by, at)
    if day < people.day_of(at):
        raise CannotDo(_("This day has passed. Choose a day from today on."), code="in_the_past")
    if not workdays.is_workday(day):
        raise CannotDo(_("This is a weekend or a holiday already. Nothing needs to be said about it."), code="no_workday")
    made, is_new = ClosedDay.objects.get_or_create(
        day=day, removed_at=None, defaults={"title": title.strip(), "added_at": at, "added_by": by}
    )
    if not is_new:
        raise CannotDo(_("This day is closed already."), code="same")
    entries.append(Event.CALENDAR_DAY_CLOSED, action=Action.CREATE, by=by, hat=Role.DISTRICT_ADMIN, data={"day": day.isoformat()})
    return made


@transaction.atomic
def open_day(*, day: dt.date, by: User, at: dt.datetime) -> ClosedDay:
    """Take a closed day back: clocks that counted on it end earlier. Raises CannotDo where it is not closed."""
    _check_may(by, at)
    found = ClosedDay.objects.select_for_update().filter(day=day, removed_at=None).first()
    if found is None:
        raise CannotDo(_("This day is not closed."), code="same")
    found.removed_at, found.removed_by = at, by
    found.save(update_fields=["removed_at", "removed_by"])
    entries.append(Event.CALENDAR_DAY_OPENED, action=Action.UPDATE, by=by, hat=Role.DISTRICT_ADMIN, data={"day": day.isoformat()})
    return found


def _check_may(by: User, at: dt.datetime) -> None:
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.MANAGE_DISTRICT):
        raise CannotDo(_("Only a district admin changes the calendar."), code="not_allowed")
