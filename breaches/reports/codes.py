"""The code to follow a report up: shown once, kept as its hash."""

import hashlib
import re
import secrets

# Without letters and digits that are taken for one another.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _SIZE = 4, 5


def fresh() -> str:
    """A new code of twenty letters and digits in groups of five (98 random bits)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_SIZE)) for _ in range(_GROUPS))


def hash_of(code: str) -> bytes:
    """The hash of a code as somebody types it: small letters, spaces and missing dashes are no matter."""
    return hashlib.sha256(re.sub(r"[^0-9A-Z]", "", code.upper()).encode()).digest()
