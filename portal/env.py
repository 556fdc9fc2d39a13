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
    host = query.pop("host", None) or parts.hostname or ""
    if not is_near(host) and query.get("sslmode") not in ("verify-full", "verify-ca"):
        raise MissingSetting(f"{name} leads to another machine: add ?sslmode=verify-full, so that nobody on the way reads or answers.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": query.pop("port", None) or str(parts.port or ""),
        "OPTIONS": query,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # PgBouncer in transaction mode
    }


def is_near(host: str) -> bool:
    """A socket's folder, this machine, or a name without a dot: a container beside this one, on a network of their own."""
    return host.startswith("/") or host in ("127.0.0.1", "::1") or not any(sign in host for sign in ".:")


def redis(name: str, default: str) -> str:
    """A Redis address. Raises MissingSetting where it leads to another machine without TLS."""
    address = text(name, default)
    parts = urlsplit(address)
    if parts.scheme == "redis" and not is_near(parts.hostname or ""):
        raise MissingSetting(f"{name} leads to another machine: say rediss://…, so that nobody on the way reads it.")
    return address


def mail(name: str) -> dict[str, object]:
    """Django's settings for mail from an address: `smtp://login:password@host:587` (STARTTLS), `smtps://…:465` (TLS from the start),
    `smtp+plain://host:25` (a relay on the same machine or network), `file:///folder`. Not given: files under `var/mail/`.
    """
    parts = urlsplit(text(name, (VAR / "mail").absolute().as_uri()))
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    usual = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    if parts.scheme not in usual or not parts.hostname:
        raise MissingSetting(
            f"{name} is no mail server's address: say smtp://login:password@host:587, smtps://…, smtp+plain://… or file:///folder."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or usual[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


def broker(address: str) -> str:
    """A Redis address as Celery's transport spells it: it knows a Unix socket under another scheme than the cache's client."""
    if not address.startswith("unix://"):
        return address
    parts = urlsplit(address)
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"
