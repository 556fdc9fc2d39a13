"""Typed readers of the environment.

A value is looked up under its name in the environment, then in the file of that name in the secrets folder
(`PORTAL_SECRETS`, default `var/secrets/`), where `make run` keeps what it makes and where a container mounts its secrets.
A missing value is told by name, with the places that were looked in.
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("PORTAL_VAR") or BASE_DIR / "var")
SECRETS = Path(os.environ.get("PORTAL_SECRETS") or VAR / "secrets")

_MISSING = object()


class MissingSetting(RuntimeError):
    """A setting without a default was not given."""


def text(name: str, default: object = _MISSING) -> str:
    """The value of `name`; `default` where it is nowhere. Raises MissingSetting without a default."""
    value = os.environ.get(name)
    if value:
        return value
    file = SECRETS / name
    try:
        return file.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass
    if default is _MISSING:
        raise MissingSetting(f"{name} is not set. Give it in the environment or in the file {file}; `make run` makes one.")
    return str(default)


def flag(name: str, default: bool) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise MissingSetting(f"{name} is {value!r}; say 1 or 0.")


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas, without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str) -> dict[str, object] | None:
    """A Django database from a `postgresql://login:password@host:port/database?host=/socket/folder` address; None where not given."""
    address = text(name, "")
    if not address:
        return None
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": query.pop("port", None) or str(parts.port or ""),
        "OPTIONS": query,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # PgBouncer in transaction mode
    }


def broker(address: str) -> str:
    """A Redis address as Celery's transport spells it: it knows a Unix socket under another scheme than the cache's client."""
    if not address.startswith("unix://"):
        return address
    parts = urlsplit(address)
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"
