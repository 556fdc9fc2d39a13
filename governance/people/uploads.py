"""How much one person may send in a day: whoever sends more waits until tomorrow, so that nobody fills the disks.

Counted in the shared cache by the account's opaque id, from the length that the request says; while Redis is away the limits of each form
alone hold.
"""

from collections.abc import Callable

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from governance.people.models import User
from portal.base import clock

SMALLEST = 4096  # what is smaller is a form whose file was left out, or fills no disk
FILES_A_DAY = 400
BYTES_A_DAY = 5 * 10**9
_DAY = 24 * 3600


class UploadQuota:
    """Asks ahead of each view that is sent files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponseBase | None:
        if request.method != "POST" or request.content_type != "multipart/form-data" or not isinstance(request.user, User):
            return None
        size = int(request.META.get("CONTENT_LENGTH") or 0)
        if size < SMALLEST or taken(request.user, size):
            return None
        return render(request, "governance/people/too_many_files.html", status=429)


def taken(user: User, size: int) -> bool:
    """Count one more sending of `size` bytes; False where it is too much for today."""
    today = f"uploads:{user.public_id}:{clock.today():%j}"
    return _counted(f"{today}:files", 1) <= FILES_A_DAY and _counted(f"{today}:bytes", size) <= BYTES_A_DAY


def _counted(key: str, number: int) -> int:
    if cache.add(key, number, timeout=_DAY):
        return number
    try:
        return int(cache.incr(key, number))
    except ValueError:
        return number
