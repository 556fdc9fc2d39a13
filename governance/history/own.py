"""The kinds of governance's own rooms. Who may open the object's page may read its history."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, cast
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.authority.models import Absence, Grant, RuleVersion, Stewardship
from governance.history.kinds import THE_ONLY_ONE, Kind, register
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import Invitation, RoleAssignment, RoleProposal, School, User
from governance.records.models import Guardianship, ImportRun
from governance.requests import queries as requests
from governance.requests.models import DataRequest
from governance.vocabulary import Permission, Role


def _with_id(model: Any) -> Callable[[UUID], Model | None]:
    return lambda public_id: model.objects.filter(public_id=public_id).first()


def _holding(permission: Permission, model: Any) -> Callable[[User, UUID, dt.date], Model | None]:
    """Whoever holds the permission opens each of them."""

    def find(user: User, public_id: UUID, on: dt.date) -> Model | None:
        return _with_id(model)(public_id) if permissions.holds(people.roles_of(user, on=on), permission) else None

    return find


# -- Requests and what they give -----------------------------------------------------------------------------------------


def _request(user: User, public_id: UUID, on: dt.date) -> DataRequest | None:
    found = requests.find(user, public_id, on=on)
    return found[0] if found else None


def _grant(user: User, public_id: UUID, on: dt.date) -> Grant | None:
    grant = Grant.objects.filter(public_id=public_id).first()
    if grant is None:
        return None
    request = DataRequest.objects.filter(grant=grant).first()
    return grant if grant.holder_id == user.pk or (request and _request(user, request.public_id, on)) else None


def _grant_of(found: Model) -> Iterable[Model]:
    return [grant] if (grant := cast(DataRequest, found).grant) else []


# -- People ----------------------------------------------------------------------------------------------------------------


def _roles_and_ways_in(found: Model) -> Iterable[Model]:
    user = cast(User, found)
    return [
        *RoleAssignment.objects.filter(user=user),
        *RoleProposal.objects.filter(user=user),
        *Invitation.objects.filter(user=user),
        *EmailAddress.objects.filter(user=user),
        *Authenticator.objects.filter(user=user),
    ]


def _person_page(found: Model) -> str:
    return reverse("people:person", args=[cast(User, found).public_id])


# -- The district ----------------------------------------------------------------------------------------------------------


def _the_district(public_id: UUID) -> Model | None:
    return people.district() if public_id == THE_ONLY_ONE else None


def _district(user: User, public_id: UUID, on: dt.date) -> Model | None:
    return _the_district(public_id) if permissions.holds(people.roles_of(user, on=on), Permission.MANAGE_DISTRICT) else None


# -- Families --------------------------------------------------------------------------------------------------------------


def _limit(user: User, public_id: UUID, on: dt.date) -> Guardianship | None:
    """A guardian's link, for the office of the child's school; never for the own family."""
    if Role.SECRETARY not in people.roles_of(user, on=on):
        return None
    schools = people.schools_of(user, Role.SECRETARY, on=on)
    found = Guardianship.objects.filter(public_id=public_id).exclude(student__guardianships__user=user)
    return (found if schools is None else found.filter(student__school__in=schools)).first()


register(
    Kind(
        slug="request",
        label=_("Data request"),
        find=_request,
        every=_with_id(DataRequest),
        title=lambda found: f"R-{cast(DataRequest, found).number}" if cast(DataRequest, found).number else "",
        parts=_grant_of,
        page=lambda found: reverse("requests:detail", args=[cast(DataRequest, found).public_id]),
    )
)
register(Kind(slug="permission", label=_("Permission"), find=_grant, every=_with_id(Grant), title=lambda found: ""))
register(
    Kind(
        slug="rule",
        label=_("Version of a rule"),
        find=_holding(Permission.SEE_RULES, RuleVersion),
        every=_with_id(RuleVersion),
        title=lambda found: f"{cast(RuleVersion, found).rule_id}, {cast(RuleVersion, found).number}",
        page=lambda found: reverse("authority:version", args=[cast(RuleVersion, found).rule_id, cast(RuleVersion, found).public_id]),
    )
)
register(
    Kind(
        slug="steward",
        label=_("Data steward’s term"),
        find=_holding(Permission.SEE_RULES, Stewardship),
        every=_with_id(Stewardship),
        title=lambda found: cast(Stewardship, found).steward.name,
        parts=lambda found: Absence.objects.filter(stewardship=cast(Stewardship, found)),
        page=lambda found: reverse("authority:stewardship", args=[cast(Stewardship, found).public_id]),
    )
)
register(
    Kind(
        slug="person",
        label=_("Account"),
        find=_holding(Permission.MANAGE_PEOPLE, User),
        every=_with_id(User),
        title=lambda found: cast(User, found).name,
        parts=_roles_and_ways_in,
        page=_person_page,
    )
)
register(
    Kind(
        slug="role",
        label=_("Role"),
        find=_holding(Permission.MANAGE_PEOPLE, RoleAssignment),
        every=_with_id(RoleAssignment),
        title=lambda found: "",
    )
)
register(Kind(slug="school", label=_("School"), find=_holding(Permission.MANAGE_DISTRICT, School), every=_with_id(School)))
register(Kind(slug="district", label=_("District"), find=_district, every=_the_district, page=lambda found: reverse("setup:setup")))
register(
    Kind(
        slug="import",
        label=_("Import"),
        find=_holding(Permission.IMPORT_ROSTER, ImportRun),
        every=_with_id(ImportRun),
        title=lambda found: cast(ImportRun, found).file_name,
        page=lambda found: reverse("roster:run", args=[cast(ImportRun, found).public_id]),
    )
)
register(Kind(slug="limit", label=_("Limit of a guardian’s access"), find=_limit, every=_with_id(Guardianship), title=lambda found: ""))
