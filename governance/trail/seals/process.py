"""The sealing process: seals every few seconds, drops checkpoints for witnesses, and stops with words where a person is needed."""

import logging
import signal
import threading
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from governance.trail.seals import keys, queries, sealer
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
    try:
        keys.load()
        return False
    except keys.NoKey:
        if queries.public_keys(using=sealer.ALIAS):
            raise
    keys.make()
    return True


def run_once() -> sealer.Sealed:
    """Seal everything that is committed. Raises CannotSeal, NoKey."""
    key = keys.load()
    sealer.announce_key(key=key, origin=origin(), because="first")
    return sealer.seal_everything(key=key, origin=origin())


def run_for_ever(*, seconds: float) -> None:
    """Seal every `seconds` until a signal asks for the end. A database that is away is waited for; CannotSeal ends it."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    key = keys.load()
    while not ended.is_set():
        try:
            sealer.announce_key(key=key, origin=origin(), because="first")
            done = sealer.seal(key=key, origin=origin())
            drop(done)
            if done.entries >= sealer.MOST_IN_A_BATCH:
                continue
        except DatabaseError as error:
            log.warning("sealer.database_away %s", type(error).__name__)
            connections[sealer.ALIAS].close()
        ended.wait(seconds)
