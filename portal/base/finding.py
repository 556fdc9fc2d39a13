"""What an address names, or the page that says that there is no such thing: the same for what is not there and for what is not theirs."""

from typing import TypeVar

from django.http import Http404

Thing = TypeVar("Thing")


def or_404(found: Thing | None) -> Thing:
    """What a query found. Raises Http404 where it found nothing."""
    if found is None:
        raise Http404
    return found
