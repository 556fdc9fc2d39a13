"""Checkpoints as C2SP tlog-checkpoint in a signed note (Ed25519), with a timestamped cosignature of the log itself, and tlog-proof files.

The note's own signature says what the tree is; the cosignature (cosignature/v1) says when that was said, so that an hour without entries
is provable too.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import re
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
COSIGNATURE_V1 = b"\x04"
DASH = "\u2014"


class BadNote(ValueError):
    """A text that is no checkpoint, or whose signature does not hold."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """The state of the log that a note tells."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def public_bytes(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    """The 32 raw bytes of the public key."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes_raw()


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def verifier_key(name: str, public: bytes, kind: bytes = ED25519) -> str:
    """The key as one line that others configure: name+hash+key."""
    return f"{name}+{key_id(name, public, kind).hex()}+{base64.b64encode(kind + public).decode()}"


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey, *, at: dt.datetime) -> str:
    """The signed note of a checkpoint: the log's signature, then its timestamped cosignature."""
    public = public_bytes(key)
    signature = key_id(checkpoint.origin, public) + key.sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n{_line(checkpoint.origin, signature)}{cosign(checkpoint, key, name=checkpoint.origin, at=at)}"


def cosign(checkpoint: Checkpoint, key: Ed25519PrivateKey, *, name: str, at: dt.datetime) -> str:
    """One cosignature line of `name` (C2SP tlog-cosignature, Ed25519): this checkpoint was seen at that second."""
    seconds = int(at.timestamp())
    message = f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode()
    return _line(name, key_id(name, public_bytes(key), COSIGNATURE_V1) + struct.pack(">Q", seconds) + key.sign(message))


def _line(name: str, signature: bytes) -> str:
    return f"{DASH} {name} {base64.b64encode(signature).decode()}\n"


def parse(note: str) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    """(checkpoint, [(key name, key id and signature)]) of a signed note. Raises BadNote."""
    if any(letter < " " and letter != "\n" for letter in note):
        raise BadNote("a note has no control characters")
    text, blank, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3 or not lines[0] or not re.fullmatch("0|[1-9][0-9]{0,17}", lines[1]):
        raise BadNote("this is no checkpoint")
    found = []
    for line in signatures.splitlines():
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != DASH:
            raise BadNote("a signature line is malformed")
        try:
            found.append((parts[1], base64.b64decode(parts[2], validate=True)))
        except ValueError as error:
            raise BadNote("a signature is malformed") from error
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError as error:
        raise BadNote("the root is malformed") from error
    if len(root) != 32 or len(lines) != 3:
        raise BadNote("this is no checkpoint of this log")
    return Checkpoint(lines[0], int(lines[1]), root), found


def check(note: str, public: bytes, *, name: str | None = None) -> tuple[Checkpoint, dt.datetime | None]:
    """(checkpoint, the second of its own cosignature) of a note signed with `public`. Raises BadNote for any other."""
    checkpoint, signatures = parse(note)
    name = name or checkpoint.origin
    key, signed, seen_at = Ed25519PublicKey.from_public_bytes(public), False, None
    for signer, signature in signatures:
        if signer != name:
            continue
        try:
            if signature[:4] == key_id(name, public):
                key.verify(signature[4:], checkpoint.text.encode())
                signed = True
            elif signature[:4] == key_id(name, public, COSIGNATURE_V1):
                (seconds,) = struct.unpack(">Q", signature[4:12])
                key.verify(signature[12:], f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode())
                seen_at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        except (InvalidSignature, struct.error) as error:
            raise BadNote("a signature does not hold") from error
    if not signed:
        raise BadNote("the checkpoint is not signed with this key")
    return checkpoint, seen_at


def cosigner(line: str) -> tuple[str, bytes]:
    """(name, 32 bytes) of a witness's public key as one line: name+hash+base64 of the kind and the key. Raises BadNote."""
    name, _, rest = line.strip().partition("+")
    told, _, material = rest.partition("+")
    try:
        raw = base64.b64decode(material, validate=True)
    except ValueError as error:
        raise BadNote("the key is malformed") from error
    if raw[:1] != COSIGNATURE_V1 or len(raw) != 33 or not name or len(name) > 200 or " " in name:
        raise BadNote("this is no key of a witness")
    if told != key_id(name, raw[1:], COSIGNATURE_V1).hex():
        raise BadNote("the key's hash does not fit its name")
    return name, raw[1:]


def cosignature(note: str, public: bytes, *, name: str) -> tuple[str, dt.datetime]:
    """(the line, the second that was signed) of the newest cosignature of `name` under a note. Raises BadNote where one does not hold."""
    checkpoint, signatures = parse(note)
    key, found = Ed25519PublicKey.from_public_bytes(public), []
    for signer, signature in signatures:
        if signer != name:
            continue
        if signature[:4] != key_id(name, public, COSIGNATURE_V1) or len(signature) != 76:
            raise BadNote("a signature is of another key")
        (seconds,) = struct.unpack(">Q", signature[4:12])
        try:
            key.verify(signature[12:], f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode())
            found.append((dt.datetime.fromtimestamp(seconds, dt.UTC), _line(name, signature)))
        except (InvalidSignature, ValueError, OverflowError, OSError) as error:
            raise BadNote("a signature does not hold") from error
    if not found:
        raise BadNote("there is no signature of this name")
    seen_at, line = max(found)
    return line, seen_at


def proof_file(*, canonical: bytes, index: int, path: list[bytes], note: str) -> str:
    """A C2SP tlog-proof: the entry's canonical bytes as extra data, its place, the way to the root, the checkpoint."""
    lines = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(canonical).decode()}", f"index {index}"]
    lines += [base64.b64encode(step).decode() for step in path]
    return "\n".join(lines) + "\n\n" + note
