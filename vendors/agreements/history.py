"""The history of agreements, for whoever keeps or signs them."""

import datetime as dt
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.history.kinds import Kind, register
from governance.people.models import User
from governance.vocabulary import Permission
from vendors.agreements.models import Agreement
from vendors.providers.history import may


def _every(public_id: UUID) -> Model | None:
    return Agreement.objects.filter(public_id=public_id).first()


def _find(user: User, public_id: UUID, on: dt.date) -> Model | None:
    return _every(public_id) if may(user, on, Permission.MANAGE_PROVIDERS, Permission.SIGN_AGREEMENTS) else None


def _page(found: Model) -> str:
    assert isinstance(found, Agreement)
    return reverse("agreements:detail", args=[found.public_id])


register(Kind("agreement", _("Agreement"), _find, _every, page=_page))
