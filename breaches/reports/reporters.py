"""Who reported: in by one function of the database, out by another, and only by the key of an entry that says who looks.

Two roles may look, others for a worry about safety than for the rest; the database asks for the role of the entry's person anew.
"""

import dataclasses
import datetime as dt

from django.db import connection, transaction
from django.utils.translation import gettext as _

from breaches.reports.models import Report
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base.errors import CannotDo

OPEN_TO = (Role.INCIDENT_LEAD, Role.COMPLIANCE_OFFICER)
OPEN_TO_APART = (Role.COUNSELOR, Role.LEADER)


@dataclasses.dataclass(frozen=True)
class Reporter:
    """What a reporter left: a name, how to reach them, their account where they reported signed in and said so."""

    name: str
    reach: str
    account: str


def keep(report: Report, *, name: str, reach: str, account: User | None) -> None:
    """Put the reporter behind the door, in the transaction of the report."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT door.reporter_put(%s, %s, %s, %s)", [report.public_id, name, reach, account.pk if account else None])


def hat_for(report: Report, user: User, *, on: dt.date) -> Role | None:
    """The role in which this person may learn who reported; None where they may not."""
    roles = people.roles_of(user, on=on)
    return next((role for role in (OPEN_TO_APART if report.apart else OPEN_TO) if role in roles), None)


def reveal(report: Report, *, by: User, at: dt.datetime) -> Reporter:
    """Who reported. The entry is committed first. Raises CannotDo (with an entry of its own) for anybody but the two roles."""
    hat = hat_for(report, by, on=people.day_of(at))
    if hat is None or not report.named:
        if hat is None:
            with transaction.atomic():
                entries.append(Event.REPORTER_REFUSED, action=Action.ACCESS, by=by, about=report)
            raise CannotDo(_("Two roles alone may learn who reported. Yours is not one of them. The try stands in the trail."))
        raise CannotDo(_("This person left no name."), code="no_name")
    key = entries.append_ahead(
        Event.REPORTER_OPENED, by=by, students=None, elements=["audit"], data={"report": str(report.public_id)},
        hat=hat, purpose="privacy-oversight",
    )  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.key', %s, true)", [key.key])
        cursor.execute("SELECT name, reach, account_id FROM door.reporter_of()")
        found = cursor.fetchone()
    if found is None:
        raise CannotDo(_("The portal does not know who reported."), code="no_name")
    account = User.objects.filter(pk=found[2]).first() if found[2] else None
    return Reporter(found[0], found[1], account.name or account.email if account else "")
