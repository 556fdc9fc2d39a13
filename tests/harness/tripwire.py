"""No personal data in side channels: every test on the demo district trips if a student's name, id, e-mail or birth date turns up there.

Watched are log lines, Redis keys and values, mail subjects and task arguments (all of which pass through the first two), and the outbox.
"""

import base64
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.harness.databases import Clone


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.exc_text or ''} {record.args!r}")


def planted(clone: Clone) -> set[str]:
    """What must never be seen outside of the records: full names, ids and e-mails of every student, telling birth dates left out."""
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT given_name || ' ' || family_name, family_name || ', ' || given_name, local_id, state_id, email, sourced_id FROM records.identity"
        )
        found = {value for row in cursor.fetchall() for value in row if value and len(value) > 5}
    owner.close()
    return found


def seen_in_side_channels(clone: Clone, lines: list[str]) -> dict[str, str]:
    """Everything that was written where no personal data may be, by the name of the place."""
    places = {"log": "\n".join(lines)}
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        places["redis"] = "\n".join(f"{text_of(key)} {value}" for key in client.scan_iter() for value in stored_under(client, key))
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(body::text || errors::text, ' '), '') FROM base_outbox")
        places["outbox"] = cursor.fetchone()[0]
        cursor.execute(
            "SELECT coalesce(string_agg(coalesce(changes::text, '') || coalesce(additional_data::text, '') || object_repr, ' '), '') FROM trail.entry"
        )
        places["trail"] = cursor.fetchone()[0]
        cursor.execute("SELECT coalesce(string_agg(report::text || mapping::text, ' '), '') FROM records_importrun")
        places["import reports"] = cursor.fetchone()[0]
    owner.close()
    mail = Path(os.environ.get("PORTAL_VAR", "")) / "mail"
    texts = [file.read_text(errors="replace") for file in mail.glob("*")] if mail.is_dir() else []
    places["mail subjects"] = "\n".join(line for text in texts for line in text.splitlines() if line.lower().startswith("subject:"))
    return places


def text_of(stored: bytes) -> str:
    """Bytes of Redis as text: UTF-8, else sign by sign."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.decode("latin-1")


def stored_under(client: Any, key: bytes) -> Iterator[str]:
    """What lies under a key, read as what it is: a dump would be compressed, and numbers in it binary. A task's arguments are in base 64."""
    match client.type(key):
        case b"string":
            found = [client.get(key) or b""]
        case b"list":
            found = client.lrange(key, 0, -1)
        case b"set":
            found = list(client.smembers(key))
        case b"zset":
            found = client.zrange(key, 0, -1)
        case b"hash":
            found = [part for pair in client.hgetall(key).items() for part in pair]
        case other:
            raise AssertionError(f"the tripwire cannot read {other!r}")
    for each in found:
        text = text_of(each)
        yield text
        yield from unpacked(text)


def unpacked(text: str) -> Iterator[str]:
    """The body of a message of Celery's, wherever it stands in what was stored."""
    try:
        message = json.loads(text)
    except ValueError:
        return
    for part in message if isinstance(message, list) else [message]:
        if isinstance(part, dict) and isinstance(part.get("body"), str):
            try:
                yield base64.b64decode(part["body"]).decode()
            except ValueError:
                yield part["body"]


def pattern_of(secrets: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the values. An id that is a number counts where it stands alone, and not where digits of a hash, a time or a uuid happen to be
    the same: six digits are, once in some thousand runs.
    """
    numbers = sorted(secret for secret in secrets if secret.isdigit())
    words = sorted((secret for secret in secrets if not secret.isdigit()), key=len, reverse=True)
    alone = rf"(?<![0-9A-Za-z])(?<![0-9][.:,-])(?:{'|'.join(numbers)})(?![0-9A-Za-z])(?![.:,-][0-9])" if numbers else "(?!)"
    return re.compile("|".join([*map(re.escape, words), alone]))


@pytest.fixture(autouse=True)
def tripwire(request: pytest.FixtureRequest) -> Iterator[None]:
    """Watches every test that has the demo district to itself."""
    if "district" not in request.fixturenames:
        yield
        return
    clone: Clone = request.getfixturevalue("district")
    handler = _Lines()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
    secrets = planted(clone)
    assert secrets, "the demo district has no students: the tripwire watches nothing"
    wanted = pattern_of(secrets)
    for place, text in seen_in_side_channels(clone, handler.lines).items():
        found = len(set(wanted.findall(text)))
        assert not found, f"{found} value(s) of students stand in the {place}"
