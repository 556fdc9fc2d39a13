"""Who may propose and who may confirm what takes two people here. Never the same person twice, and never one alone after a wait."""

import datetime as dt

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.utils.translation import gettext as _

from governance.people import permissions, queries
from governance.people.models import User
from governance.vocabulary import Permission, Role
from portal.base.errors import CannotDo


def check_may_propose(by: User, *, at: dt.datetime) -> Role:
    """The role in which the person proposes. Raises CannotDo."""
    return _check(by, Permission.MANAGE_SEALS, _("Only a district admin can propose this."), at=at)


def check_may_confirm(by: User, *, proposed_by: int, at: dt.datetime) -> Role:
    """The role in which the person confirms what somebody else proposed. Raises CannotDo."""
    if by.pk == proposed_by:
        raise CannotDo(_("You proposed this. Another key holder has to confirm it."))
    return _check(by, Permission.SECOND_KEY, _("Only a district admin or the superintendent can confirm this."), at=at)


def _check(by: User, permission: Permission, refusal: str, *, at: dt.datetime) -> Role:
    roles = queries.roles_of(by, on=queries.day_of(at))
    if not permissions.holds(roles, permission):
        raise CannotDo(refusal)
    is_demo = settings.DEMO and not settings.PORTAL_DEMO_TOTP
    if not is_demo and not is_mfa_enabled(by):
        raise CannotDo(_("Set up the second step of your sign-in first."))
    return min(roles & permissions.HOLDERS[permission])
