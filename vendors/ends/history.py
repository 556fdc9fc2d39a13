"""The history of deletion orders, for whoever keeps providers."""

import datetime as dt
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.history.kinds import Kind, register
from governance.people.models import User
from governance.vocabulary import Permission
from vendors.ends import queries
from vendors.ends.models import Order
from vendors.providers.history import may


def _find(user: User, public_id: UUID, on: dt.date) -> Model | None:
    return queries.find(public_id) if may(user, on, Permission.MANAGE_PROVIDERS) else None


def _page(found: Model) -> str:
    assert isinstance(found, Order)
    return reverse("ends:detail", args=[found.public_id])


register(Kind("deletion-order", _("Deletion order"), _find, queries.find, page=_page))
