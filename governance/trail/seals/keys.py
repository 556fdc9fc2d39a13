"""The signing key. Only the sealing process reads it; everybody else sees public keys in `seal.public_key`."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal import env


class NoKey(RuntimeError):
    """There is no signing key where the sealing process looks for it."""


def folder() -> Path:
    """Where the sealing process keeps its key and what it remembers; no other process needs to read it."""
    return Path(env.text("PORTAL_SEAL_FOLDER", env.VAR / "seal"))


def is_there() -> bool:
    """True where there is a signing key."""
    return (folder() / "key").exists()


def load() -> Ed25519PrivateKey:
    """The signing key. Raises NoKey where there is none."""
    file = folder() / "key"
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text().strip()))
    except FileNotFoundError as error:
        raise NoKey(
            f"There is no signing key at {file}. Where it is lost, two people declare a new one: `manage.py trail key --because lost`."
        ) from error


def make() -> Ed25519PrivateKey:
    """A new key, written so that only this account can read it. An older one is kept beside it."""
    key = Ed25519PrivateKey.generate()
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = place / "key.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.private_bytes_raw().hex())
        file.flush()
        os.fsync(file.fileno())
    if (place / "key").exists():
        number = len(list(place.glob("key.old-*"))) + 1
        (place / "key").replace(place / f"key.old-{number}")
    fresh.replace(place / "key")
    return key
