"""The code of a letter: what it looks like, how it follows from its recipient, and its hash. It stands in the letter and nowhere else.

It is a keyed hash of the recipient's public id under a key that is derived from `PORTAL_SECRET_KEY`, so that a letter that goes a second time
carries the same code and only its hash has to be kept. 17 characters carry 82 bits; the last one is a check: it finds every single wrong
character and every two that changed places.
"""

import functools
import hashlib
import hmac
import re
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# 29 signs, a prime number, so that the check finds what it promises. No vowels, so that no code spells a word; no zero and no one.
SIGNS = "23456789BCDFGHJKLMNPQRSTVWXYZ"
SIZE, GROUP = 18, 3
LONGEST_TYPED = 60
# How people read some signs that the code does not have.
_READ_AS = str.maketrans({"I": "L", "1": "L", "U": "V"})


def code_of(recipient: UUID) -> str:
    """The code of one recipient, in groups of three."""
    number = int.from_bytes(hmac.new(_key(), recipient.bytes, hashlib.sha256).digest())
    values = []
    for _place in range(SIZE - 1):
        number, value = divmod(number, len(SIGNS))
        values.append(value)
    values.append(-_weighed(values) * pow(SIZE, -1, len(SIGNS)) % len(SIGNS))
    signs = "".join(SIGNS[value] for value in values)
    return "-".join(signs[at : at + GROUP] for at in range(0, SIZE, GROUP))


def typed(code: str) -> str:
    """The signs of a code as somebody types it: small letters, spaces and dashes are no matter."""
    return re.sub(r"[^0-9A-Z]", "", code[:LONGEST_TYPED].upper()).translate(_READ_AS)


def is_whole(code: str) -> bool:
    """True where a typed code has the right length and its check is right: most slips of the finger are found by it."""
    signs = typed(code)
    return len(signs) == SIZE and set(signs) <= set(SIGNS) and _weighed([SIGNS.index(sign) for sign in signs]) == 0


def hash_of(code: str) -> bytes:
    """The hash of a code as somebody types it."""
    return hashlib.sha256(typed(code).encode()).digest()


def _weighed(values: list[int]) -> int:
    return sum(place * value for place, value in enumerate(values, start=1)) % len(SIGNS)


def _key() -> bytes:
    return _derived(str(settings.SECRET_KEY))


@functools.lru_cache(maxsize=1)
def _derived(secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"breaches.letters.codes").derive(secret.encode())
