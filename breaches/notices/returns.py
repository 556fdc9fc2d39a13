"""What a mail server's reports say of letters that came back: references alone. Bytes in, references out; no address is read or kept.

A report is a delivery-status mail (RFC 3464), several of them in one mbox file, or a table whose cells hold references or Message-IDs.
"""

import csv
import dataclasses
import email
import io
import re
from collections.abc import Iterator
from email.message import Message
from uuid import UUID

MOST_BYTES = 10_000_000
MOST = 20_000
_REFERENCE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_MAIL_BEGINS = re.compile(rb"^From [^\n]*\n", re.MULTILINE)


class NotReadable(ValueError):
    """The file is none of the three."""


@dataclasses.dataclass(frozen=True)
class Read:
    """The references of letters that came back for good, and how many reports said "not yet" or named none of ours."""

    references: tuple[UUID, ...]
    left_out: int


def read(file: bytes) -> Read:
    """The references in a file. Raises NotReadable for one that holds no report and no table, and for one that is too large."""
    if len(file) > MOST_BYTES:
        raise NotReadable("too large")
    found: list[UUID] = []
    left_out = 0
    if _looks_like_mail(file):
        for mail in _mails(file):
            reference = _returned(mail)
            if reference is None:
                left_out += 1
            else:
                found.append(reference)
    else:
        try:
            words = file.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NotReadable("no text") from error
        found, left_out = _of_table(words)
    if not found and not left_out:
        raise NotReadable("nothing in it")
    return Read(tuple(dict.fromkeys(found))[:MOST], left_out)


def references_in(words: str) -> list[UUID]:
    """Every reference in what somebody typed or pasted."""
    return list(dict.fromkeys(UUID(each) for each in _REFERENCE.findall(words)))[:MOST]


def _looks_like_mail(file: bytes) -> bool:
    head = file[:20_000].lower()
    return b"multipart/report" in head or b"message/delivery-status" in head or head.startswith((b"from ", b"return-path:", b"received:"))


def _mails(file: bytes) -> Iterator[Message]:
    pieces = [piece for piece in _MAIL_BEGINS.split(file) if piece.strip()] if file.startswith(b"From ") else [file]
    for piece in pieces[:MOST]:
        yield email.message_from_bytes(piece)


def _returned(mail: Message) -> UUID | None:
    """The reference of the letter that a report says is not delivered for good; None for any other mail."""
    failed, reference = False, None
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for block in part.get_payload() if part.is_multipart() else []:
                failed |= isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed"
        elif kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
            reference = reference or (_of(str(inner.get("Message-ID", ""))) if isinstance(inner, Message) else None)
        elif kind == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            headers = email.message_from_bytes(payload) if isinstance(payload, bytes) else Message()
            reference = reference or _of(str(headers.get("Message-ID", "")))
    return reference if failed else None


def _of_table(words: str) -> tuple[list[UUID], int]:
    found, without = [], 0
    for row in csv.reader(io.StringIO(words)):
        if not any(cell.strip() for cell in row):
            continue
        reference = next((each for cell in row if (each := _of(cell)) is not None), None)
        if reference is None:
            without += 1
        else:
            found.append(reference)
    return (found, without) if found else ([], 0)


def _of(words: str) -> UUID | None:
    match = _REFERENCE.search(words)
    return UUID(match.group()) if match else None
