"""From a pasted link or a bare domain to a tool of the catalogue. Pure: nothing is fetched."""

import dataclasses
import ipaddress
import re
from collections.abc import Collection, Iterable
from urllib.parse import parse_qs, urlsplit

from django.db.models import Q

from vendors.providers.models import Address, Tool

LONGEST = 2_000
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclasses.dataclass(frozen=True)
class Link:
    """What a link says: an app's id in a store, or a domain and the path on it."""

    kind: str
    value: str
    path: str = ""


def parse(text: str) -> Link | None:
    """The link in a text as people paste it, with or without `https://`; None where it is none."""
    text = text.strip()
    if not text or len(text) > LONGEST or any(character.isspace() for character in text):
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").rstrip(".")
        parts.port  # noqa: B018  (raises for nonsense)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"}:
        return None
    domain = clean_domain(host)
    if domain is None:
        return None
    return _in_store(domain, parts.path, parse_qs(parts.query)) or Link(Address.Kind.DOMAIN, domain, _clean_path(parts.path))


def clean_domain(host: str) -> str | None:
    """A domain in lower case, in ASCII and without `www.`; None where it is none, or a bare number of a machine."""
    try:
        ascii_host = host.strip().rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        return None
    if ascii_host.startswith("www."):
        ascii_host = ascii_host[4:]
    labels = ascii_host.split(".")
    if len(labels) < 2 or len(ascii_host) > 200 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    try:
        ipaddress.ip_address(ascii_host)
    except ValueError:
        return ascii_host
    return None


def _clean_path(path: str) -> str:
    return path.rstrip("/").lower()[:120]


def _in_store(domain: str, path: str, query: dict[str, list[str]]) -> Link | None:
    steps = [step for step in path.split("/") if step]
    last = steps[-1].lower() if steps else ""
    if domain in {"apps.apple.com", "itunes.apple.com"}:
        found = re.fullmatch(r"id(\d+)", last)
        return Link(Address.Kind.APPLE, found.group(1)) if found else None
    if domain == "play.google.com" and query.get("id"):
        return Link(Address.Kind.GOOGLE, query["id"][0].lower()[:200])
    if domain == "chromewebstore.google.com" or (domain == "chrome.google.com" and steps[:1] == ["webstore"]):
        return Link(Address.Kind.CHROME, last) if re.fullmatch(r"[a-p]{32}", last) else None
    if domain == "microsoftedge.microsoft.com" and "addons" in steps:
        return Link(Address.Kind.EDGE, last) if last else None
    if domain == "apps.microsoft.com":
        return Link(Address.Kind.MICROSOFT, last) if last else None
    if domain == "addons.mozilla.org" and "addon" in steps:
        return Link(Address.Kind.FIREFOX, last) if last else None
    return None


def domains_above(domain: str) -> list[str]:
    """The domain and every domain it stands under, the nearest first; never a top level alone."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]


def match(link: Link, addresses: Iterable[Address]) -> Address | None:
    """The address of the catalogue that fits a link best: the nearest domain, on it the longest path."""
    best: tuple[int, int] | None = None
    found = None
    above = domains_above(link.value) if link.kind == Address.Kind.DOMAIN else [link.value]
    for address in addresses:
        if address.kind != link.kind or address.value not in above:
            continue
        if address.path and not f"{link.path}/".startswith(f"{address.path}/"):
            continue
        rank = (-above.index(address.value), len(address.path))
        if best is None or rank > best:
            best, found = rank, address
    return found


def tool_of(text: str) -> Tool | None:
    """The tool that a pasted link leads to; None where the catalogue knows none. One query."""
    link = parse(text)
    if link is None:
        return None
    values = domains_above(link.value) if link.kind == Address.Kind.DOMAIN else [link.value]
    found = match(link, Address.objects.filter(kind=link.kind, value__in=values).select_related("tool__provider"))
    return found.tool if found else None


def tools_of_domains(domains: Collection[str]) -> dict[str, Tool]:
    """The tool of each bare domain that the catalogue knows, by the domain as it was given. One query, however many."""
    links = {given: Link(Address.Kind.DOMAIN, clean) for given in domains if (clean := clean_domain(given)) is not None}
    wanted = {above for link in links.values() for above in domains_above(link.value)}
    by_value: dict[str, list[Address]] = {}
    known = Address.objects.filter(Q(path=""), kind=Address.Kind.DOMAIN, value__in=wanted).select_related("tool__provider")
    for address in known:
        by_value.setdefault(address.value, []).append(address)
    found = {}
    for given, link in links.items():
        best = match(link, [address for above in domains_above(link.value) for address in by_value.get(above, ())])
        if best is not None:
            found[given] = best.tool
    return found
