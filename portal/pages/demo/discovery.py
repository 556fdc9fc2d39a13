"""What logs told the demo's district, and what a cooperative found. By the rooms' own actions."""

import datetime as dt
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.people.models import User
from vendors.advice import actions as advice
from vendors.advice import files
from vendors.discovery import actions, reading
from vendors.discovery.models import Domain
from vendors.providers.models import Tool

BEFORE, LATELY = 33, 4  # days since each log was read
# How often each domain stood in the logs; what stands in one alone is new in the second, or gone.
SEEN = {
    "reading-journey.example": (41_200, 44_900),
    "math-trails.example": (30_100, 28_700),
    "quizparade.example": (2_300, 640),
    "essay-mirror.example": (0, 380),
    "photo-diary.example": (75, 60),
    "flashcard-forest.example": (1_450, 1_800),
    "poem-press.example": (0, 210),
    "school-lunch-menus.example": (5_200, 5_600),
    "weather-room.example": (880, 910),
}
LINES = (1_940_000, 2_110_000)
# The cooperative's key: of the demo alone.
COOPERATIVE = Ed25519PrivateKey.from_private_bytes(b"the cooperative of the demo only")


def work(*, now: dt.datetime) -> None:
    """Two logs, one decision about a domain, one signed review that came in."""
    people = {
        user.email.split("@")[0]: user for user in User.objects.filter(email__in=["admin@riverbend.example", "steward@riverbend.example"])
    }
    tool = Tool.objects.filter(slug="essay-mirror").select_related("provider").first()
    if len(people) < 2 or tool is None:
        return
    admin, steward = people["admin"], people["steward"]
    for column, days in enumerate((BEFORE, LATELY)):
        seen: dict[str, int | None] = {name: counts[column] for name, counts in SEEN.items() if counts[column]}
        found = reading.Found(reading.Form.LOG, LINES[column], seen, ignored=61 + column, few=2_140 + 95 * column)
        actions.receive(found=found, by=admin, at=now - dt.timedelta(days=days))
    lunch = Domain.objects.get(name="school-lunch-menus.example")
    actions.no_tool(domain=lunch.public_id, by=admin, at=now - dt.timedelta(days=BEFORE - 1))

    key = advice.propose_key(
        name="Chippewa Cooperative", public_key=files.public_part(COOPERATIVE), by=admin, at=now - dt.timedelta(days=40)
    )
    advice.confirm_key(key=key.public_id, by=steward, at=now - dt.timedelta(days=39))
    finding = files.Finding(
        id=uuid.UUID("6f0d3c1e-52a4-4b7e-9d39-0c6b1a2e7f58"),
        issuer="Chippewa Cooperative",
        provider=tool.provider.name,
        tool=tool.name,
        addresses=(),
        outcome="limited",
        decided_on=(now - dt.timedelta(days=52)).date(),
        valid_until=(now + dt.timedelta(days=313)).date(),
        reason="It works without accounts. Texts that students paste in are kept for 30 days.",
        elements=("student-work",),
        limits=files.Limits(13, None, (), "inform", no_names=True, conditions="Nobody pastes in a text that names somebody."),
    )
    advice.receive(content=files.write(finding, COOPERATIVE), tool=tool, by=steward, at=now - dt.timedelta(days=38))
