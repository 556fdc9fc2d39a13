"""What every verb on an agreement needs: the locked row, the text on the table, and the entry."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo
from vendors.agreements import texts
from vendors.agreements.models import Agreement, Version

Kind = Agreement.Kind
TERMS = frozenset(texts.TERMS) - {"kind"}


class CannotChange(CannotDo):
    """The agreement stayed as it was."""


def locked(public_id: UUID) -> Agreement:
    """The agreement, locked until the end of the transaction."""
    return Agreement.objects.select_for_update(of=("self",)).select_related("provider").get(public_id=public_id)


def pending_text(agreement: Agreement) -> Version:
    """The text on the table: being written, or waiting for signatures. Raises CannotChange where there is none."""
    version = agreement.versions.filter(signed_at=None, dropped_at=None).first()
    if version is None:
        raise CannotChange(_("No text of this agreement is being written or signed. Begin an amendment."), code="no_text")
    version.agreement = agreement
    return version


def open_text(agreement: Agreement) -> Version:
    """The text that is being written. Raises CannotChange for one that was sent for signing."""
    version = pending_text(agreement)
    if version.sent_at is not None:
        raise CannotChange(_("The text was sent for signing and is closed. Take it back first, or drop it."), code="closed")
    return version


def tell(
    event: Event, agreement: Agreement, *, by: User, action: Action = Action.UPDATE, elements: Collection[str] | None = None, **data: Any
) -> None:
    """Write the entry of a step."""
    entries.append(event, action=action, by=by, about=agreement, elements=elements, data=data)
