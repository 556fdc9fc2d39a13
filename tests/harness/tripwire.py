"""No personal data in side channels: every test on the demo district trips if a student's name, id, e-mail or birth date turns up there.

Watched are log lines, Redis keys and values, mail subjects and task arguments (all of which pass through the first two), and the outbox.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

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
        stored = [(key, client.dump(key)) for key in client.scan_iter()]
    places["redis"] = "\n".join(f"{key!r} {value!r}" for key, value in stored)
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
    for place, text in seen_in_side_channels(clone, handler.lines).items():
        found = sum(1 for secret in secrets if secret in text)
        assert not found, f"{found} value(s) of students stand in the {place}"
