"""A finished review as a file: canonical JSON under an Ed25519 signature. Pure apart from this district's own key.

`{"form": "tool-review/1", "review": {…}, "key": …, "signature": …}`. Signed are the UTF-8 bytes of `["tool-review/1", review]` as JSON with sorted
keys and without spaces. `key` and `signature` are hexadecimal. A further field means `tool-review/2`.
"""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from portal.base.errors import CannotDo
from vendors.reviews.models import ConsentNeeded, Review

FORM = "tool-review/1"
MOST_BYTES = 256 * 2**10
OUTCOMES = (Review.Outcome.APPROVED.value, Review.Outcome.LIMITED.value, Review.Outcome.REFUSED.value)


class CannotTake(CannotDo):
    """The file was not taken. The refusal stands in the trail."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """On which conditions a tool was approved elsewhere; `families` is a word of ConsentNeeded."""

    youngest_age: int | None
    oldest_age: int | None
    grades: tuple[str, ...]
    families: str
    no_names: bool
    conditions: str


@dataclasses.dataclass(frozen=True)
class Finding:
    """What a file says: whose review it is, of which tool, with which outcome, until when it counts."""

    id: uuid.UUID
    issuer: str
    provider: str
    tool: str
    addresses: tuple[str, ...]
    outcome: str
    decided_on: dt.date
    valid_until: dt.date
    reason: str
    elements: tuple[str, ...]
    limits: Limits | None


@dataclasses.dataclass(frozen=True)
class File:
    """A file that was read. Whether its signature holds is not said by that: see `holds`."""

    finding: Finding
    signed: bytes
    key: str
    signature: str


def own_key() -> Ed25519PrivateKey:
    """The key with which this district signs. It follows from `PORTAL_SECRET_KEY`: with another one, others have to trust another key."""
    seed = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"vendors.advice/1").derive(str(settings.SECRET_KEY).encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_part(key: Ed25519PrivateKey) -> str:
    """The public key in hexadecimal, as others put it on their list."""
    return key.public_key().public_bytes_raw().hex()


def canonical(review: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    return json.dumps([FORM, review], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def write(finding: Finding, key: Ed25519PrivateKey) -> bytes:
    """The file of a finding, signed."""
    review = dataclasses.asdict(finding) | {
        "id": str(finding.id),
        "decided_on": finding.decided_on.isoformat(),
        "valid_until": finding.valid_until.isoformat(),
    }
    review = json.loads(json.dumps(review))
    signature = key.sign(canonical(review)).hex()
    whole = {"form": FORM, "review": review, "key": public_part(key), "signature": signature}
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read(content: bytes) -> File:
    """What a file says. Raises CannotTake for what is no such file, or says something that no review can say."""
    try:
        if len(content) > MOST_BYTES:
            raise ValueError
        whole = json.loads(content.decode(), object_pairs_hook=_once)
        review = whole["review"]
        if whole["form"] != FORM or set(whole) != {"form", "review", "key", "signature"}:
            raise ValueError
        return File(_finding(review), canonical(review), _hex(whole["key"], 64), _hex(whole["signature"], 128))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotTake(
            _("This is no signed review of a tool, or a damaged one. Ask who sent it for the file again, and do not open it in between."),
            code="not_a_review",
        ) from error


def holds(file: File) -> bool:
    """True where the signature is that of the key which the file names, over exactly what it says."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(file.key)).verify(bytes.fromhex(file.signature), file.signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _finding(review: dict[str, Any]) -> Finding:
    if set(review) != {field.name for field in dataclasses.fields(Finding)}:
        raise ValueError
    outcome, limits = review["outcome"], review["limits"]
    if outcome not in OUTCOMES:
        raise ValueError
    return Finding(
        id=uuid.UUID(_text(review["id"], 36)),
        issuer=_text(review["issuer"], 160),
        provider=_text(review["provider"], 160),
        tool=_text(review["tool"], 120),
        addresses=_texts(review["addresses"], 200),
        outcome=outcome,
        decided_on=dt.date.fromisoformat(_text(review["decided_on"], 10)),
        valid_until=dt.date.fromisoformat(_text(review["valid_until"], 10)),
        reason=_text(review["reason"], 2000),
        elements=_texts(review["elements"], 120),
        limits=None if limits is None else _limits(limits),
    )


def _limits(limits: dict[str, Any]) -> Limits:
    if set(limits) != {field.name for field in dataclasses.fields(Limits)} or limits["families"] not in ConsentNeeded.values:
        raise ValueError
    if not isinstance(limits["no_names"], bool):
        raise ValueError
    return Limits(
        youngest_age=_age(limits["youngest_age"]),
        oldest_age=_age(limits["oldest_age"]),
        grades=_texts(limits["grades"], 4),
        families=limits["families"],
        no_names=limits["no_names"],
        conditions=_text(limits["conditions"], 2000),
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a name stands twice says one thing to one reader and another to the next."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        raise ValueError
    return value


def _texts(values: Any, most: int) -> tuple[str, ...]:
    if not isinstance(values, list) or len(values) > 200:
        raise ValueError
    return tuple(_text(value, most) for value in values)


def _age(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 < value < 100):
        raise ValueError
    return value


def _hex(value: Any, length: int) -> str:
    if not isinstance(value, str) or len(value) != length or set(value) - set("0123456789abcdef"):
        raise ValueError
    return value
