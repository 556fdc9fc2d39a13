"""How an address names an entry: an opaque UUID that tells neither its number nor its time.

The entry's time and number, encrypted as one block with a key made from the portal's secret: nothing is stored for it, and one partition is
enough to find the entry again. An address that was made up leads to no entry. A new secret key makes old addresses useless, and no more.
"""

import datetime as dt
import hashlib
import struct
import uuid
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def address_of(at: dt.datetime, number: int) -> uuid.UUID:
    """The address of the entry written at `at` (to the microsecond) with that number."""
    block = struct.pack(">qq", (at - _EPOCH) // _MICROSECOND, number)
    encryptor = _cipher(settings.SECRET_KEY).encryptor()
    return uuid.UUID(bytes=encryptor.update(block) + encryptor.finalize())


def entry_at(address: uuid.UUID) -> tuple[dt.datetime, int] | None:
    """(time, number) of the entry that `address` names; None where it cannot be one."""
    decryptor = _cipher(settings.SECRET_KEY).decryptor()
    micros, number = struct.unpack(">qq", decryptor.update(address.bytes) + decryptor.finalize())
    if number < 1:
        return None
    try:
        return _EPOCH + dt.timedelta(microseconds=micros), number
    except OverflowError:
        return None


@lru_cache(maxsize=4)
def _cipher(secret: str) -> Cipher:
    key = hashlib.sha256(b"address of an entry of the trail\0" + secret.encode()).digest()[:16]
    # One block of its own and never two with the same content: what ECB gives away, a repeated block, cannot happen.
    return Cipher(algorithms.AES(key), modes.ECB())  # nosec B305
