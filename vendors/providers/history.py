"""The history of providers and tools, for whoever keeps the catalogue."""

import datetime as dt
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.history.kinds import Kind, register
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Permission
from vendors.providers import queries
from vendors.providers.models import Provider, Tool


def may(user: User, on: dt.date, *wanted: Permission) -> bool:
    """True if the person holds one of the permissions that day."""
    roles = people.roles_of(user, on=on)
    return any(permissions.holds(roles, permission) for permission in wanted)


def _provider(user: User, public_id: UUID, on: dt.date) -> Model | None:
    return queries.find_provider(public_id) if may(user, on, Permission.MANAGE_PROVIDERS, Permission.SIGN_AGREEMENTS) else None


def _tool(user: User, public_id: UUID, on: dt.date) -> Model | None:
    return queries.tool_by_id(public_id) if may(user, on, Permission.MANAGE_PROVIDERS) else None


def _contacts(found: Model) -> list[Model]:
    assert isinstance(found, Provider)
    return list(found.contacts.all())


def _page_of_provider(found: Model) -> str:
    assert isinstance(found, Provider)
    return reverse("providers:provider", args=[found.public_id])


def _page_of_tool(found: Model) -> str:
    assert isinstance(found, Tool)
    return reverse("providers:tool", args=[found.public_id])


register(Kind("provider", _("Provider"), _provider, queries.find_provider, parts=_contacts, page=_page_of_provider))
register(Kind("tool", _("Tool"), _tool, queries.tool_by_id, page=_page_of_tool))
