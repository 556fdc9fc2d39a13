"""The further pages of one incident. A room above registers its own when it starts; the incident's page links to them."""

from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise

_pages: dict[str, str | Promise] = {}


def register(route: str, label: str | Promise) -> None:
    """Have every incident link to `route`, which takes the incident's `public_id`. Registering a route again changes its label."""
    _pages[route] = label


def of(public_id: UUID) -> list[dict[str, str]]:
    """Label and address of each further page, in the order in which their rooms started."""
    return [{"label": str(label), "url": reverse(route, args=[public_id])} for route, label in _pages.items()]
