#!/usr/bin/env python3
"""Keep the checkpoints of a student data portal, check that each extends the last, and co-sign them if you like.

    python witness.py --folder KEPT --key KEYFILE --from https://portal.example/trail
        fetch the newest checkpoint, check it, keep it
    python witness.py --folder KEPT --key KEYFILE FILE
        the same with a checkpoint that came by mail or file, and a consistency file beside it (FILE.consistency)
    python witness.py --folder KEPT --make-key board-clerk.example
        make a signing key of your own; from then on you co-sign

Needs Python 3.9 or later, the package `cryptography`, and verify_trail.py beside it. Run it by a timer, once a day or once an hour.
Exit 0: kept. Exit 1: the new checkpoint does not extend what you kept, which is worth a telephone call. Exit 2: nothing could be read.
Exit 3: kept, but two people of the district declared a restore from a backup, and what you kept is of the part that they say is lost. Read
what they say, and ask. The declaration counts only where it stands in the sealed record itself; what you had kept stays in your folder.
"""

import argparse
import base64
import json
import os
import struct
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from verify_trail import (
    COSIGNATURE,
    Checkpoint,
    DoesNotHold,
    Key,
    Restore,
    Unreadable,
    declarations,
    proof_parts,
    root_by_path,
    roots_by_consistency,
    sha256,
    unbase64,
)


def fetch(address):
    """The text at an address; a missing one raises Unreadable."""
    if not address.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise Unreadable("only https addresses are fetched")
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.read().decode("utf-8")
    except (urllib.error.URLError, OSError) as error:
        raise Unreadable(f"{address} does not answer: {error}") from error


def keys_of(text):
    """The log's keys: the line itself, or a file with a line a key. After a change of the key, the old line stays in the file."""
    file = Path(text)
    lines = (file.read_text(encoding="utf-8") if file.exists() else text).splitlines()
    return [Key(line) for line in lines if line.strip()]


def signed_at(checkpoint, keys):
    """The time of the log's own cosignature. Raises DoesNotHold where none of the keys signed it."""
    for key in keys[:-1]:
        try:
            return checkpoint.check(key)
        except DoesNotHold:
            continue
    return checkpoint.check(keys[-1])


def kept_in(folder):
    """The files of the checkpoints in the folder, the smallest first."""
    return sorted(folder.glob("checkpoint-*"))


def read(file):
    return Checkpoint(file.read_text(encoding="utf-8"))


def newest_kept(folder):
    """The largest checkpoint in the folder; None where there is none."""
    files = kept_in(folder)
    return read(files[-1]) if files else None


def proof_between(old, new, source, file):
    """The hashes that lead from the older record to the newer one, from the portal or from the file beside the checkpoint."""
    if source:
        text = fetch(f"{source}/consistency?from={old.size}&to={new.size}")
    else:
        beside = Path(str(file) + ".consistency")
        if not beside.exists():
            raise Unreadable(f"there is no {beside}: ask the district for it")
        text = beside.read_text(encoding="utf-8")
    lines = text.split("\n")
    if lines[0] != "trail-consistency/1" or "" not in lines:
        raise Unreadable("the consistency file is damaged")
    return [unbase64(line) for line in lines[1 : lines.index("")]]


def check_extends(old, new, source, file):
    """Raises DoesNotHold unless the newer record only adds to the older one."""
    if old is None or old.size == 0:
        return
    if old.origin != new.origin:
        raise DoesNotHold("this is the checkpoint of another log: " + new.origin)
    if new.size < old.size:
        raise DoesNotHold(f"you kept a record of {old.size} entries, now it has {new.size}: entries are gone")
    if new.size == old.size:
        if new.root != old.root:
            raise DoesNotHold("you kept another root for the same size: two stories were told")
        return
    before, after = roots_by_consistency(old.size, new.size, old.root, proof_between(old, new, source, file))
    if before != old.root or after != new.root:
        raise DoesNotHold("the new record is not an extension of the one that you kept")


def declared_restores(new, source, file):
    """The restores that stand in the record of the new checkpoint, each proven against its root."""
    if source:
        text = fetch(f"{source}/declarations?size={new.size}")
    else:
        beside = Path(str(file) + ".declarations")
        if not beside.exists():
            return []
        text = beside.read_text(encoding="utf-8")
    found = []
    for part in declarations(text):
        extra, index, path, _note = proof_parts(part)
        if root_by_path(sha256(b"\x00" + extra), index, new.size, path) != new.root:
            raise DoesNotHold("a declaration is not in the sealed record as shown")
        if json.loads(extra)[7] == Restore.KIND:
            found.append(Restore(extra))
    return found


def set_aside(folder, keys, new, source, file):
    """Where a declared restore explains that `new` does not extend what was kept: move what is lost into a folder of its own.

    Answers the restore; None where there is nothing to explain. Raises DoesNotHold where nobody declared it.
    """
    try:
        check_extends(newest_kept(folder), new, source, file)
        return None
    except (DoesNotHold, Unreadable) as alarm:
        for restore in reversed(declared_restores(new, source, file)):
            lost = [kept for kept in kept_in(folder) if read(kept).size > restore.first]
            if not lost or not all(restore.excuses(read(kept), signed_at(read(kept), keys)) for kept in lost):
                continue
            before = [kept for kept in kept_in(folder) if kept not in lost]
            if before:
                check_extends(read(before[-1]), new, source, file)
            place = folder / f"lost-{restore.first}-{restore.last}-{restore.root[:4].hex()}"
            place.mkdir(exist_ok=True)
            for kept in lost:
                kept.replace(place / kept.name)
            return restore
        raise alarm


def cosigned(note, checkpoint, key_file):
    """The note with your own cosignature line (C2SP tlog-cosignature); unchanged where you have no key."""
    if not key_file.exists():
        return note
    name, secret = key_file.read_text(encoding="utf-8").split()
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    seconds = int(time.time())
    signature = private.sign(f"cosignature/v1\ntime {seconds}\n{checkpoint.body}".encode())
    kind = bytes([COSIGNATURE])
    key_id = sha256(name.encode() + b"\n" + kind + private.public_key().public_bytes_raw())[:4]
    return note + "\u2014 {} {}\n".format(name, base64.b64encode(key_id + struct.pack(">Q", seconds) + signature).decode())


def keep(folder, checkpoint, note):
    """Write it whole or not at all; what is kept is never overwritten."""
    file = folder / f"checkpoint-{checkpoint.size:015d}"
    if not file.exists():
        fresh = folder / ".new"
        fresh.write_text(note, encoding="utf-8")
        fresh.replace(file)
    return file


def make_key(folder, name):
    """A signing key of your own, readable by you alone, and the line that others need to check it."""
    private = Ed25519PrivateKey.generate()
    descriptor = os.open(folder / "witness-key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{name} {private.private_bytes_raw().hex()}\n")
    kind, raw = bytes([COSIGNATURE]), private.public_key().public_bytes_raw()
    return "{}+{}+{}".format(name, sha256(name.encode() + b"\n" + kind + raw)[:4].hex(), base64.b64encode(kind + raw).decode())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--key", help="the log's public key as one line, or a file with a line a key")
    parser.add_argument("--from", dest="source", help="address of the trail, for example https://portal.example/trail")
    parser.add_argument("--make-key", metavar="NAME")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        if options.make_key:
            print("Your public key, for the district and for everybody who asks:\n" + make_key(options.folder, options.make_key))
            return 0
        if not options.key or not (options.file or options.source):
            parser.error("give --key, and a FILE or --from")
        keys = keys_of(options.key)
        if not keys:
            raise Unreadable("there is no key in the file")
        note = fetch(options.source + "/checkpoint") if options.source else options.file.read_text(encoding="utf-8")
        checkpoint = Checkpoint(note)
        signed_at(checkpoint, keys)
        restore = set_aside(options.folder, keys, checkpoint, options.source, options.file)
        kept = keep(options.folder, checkpoint, cosigned(note, checkpoint, options.folder / "witness-key"))
    except DoesNotHold as error:
        print(f"ALARM: {error}")
        return 1
    except (Unreadable, OSError, UnicodeDecodeError) as error:
        print(f"Could not read: {error}")
        return 2
    print(f"Kept {kept}: {checkpoint.size} entries.")
    if restore:
        print(f"DECLARED RESTORE: sizes {restore.first + 1} to {restore.last} are lost. {restore.words()}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
