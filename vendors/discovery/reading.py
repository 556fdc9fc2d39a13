"""From the bytes of a log to the domains in it, piece by piece. Pure: nothing is written anywhere, and of each line only a domain is kept.

What stands in a log beside the domains (names of people and devices, addresses, times, what was looked for) is let go with the piece that
holds it. So that a name of a person is not taken for a domain, a domain is taken only from where a domain must stand: a whole web address,
a column or field that is called so, the answer to a query. Then it is cut back to the name under which it was registered, except where the
catalogue knows a longer one; and of a log, a name that the catalogue does not know is let go where it was seen fewer than FEWEST times.
"""

import codecs
import csv
import dataclasses
import enum
import re
from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from portal.base.errors import CannotDo
from vendors.discovery.suffixes import infrastructure, registered
from vendors.providers.links import clean_domain, domains_above

MOST_BYTES = 500 * 2**20
MOST_DOMAINS = 100_000  # different ones that are counted; what comes after them is not
MOST_REMEMBERED = 50_000  # hosts whose domain need not be worked out again
LONGEST_LINE = 64 * 2**10
SAMPLE = 64 * 2**10
FEWEST = 10


class CannotRead(CannotDo):
    """Nothing was taken from the file."""


class Form(enum.Enum):
    """How a file says its domains."""

    LIST = "list"
    TABLE = "table"
    LOG = "log"


@dataclasses.dataclass(frozen=True)
class Found:
    """What is kept of a file: its form, lines, how often each domain stood in it (None: not counted), how many others were ignored or let go."""

    form: Form
    lines: int
    seen: dict[str, int | None]
    ignored: int
    few: int


_HOST = rb"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_-]{1,63}){1,10}"
_END = rb"(?=\.?(?:[\s\"',;:/?&|)\]}>]|$))"
_LINES = re.compile(
    # A whole web address, to its end: what is embedded in it was not visited.
    rb"(?:https?|wss?)://(?:[^\s/?#\"'@]{0,200}@)?(?P<url>" + _HOST + rb")" + _END + rb"[^\s\"'<>]*"
    rb"|\bCONNECT\s+(?P<tunnel>" + _HOST + rb"):\d+"
    rb"|\b(?:domain|dest_?host|dst_?host|dhost|dst_?name|host_?name|server_?name|host|sni|url|qname|query|requested_domain)[\"']?\s*[:=]\s*[\"']?"
    rb"(?P<field>" + _HOST + rb")" + _END +
    rb"|\bquery(?:\[[A-Za-z0-9]+\]|:)\s+(?P<asked>" + _HOST + rb")" + _END + rb"|\"(?P<rooted>" + _HOST + rb")\.\""
)  # fmt: skip
# The two that most logs of proxies consist of, each beginning with letters that can be searched for, in a fraction of the time.
_ADDRESSES = re.compile(rb"://(?<=[ps]://)(?:[^\s/?#\"'@]{0,200}@)?(" + _HOST + rb")" + _END + rb"[^\s\"'<>]*")
_TUNNELS = re.compile(rb"CONNECT (" + _HOST + rb"):\d+")
_ALONE = re.compile(
    rb"\s*[\"']?(?:https?://)?(?P<host>" + _HOST + rb")/?[\"']?(?:\s*[,;\t ]\s*[\"']?(?P<count>\d{1,12})[\"']?)?\s*", re.IGNORECASE
)
_DOMAIN_NAMES = (
    "domain", "domains", "hostname", "host", "site", "website", "web site", "url", "address", "destination", "destination host", "destination domain",
    "dest host", "cs host", "cs uri", "cs url", "r host", "request url", "server name", "sni", "query", "fqdn", "app url",
)  # fmt: skip
_COUNT_NAMES = ("count", "hits", "requests", "visits", "sessions", "queries", "total", "views", "connections")
# A column of this kind makes a table a log of what people did, of which seldom names are let go.
_PERSON = re.compile(
    r"\b(user|users|username|login|e?mail|account|person|student|staff|name|ip|client|source|src|device|computer|machine|mac|date|time|timestamp)\b"
)
_DELIMITERS = ",;\t|"


class Reader:
    """Takes a file in any pieces; `finish` gives what is kept of it. `known`: domains of the catalogue; `own`: domains of the district."""

    def __init__(self, known: Collection[str], own: Collection[str] = ()):
        self._known = frozenset(known)
        self._ignored = infrastructure() | frozenset(own)
        self._bytes = self._lines = 0
        self._rest = b""
        self._decode: codecs.IncrementalDecoder | None = None
        self._way: _Way | None = None
        self._counts: dict[str, int] = {}
        self._unnamed: set[str] = set()
        self._remembered: dict[bytes, str | None] = {}

    def feed(self, piece: bytes) -> None:
        """Read a piece and let it go. Raises CannotRead for what is no text or larger than MOST_BYTES."""
        if not self._bytes:
            self._start(piece)
        self._bytes += len(piece)
        if self._bytes > MOST_BYTES:
            raise CannotRead(
                _("The file is larger than 500 MB. Send it in parts: what one part held is not forgotten with the next."), code="too_large"
            )
        if self._decode is not None:
            piece = self._decode.decode(piece).encode()
        data = self._rest + piece
        if self._way is None and len(data) < SAMPLE:
            self._rest = data
            return
        cut = data.rfind(b"\n") + 1
        self._take(data[:cut])
        self._rest = data[cut:]
        if len(self._rest) > LONGEST_LINE:  # a line without an end is read in parts: it must not fill the memory
            self._take(self._rest[:LONGEST_LINE])
            self._rest = b""

    def finish(self) -> Found:
        """What is kept. Raises CannotRead where nothing in the file was a domain."""
        if self._rest:
            self._take(self._rest)
            self._rest = b""
        if not self._counts and not self._unnamed:
            raise CannotRead(
                _("There is no domain in this file. Choose an export with a column of domains, or log lines with whole web addresses."),
                code="no_domain",
            )
        way = self._way
        assert way is not None
        counted = way.form is Form.LOG or way.of_people or way.has_counts or any(count > 1 for count in self._counts.values())
        seen: dict[str, int | None] = {}
        few = 0
        for domain, count in self._counts.items():
            if counted and count < FEWEST and domain not in self._known:
                few += 1
            else:
                seen[domain] = count if counted else None
        return Found(way.form, self._lines, seen, len(self._unnamed), few)

    def _start(self, piece: bytes) -> None:
        if piece[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"} or piece[:2] == b"\x1f\x8b":
            raise CannotRead(
                _("This file is packed or a workbook. Unpack it, or save it as CSV or text, and choose it again."), code="packed"
            )
        if piece[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            self._decode = codecs.getincrementaldecoder("utf-16")(errors="replace")
        elif b"\x00" in piece:
            raise CannotRead(_("The file is not a text. Save the log as text or CSV and choose it again."), code="not_text")

    def _take(self, block: bytes) -> None:
        if not block:
            return
        if self._way is None:
            block = block.removeprefix(codecs.BOM_UTF8)
            self._way = _way_of(block[:SAMPLE])
        self._lines += block.count(b"\n") + (not block.endswith(b"\n"))
        for host, count in self._way.hosts(block):
            self._count(host, count)

    def _count(self, host: bytes, count: int) -> None:
        try:
            domain = self._remembered[host]
        except KeyError:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            domain = self._remembered[host] = self._domain_of(host)
        if domain is None:
            return
        before = self._counts.get(domain)
        if before is not None or len(self._counts) < MOST_DOMAINS:
            self._counts[domain] = (before or 0) + count

    def _domain_of(self, host: bytes) -> str | None:
        """The name under which a host is counted; None for what is ignored or no domain."""
        clean = clean_domain(host.decode("ascii", "replace"))
        if clean is None:
            return None
        above = domains_above(clean)
        known = next((name for name in above if name in self._known), None)
        if known is not None:
            return known
        found = registered(clean.split("."))
        ignored = next((name for name in above if name in self._ignored), None)
        if found is not None and ignored is not None:
            self._unnamed.add(ignored)
            return None
        return found


@dataclasses.dataclass(frozen=True)
class _Way:
    """How the hosts of a file are found. `of_people`: a column beside the domains tells who, where from or when."""

    form: Form
    of_people: bool = False
    has_counts: bool = False
    delimiter: str = ""
    column: int = -1
    counts: int = -1
    plain: bool = False  # addresses and tunnels alone

    def hosts(self, block: bytes) -> Iterable[tuple[bytes, int]]:
        """(host, how often) of the lines of a block."""
        if self.form is Form.LOG and self.plain:
            for pattern in (_ADDRESSES, _TUNNELS):
                yield from ((match[1], 1) for match in pattern.finditer(block))
        elif self.form is Form.LOG:
            for match in _LINES.finditer(block):
                yield match[match.lastgroup or 0], 1
        elif self.form is Form.LIST:
            for line in block.splitlines():
                if alone := _ALONE.fullmatch(line):
                    yield alone["host"], int(alone["count"] or 1)
        else:
            yield from self._cells(block)

    def _cells(self, block: bytes) -> Iterable[tuple[bytes, int]]:
        lines = block.decode("utf-8", "replace").splitlines()
        rows = (line.split() for line in lines) if self.delimiter == " " else csv.reader(_unbroken(lines), delimiter=self.delimiter)
        for row in rows:
            if len(row) <= self.column or (host := _host_in(row[self.column])) is None:
                continue
            number = row[self.counts].replace(",", "").strip() if 0 <= self.counts < len(row) else ""
            yield host, int(number) if number.isascii() and number.isdecimal() and len(number) < 12 else 1


def _unbroken(lines: Iterable[str]) -> Iterable[str]:
    """Lines that can each be read alone: a quote that is opened and not closed would swallow the lines after it."""
    return (line if line.count('"') % 2 == 0 else line.replace('"', "") for line in lines)


def _host_in(cell: str) -> bytes | None:
    """The host in a cell of a column of domains or of addresses, with or without `https://`."""
    text = cell.strip().encode("ascii", "replace")
    text = text.split(b"://", 1)[-1]
    authority = re.split(rb"[/?#\s]", text, maxsplit=1)[0]
    host = authority.rsplit(b"@", 1)[-1] if b"://" in cell.encode("ascii", "replace") else authority
    host = host.split(b":", 1)[0].removeprefix(b"*.").rstrip(b".")
    return host if re.fullmatch(_HOST, host) else None


def _way_of(sample: bytes) -> _Way:
    """How a file says its domains, from its first lines."""
    lines = [line for line in sample.decode("utf-8", "replace").splitlines() if line.strip()][:200]
    for line in lines[:20]:
        if line.startswith("#Fields:"):
            return _table(line.removeprefix("#Fields:").split(), " ") or _log(sample)
    alone = [_ALONE.fullmatch(line.encode("ascii", "replace")) for line in lines]
    if sum(found is not None for found in alone) >= max(1, len(lines) - 1 if len(lines) < 5 else len(lines) * 0.8):
        return _Way(Form.LIST, has_counts=any(found is not None and found["count"] for found in alone))
    if lines and len(lines[0]) < LONGEST_LINE:
        delimiter = max(_DELIMITERS, key=lambda each: (lines[0].count(each), -_DELIMITERS.index(each)))
        table = _table(next(csv.reader(_unbroken([lines[0]]), delimiter=delimiter)), delimiter)
        if table is not None:
            return table
    return _log(sample)


def _log(sample: bytes) -> _Way:
    kinds = [match.lastgroup for match in _LINES.finditer(sample)]
    plain = sum(kind in {"url", "tunnel"} for kind in kinds)
    return _Way(Form.LOG, plain=plain > len(kinds) - plain)


def _table(names: list[str], delimiter: str) -> _Way | None:
    plain = [re.sub(r"[^a-z0-9]+", " ", name.casefold()).strip() for name in names]
    column = next((plain.index(name) for name in _DOMAIN_NAMES if name in plain), -1)
    if column < 0:
        return None
    counts = next((plain.index(name) for name in _COUNT_NAMES if name in plain), -1)
    others = [name for at, name in enumerate(plain) if at not in {column, counts}]
    return _Way(Form.TABLE, any(_PERSON.search(name) for name in others), counts >= 0, delimiter, column, counts)


def rounded(count: int | None) -> int | None:
    """A count as it is kept: rounded down to 10, 20, 50, 100, 200 and so on, 0 below 10; None where nothing was counted."""
    if count is None or count < FEWEST:
        return None if count is None else 0
    power = 10 ** (len(str(count)) - 1)
    return power * next(step for step in (5, 2, 1) if count >= step * power)
