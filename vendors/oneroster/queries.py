"""Reads of credentials: for pages, for the token's address and for each request."""

import dataclasses
import datetime as dt
import hashlib
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from governance.people.models import User
from vendors.oneroster import words
from vendors.oneroster.models import Client, Fetch, Secret, Token
from vendors.providers import queries as catalogue
from vendors.providers.models import Tool
from vendors.reviews.status import Permit
from vendors.sharing.models import Delivery

DEMOGRAPHIC = frozenset({"birth-date", "gender", "ethnicity", "birth-place"})


def digest(secret: str) -> str:
    """What is kept of a secret or a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def client_of(tool: Tool) -> Client | None:
    """The open credentials of a tool."""
    return Client.objects.filter(tool=tool, ended_at=None).select_related("tool__provider", "made_by").first()


def find_client(public_id: str) -> Client | None:
    """The client with this id, ended or not; None for what is no id too."""
    try:
        known = UUID(public_id)
    except ValueError:
        return None
    return Client.objects.filter(public_id=known).select_related("tool__provider", "account").first()


def secrets_in_use(client: Client, at: dt.datetime) -> list[Secret]:
    """The present secret and older ones that still work, the newest first."""
    return list(client.secrets.filter(Q(until=None) | Q(until__gt=at)).select_related("made_by"))


def last_token(client: Client) -> dt.datetime | None:
    """When the system last signed in."""
    found: dt.datetime | None = Token.objects.filter(secret__client=client).aggregate(last=Max("made_at"))["last"]
    return found


def fetches_of(client: Client, *, most: int = 14) -> list[Fetch]:
    """What the system fetched of late, the newest day first."""
    return list(client.fetches.select_related("release").order_by("-day")[:most])


def tools_of(user: User, at: dt.datetime) -> QuerySet[Tool]:
    """The tools of the provider for whom somebody acts, that have a delivery or credentials; none for everybody else."""
    provider = catalogue.provider_of(user, at=at)
    open_ones = Q(deliveries__stopped_at=None, deliveries__isnull=False) | Q(clients__ended_at=None, clients__isnull=False)
    return Tool.objects.filter(provider=provider, provider__isnull=False).filter(open_ones).distinct().order_by("name")


@dataclasses.dataclass(frozen=True)
class Asker:
    """Whose token a request carries, and what it may ask. `why_not`: a word of words.NOT_LET_IN, empty while it may."""

    client: Client
    scopes: frozenset[str]
    delivery: Delivery | None
    why_not: str = ""


def asker_of(token: str, at: dt.datetime) -> Asker | None:
    """Who asks with this token; None for a token that was never made or is over. One query, two while it may ask."""
    found = (
        Token.objects.filter(sha256=digest(token), until__gt=at)
        .select_related("secret__client__tool__provider", "secret__client__account")
        .first()
    )
    if found is None:
        return None
    client, scopes = found.secret.client, frozenset(found.scopes)
    if client.ended_at is not None:
        return Asker(client, scopes, None, "ended")
    if found.secret.until is not None and found.secret.until <= at:
        return Asker(client, scopes, None, "rotated")
    return Asker(client, scopes, open_delivery(client.tool))


def open_delivery(tool: Tool) -> Delivery | None:
    """The tool's open delivery. One query."""
    found = Delivery.objects.filter(tool=tool, stopped_at=None).select_related("seen_by", "opened_by").first()
    if found is not None:
        found.tool = tool
    return found


def scopes_of(permit: Permit) -> tuple[str, ...]:
    """What may be asked for at all under this agreement: demographics only where one of them is agreed."""
    return words.SCOPES if permit.elements & DEMOGRAPHIC else words.SCOPES[:2]
