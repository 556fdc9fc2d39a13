"""Tells whether something has to be done again, by what it is made from."""

import hashlib
from collections.abc import Container, Iterable
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# What a prepared database is made from: its structure, its logins, its reference data.
DATABASE = (
    "requirements.txt",
    "portal/base/db_logins.py",
    "portal/run/prepare.py",
    "*/migrations/**/*",
    "*/*/migrations/**/*",
    "governance/data/**/*",
    "governance/**/*reference*.py",
    "governance/vocabulary.py",
)
# What the browser is given.
STATIC = ("requirements.txt", "static/**/*")


def of(patterns: Iterable[str], *also: str, without: Container[str] = ()) -> str:
    """One word that differs when a file that matches, or a text of `also`, does. Files named as in `without` do not count."""
    found = hashlib.sha256("\0".join(also).encode())
    for path in sorted({path for pattern in patterns for path in TOP.glob(pattern)}):
        if path.is_file() and "__pycache__" not in path.parts and path.name not in without:
            found.update(f"{path.relative_to(TOP)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:32]
