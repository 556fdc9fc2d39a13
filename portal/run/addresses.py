"""Where the portal finds its services: given in the environment, or made here; kept as files in the secrets folder.

After `settle` the files say everything, and no secret is left in the environment that a process would inherit.
"""

import contextlib
import os
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from portal.base.db_logins import APP, KEEPER, SEALER
from portal.run.faults import CannotStart
from portal.run.postgres import OWNER, Postgres
from portal.run.valkey import Valkey

DATABASE = "portal"
APP_ADDRESS, KEEPER_ADDRESS, SEALER_ADDRESS, OWNER_ADDRESS = (
    "DATABASE_URL",
    "PORTAL_KEEPER_DATABASE_URL",
    "PORTAL_SEALER_DATABASE_URL",
    "PORTAL_OWNER_DATABASE_URL",
)
LOGIN_OF = {APP_ADDRESS: APP.name, KEEPER_ADDRESS: KEEPER.name, SEALER_ADDRESS: SEALER.name}
SECRETS = (
    APP_ADDRESS,
    KEEPER_ADDRESS,
    SEALER_ADDRESS,
    OWNER_ADDRESS,
    "REDIS_URL",
    "PORTAL_SECRET_KEY",
    "PORTAL_EMAIL_URL",
    "PORTAL_DEMO_PASSWORD",
)


class Shelf:
    """The secrets folder: one file a secret, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str) -> str:
        """The secret, or nothing where there is none."""
        try:
            return (self.folder / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def put(self, name: str, value: str) -> None:
        """Keep it; a crash here leaves the old one or the new one."""
        if self.get(name) == value:
            return
        fresh = self.folder / f".{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(value + "\n")
        fresh.rename(self.folder / name)

    def forget(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self.folder / name).unlink()

    def keep(self, name: str, given: str, otherwise: str) -> str:
        """Put what was given, else leave what is there, else put `otherwise`. Returns what is there now."""
        value = given or self.get(name) or otherwise
        self.put(name, value)
        return value


@dataclass(frozen=True)
class Services:
    """What this start has to run itself; None where an address was given."""

    postgres: Postgres | None
    valkey: Valkey | None


def settle(shelf: Shelf, environment: MutableMapping[str, str], *, postgres: Postgres, valkey: Valkey) -> Services:
    """Write every address and key into the shelf, make the embedded cluster where it is needed, and take the secrets out of `environment`.

    With DATABASE_URL alone, that is the owner's address, and the other logins' are derived from it. Raises CannotStart.
    """
    given = {name: environment.pop(name, "") for name in SECRETS}
    shelf.keep("PORTAL_SECRET_KEY", given["PORTAL_SECRET_KEY"], secrets.token_urlsafe(48))
    for name in ("PORTAL_DEMO_PASSWORD", "PORTAL_EMAIL_URL"):
        if given[name]:
            shelf.put(name, given[name])
    embedded = not (given[APP_ADDRESS] or given[OWNER_ADDRESS])
    if embedded:
        _settle_embedded(shelf, postgres)
    else:
        _settle_given(shelf, given)
    if given["REDIS_URL"]:
        shelf.put("REDIS_URL", given["REDIS_URL"])
    else:
        password = password_in(shelf.get("REDIS_URL")) or secrets.token_hex(16)
        shelf.put("REDIS_URL", valkey.address(password))
        valkey.prepare(password)
    return Services(postgres if embedded else None, None if given["REDIS_URL"] else valkey)


def _settle_embedded(shelf: Shelf, postgres: Postgres) -> None:
    postgres.end_leftover()
    if postgres.exists:
        owner = postgres.password_file.read_text().strip()
    else:
        owner = secrets.token_hex(16)
        postgres.create(owner)
    shelf.put(OWNER_ADDRESS, postgres.address(DATABASE, OWNER, owner))
    for name, login in LOGIN_OF.items():
        shelf.put(name, postgres.address(DATABASE, login, password_in(shelf.get(name)) or secrets.token_hex(16)))


def _settle_given(shelf: Shelf, given: dict[str, str]) -> None:
    owner = given[OWNER_ADDRESS] or given[APP_ADDRESS]
    if not given[OWNER_ADDRESS] and urlsplit(owner).username in LOGIN_OF.values():
        raise CannotStart(
            f"DATABASE_URL signs in as {urlsplit(owner).username}, who may not make tables. "
            "Give the owner's address too, in PORTAL_OWNER_DATABASE_URL, or alone, in DATABASE_URL."
        )
    shelf.put(OWNER_ADDRESS, owner)
    for name, login in LOGIN_OF.items():
        own = given[name] if given[OWNER_ADDRESS] or name != APP_ADDRESS else ""
        shelf.put(name, own or _as_login(owner, login, password_in(shelf.get(name)) or secrets.token_hex(16)))


def _as_login(address: str, login: str, password: str) -> str:
    """The same database, signed in to as another."""
    parts = urlsplit(address)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(login)}:{quote(password)}@{where}"))


def password_in(address: str) -> str:
    """The password of an address; nothing where there is none."""
    return unquote(urlsplit(address).password or "") if address else ""
