"""The sealing process: seals every few seconds, drops checkpoints for witnesses, and stops with words where a person is needed."""

import logging
import signal
import threading
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from governance.trail.seals import declared, keys, notes, queries, runs, sealer
from portal import env

log = logging.getLogger("portal.sealer")


def origin() -> str:
    """The name of this log in its checkpoints: PORTAL_TRAIL_ORIGIN, else the host of the portal's address with /trail."""
    return env.text("PORTAL_TRAIL_ORIGIN", f"{urlsplit(settings.BASE_URL).netloc}/trail")


def drop_folder() -> Path:
    """Where each checkpoint is left as a file for whoever carries it away."""
    return Path(env.text("PORTAL_WITNESS_FOLDER", env.VAR / "witness"))


def drop(sealed: sealer.Sealed) -> Path | None:
    """Leave the checkpoint as a file; None where nothing was signed. The newest also stands under the name `latest`."""
    if sealed.note is None:
        return None
    place = drop_folder()
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"checkpoint-{sealed.size:012d}"
    for name in (file, place / "latest"):
        fresh = place / ".new"
        fresh.write_text(sealed.note, encoding="utf-8")
        fresh.replace(name)
    return file


def make_first_key() -> bool:
    """Make a signing key, if this trail never had one; a key that was lost is not replaced in silence. False where nothing was made."""
    if queries.public_keys(using=sealer.ALIAS) or keys.is_there():
        return False
    keys.make()
    return True


def key_to_use() -> Ed25519PrivateKey:
    """The signing key, announced. Where two people declared a new one, that is made first. Raises NoKey, CannotSeal.

    Killed between making and announcing it finds a key that nobody knows yet, and announces that one.
    """
    with connections[sealer.ALIAS].cursor() as cursor:
        asked = declared.unused_key(cursor)
    if asked is not None:
        entry, because = asked
        known = {key.public for key in queries.public_keys(using=sealer.ALIAS)}
        if not keys.is_there() or notes.public_bytes(keys.load()) in known:
            keys.make()
        sealer.announce_key(key=keys.load(), origin=origin(), because=because, declared_by=entry)
    key = keys.load()
    sealer.announce_key(key=key, origin=origin())
    return key


def step() -> sealer.Sealed:
    """One batch, after whatever two people declared. Raises CannotSeal, NoKey; where it stopped then stands in the database too."""
    key = key_to_use()
    sealer.begin_declared_epoch()
    try:
        return sealer.seal(key=key, origin=origin())
    except sealer.CannotSeal as refusal:
        sealer.note_refusal(refusal)
        raise


def run_once() -> sealer.Sealed:
    """Seal everything that is committed. Raises CannotSeal, NoKey."""
    total = 0
    while True:
        done = step()
        total += done.entries
        if not done.entries:
            return sealer.Sealed(total, done.size, done.note)


def run_for_ever(*, seconds: float) -> None:
    """Seal every `seconds` until a signal asks for the end. A database that is away is waited for; CannotSeal ends it.

    What was asked to be verified is verified in a process of its own, so that neither waits for the other.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    verifier = runs.Verifier()
    try:
        while not ended.is_set():
            try:
                done = step()
                drop(done)
                if done.entries >= sealer.MOST_IN_A_BATCH:
                    continue
                verifier.start_if_asked()  # behind a backlog it would find entries that nobody sealed yet
            except DatabaseError as error:
                log.warning("sealer.database_away %s", type(error).__name__)
                connections[sealer.ALIAS].close()
            ended.wait(seconds)
    except sealer.CannotSeal:
        verifier.start_if_asked()
        verifier.wait(ended)
        raise
    finally:
        verifier.stop()
