"""Telling a person in the browser what came of what they pressed."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest

from portal.base.errors import CannotDo

Done = TypeVar("Done")


def tell(request: HttpRequest, act: Callable[[], object], *, done: str) -> bool:
    """Act, and say `done` at the head of the next page, or why it could not be done. Answers whether it was done."""
    try:
        act()
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
        return False
    messages.success(request, done)
    return True


def told(request: HttpRequest, form: BaseForm, act: Callable[[], object], *, done: str) -> bool:
    """Act on a valid form, and say `done` at the head of the next page. False where nothing was done: then the form says why."""
    if taken(form, lambda: (act(),)) is None:
        return False
    messages.success(request, done)
    return True


def taken(form: BaseForm, act: Callable[[], Done], *, field: str | None = None) -> Done | None:
    """What the act of a valid form gives. None where the form is not valid, or where it could not be done: then the form says why, at `field`
    or above all fields."""
    if not form.is_valid():
        return None
    try:
        return act()
    except CannotDo as refused:
        form.add_error(field, refused.what_to_do)
        return None
