"""A kept file as an answer that can be taken up again where it broke off (RFC 9110: ranges, strong validators)."""

import re
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from portal.base import vault

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Unsatisfiable(ValueError):
    """The reader asks for bytes that there are not."""


def etag_of(kept: vault.Kept) -> str:
    """The file's strong validator."""
    return f'"{kept.sha256[:32]}"'


def part_of(headers: Mapping[str, str], kept: vault.Kept) -> tuple[int, int] | None:
    """(first, last) byte that is asked for, both included; None for the whole. Raises Unsatisfiable.

    Several ranges at once, another unit, and words that are no range are answered with the whole, as RFC 9110 section 14.2 allows; so is a
    range of another version of the file.
    """
    found = _RANGE.fullmatch(headers.get("Range", "").strip())
    if not found or headers.get("If-Range", etag_of(kept)).strip() != etag_of(kept):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:  # the last so many
        if int(last) == 0 or kept.size == 0:
            raise Unsatisfiable
        return max(kept.size - int(last), 0), kept.size - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= kept.size:
        raise Unsatisfiable
    return int(first), min(int(last), kept.size - 1) if last else kept.size - 1


def not_satisfiable(kept: vault.Kept) -> HttpResponse:
    """416, with how long the file is."""
    return HttpResponse(status=416, headers={"Content-Range": f"bytes */{kept.size}", "Accept-Ranges": "bytes", "ETag": etag_of(kept)})


def answer(request: HttpRequest, kept: vault.Kept, part: tuple[int, int] | None, *, name: str, content_type: str) -> HttpResponseBase:
    """The file or the part of it. Raises vault.Damaged before anything is sent."""
    first, last = part or (0, kept.size - 1)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(last - first + 1),
        "Accept-Ranges": "bytes",
        "ETag": etag_of(kept),
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {first}-{last}/{kept.size}"
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=content_type, headers=headers)
    return StreamingHttpResponse(vault.read(kept, first, last), status=status, content_type=content_type, headers=headers)
