"""Who handles incidents, and in which role."""

import datetime as dt

from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Permission, Role
from portal.base.errors import CannotDo

_HATS = (Role.INCIDENT_LEAD, Role.DISTRICT_ADMIN, Role.LEADER, Role.COMPLIANCE_OFFICER)


def hat_of(user: User, at: dt.datetime) -> Role | None:
    """The role in which somebody handles incidents."""
    roles = people.roles_of(user, on=people.day_of(at))
    return next((role for role in _HATS if role in roles), None)


def check_may(by: User, *, at: dt.datetime) -> None:
    """Raises CannotDo for whoever handles no incidents."""
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.HANDLE_INCIDENTS):
        raise CannotDo(_("Only those who handle incidents can do this."), code="not_allowed")
