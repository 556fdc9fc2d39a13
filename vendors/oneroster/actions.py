"""What is done about credentials: made, replaced, ended; and a token for whoever shows them. A secret is answered once and kept as its hash."""

import datetime as dt
import secrets as random
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base.errors import CannotDo
from vendors.oneroster import limits, queries, words
from vendors.oneroster.models import Client, Secret, Token
from vendors.providers import queries as catalogue
from vendors.providers.models import Tool
from vendors.sharing import gate

OVERLAP = dt.timedelta(hours=24)
TOKEN_LASTS = dt.timedelta(minutes=15)


class CannotConnect(CannotDo):
    """Nothing was changed."""


class NotLetIn(Exception):
    """No token: `error` is the word of RFC 6749 5.2, `retry_after` seconds where tries are too many."""

    def __init__(self, error: str, words: str, *, retry_after: int = 0):
        super().__init__(error)
        self.error, self.words, self.retry_after = error, words, retry_after


# -- By people ---------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def make(*, tool: Tool, by: User, at: dt.datetime) -> tuple[Client, str]:
    """Credentials for a tool's system: (client, the secret, shown this once). Raises CannotConnect without an open delivery, or twice."""
    hat = _hat(by, at)
    held = Tool.objects.select_for_update(of=("self",)).select_related("provider").get(pk=tool.pk)
    if queries.open_delivery(held) is None:
        raise CannotConnect(_("Open a delivery for this tool first."), code="no_delivery")
    if queries.client_of(held) is not None:
        raise CannotConnect(_("This tool has credentials already. Replace its secret instead."), code="exists")
    client = Client(tool=held, made_at=at, made_by=by)
    client.account = User.objects.create_user(
        f"{client.public_id}@{people.SYSTEMS}", name=(_("System of %(tool)s") % {"tool": held.name})[:120], is_active=False
    )
    client.save()
    entries.append(Event.CONNECTION_OPENED, action=Action.CREATE, by=by, about=client, hat=hat, data={"tool": str(held.public_id)})
    return client, _secret(client, by=by, at=at)


@transaction.atomic
def rotate(*, tool: Tool, by: User, at: dt.datetime, at_once: bool = False) -> tuple[Client, str]:
    """A new secret: (client, the secret, shown this once). The one before works for another day, or with `at_once` no more.

    By who manages providers, or by a contact of the tool's own provider. Raises CannotConnect.
    """
    hat = _hat(by, at, tool=tool)
    client = _held(tool)
    past = list(client.secrets.select_for_update().exclude(until__lte=at))
    for secret in past:
        secret.until = at if at_once else min(secret.until or at + OVERLAP, at + OVERLAP)
        secret.save(update_fields=["until"])
    made = _secret(client, by=by, at=at)
    entries.append(
        Event.CONNECTION_ROTATED, action=Action.UPDATE, by=by, about=client, hat=hat, data={"at_once": at_once, "before": len(past)}
    )
    return client, made


@transaction.atomic
def end(*, tool: Tool, because: str, by: User, at: dt.datetime) -> Client | None:
    """End the tool's credentials and every token at once; None where it has none. `because` is a word of words.ENDS.

    By who manages providers, or by the room that contains an incident.
    """
    assert because in words.ENDS
    hat = _hat(by, at) if because == "asked" else None
    client = Client.objects.select_for_update(of=("self",)).filter(tool=tool, ended_at=None).first()
    if client is None:
        return None
    client.ended_at, client.ended_because = at, because
    client.save(update_fields=["ended_at", "ended_because"])
    entries.append(Event.CONNECTION_ENDED, action=Action.UPDATE, by=by, about=client, hat=hat, data={"why": because})
    return client


def _held(tool: Tool) -> Client:
    client = Client.objects.select_for_update(of=("self",)).filter(tool=tool, ended_at=None).first()
    if client is None:
        raise CannotConnect(_("This tool has no credentials."), code="none")
    return client


def _secret(client: Client, *, by: User, at: dt.datetime) -> str:
    made = random.token_urlsafe(32)
    Secret.objects.create(client=client, sha256=queries.digest(made), made_at=at, made_by=by)
    return made


def _hat(by: User, at: dt.datetime, *, tool: Tool | None = None) -> str:
    """In which role: one that manages providers, or a contact of the tool's own provider. Raises CannotConnect."""
    roles = sorted(people.roles_of(by, on=people.day_of(at)))
    hat = next((role for role in roles if permissions.holds({role}, Permission.MANAGE_PROVIDERS)), None)
    if hat is None and tool is not None:
        provider = catalogue.provider_of(by, at=at)
        if provider is not None and provider.pk == tool.provider_id:
            hat = next((role for role in roles if permissions.holds({role}, Permission.ACT_FOR_PROVIDER)), None)
    if hat is None:
        raise CannotConnect(_("Your role does not handle credentials of this tool."), code="no_role")
    return str(hat)


# -- By the system -----------------------------------------------------------------------------------------------------------------


def issue(*, client_id: str, secret: str, wanted: Collection[str], address: str | None, at: dt.datetime) -> tuple[str, tuple[str, ...]]:
    """A token for 15 minutes, and its scopes: (token, scopes). `wanted`: scopes that were asked for; empty for all that is agreed.

    Raises NotLetIn. A try that failed leaves an entry; after ten within ten minutes, of one client or from one address, none is looked at.
    """
    client = queries.find_client(client_id)
    keys = [f"{limits.of_address(address)}:tries", *([f"{client.public_id}:tries"] if client else [])]
    if any(limits.counted(key, minutes=limits.TRY_MINUTES) >= limits.FAILED_TRIES for key in keys):
        wait = limits.seconds_left(limits.TRY_MINUTES)
        raise NotLetIn("invalid_client", "Too many tries that failed. Wait, and look up the client id and the secret.", retry_after=wait)
    why, found = _look(client, secret, at)
    if client is None or found is None:
        _not_let_in(client, why, keys)
        raise NotLetIn("invalid_client", "The client id or the secret is not right, or the credentials were replaced or ended.")
    scopes = _scopes(client, wanted, keys, at)
    token = random.token_urlsafe(32)
    with transaction.atomic():
        Token.objects.filter(secret__client=client, until__lt=at - dt.timedelta(days=1)).delete()
        Token.objects.create(secret=found, sha256=queries.digest(token), scopes=list(scopes), made_at=at, until=at + TOKEN_LASTS)
        entries.append(Event.CONNECTION_SIGNED_IN, action=Action.CREATE, by=client.account, about=client)
    return token, scopes


def _look(client: Client | None, secret: str, at: dt.datetime) -> tuple[str, Secret | None]:
    """(a word of words.NOT_LET_IN, None), or ("", the secret that was shown)."""
    if client is None:
        return "unknown", None
    found = Secret.objects.filter(client=client, sha256=queries.digest(secret)).first()
    if found is None:
        return "secret", None
    if client.ended_at is not None:
        return "ended", None
    if found.until is not None and found.until <= at:
        return "rotated", None
    return "", found


def _scopes(client: Client, wanted: Collection[str], keys: Collection[str], at: dt.datetime) -> tuple[str, ...]:
    delivery = queries.open_delivery(client.tool)
    try:
        if delivery is None:
            raise gate.Refused("stopped")
        agreed = queries.scopes_of(gate.check(client.tool, delivery.purpose, at))
    except gate.Refused as refusal:
        _not_let_in(client, "closed", keys, code=refusal.code)
        raise NotLetIn("unauthorized_client", refusal.words) from refusal
    if wanted and not set(wanted) & set(agreed):
        raise NotLetIn("invalid_scope", "The agreement covers none of these scopes. It covers: " + " ".join(agreed))
    return tuple(scope for scope in agreed if not wanted or scope in wanted)


def _not_let_in(client: Client | None, why: str, keys: Collection[str], *, code: str = "") -> None:
    """Count the try, and leave an entry; it names the client where there is one."""
    for key in keys:
        limits.count(key, minutes=limits.TRY_MINUTES)
    refuse(client, why, code=code)


@transaction.atomic
def refuse(client: Client | None, why: str, *, code: str = "") -> None:
    """Record that a system was not let in. `why` is a word of words.NOT_LET_IN, `code` one of the gate's."""
    assert why in words.NOT_LET_IN
    entries.append(
        Event.CONNECTION_REFUSED,
        action=Action.ACCESS,
        by=client.account if client else None,
        about=client,
        data={"why": why} | ({"gate": code} if code else {}),
    )
