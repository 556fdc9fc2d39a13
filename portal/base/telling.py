"""Telling a person in the browser what came of what they pressed."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from portal.base.errors import CannotDo


def tell(request: HttpRequest, act: Callable[[], object], *, done: str) -> bool:
    """Act, and say `done` at the head of the next page, or why it could not be done. Answers whether it was done."""
    try:
        act()
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return False
    messages.success(request, done)
    return True
