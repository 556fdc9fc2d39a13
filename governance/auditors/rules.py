"""What an outside auditor may see, and how a sample is drawn: no database here, so that an outsider can redo both by hand."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Scope:
    """How far an outside auditor sees. Days are days of the district's calendar, both included; None: all.

    `begins_on` and `ends_on` bound the entries; `account_ends_on` is the last day of the account itself. `schools` are ids of schools: an
    entry belongs to them that names a student of theirs or searches them. `kinds` are events by their names.
    """

    account_ends_on: dt.date
    begins_on: dt.date | None = None
    ends_on: dt.date | None = None
    schools: tuple[int, ...] | None = None
    kinds: tuple[str, ...] | None = None
    may_export: bool = False
    may_see_names: bool = False

    def admits(self, kind: str) -> bool:
        """True where entries of this event lie within the scope, as far as their kind goes."""
        return self.kinds is None or kind in self.kinds


def ticket_of(seed: str, leaf: bytes) -> bytes:
    """The place of an entry in the draw: sha256 of the seed (UTF-8) followed by the entry's leaf hash, 32 bytes.

    The leaf hash is the one that is sealed: sha256 of a zero byte and the canonical entry. The smallest tickets are drawn.
    """
    return hashlib.sha256(seed.encode() + leaf).digest()


def shares_of(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of a sample of `size` each stratum gives: in proportion, rounded by the largest remainder, at least one of each.

    What is equal goes by the stratum's name. A stratum that would give none takes one from whichever gives most. Where the sample is smaller
    than the number of strata, the largest strata give one each. No stratum gives more than it has.
    """
    filled = {name: count for name, count in counts.items() if count > 0}
    total = sum(filled.values())
    size = min(size, total)
    if size <= len(filled):
        first = sorted(filled, key=lambda name: (-filled[name], name))[:size]
        return {name: int(name in first) for name in sorted(counts)}
    shares = {name: size * count // total for name, count in filled.items()}
    by_remainder = sorted(filled, key=lambda name: (-(size * filled[name] % total), name))
    for name in by_remainder[: size - sum(shares.values())]:
        shares[name] += 1
    for name in sorted(name for name in filled if not shares[name]):
        most = min(shares, key=lambda other: (-shares[other], other))
        shares[most] -= 1
        shares[name] = 1
    return {name: shares.get(name, 0) for name in sorted(counts)}


def draw(seed: str, leaves: Sequence[tuple[str, bytes]], size: int) -> list[int]:
    """The places in `leaves` (stratum, leaf hash) that a sample of `size` takes, stratum by stratum, smallest ticket first.

    What the portal does in PostgreSQL, for whoever wants to redo it (governance/auditors/README.md).
    """
    strata: dict[str, list[tuple[bytes, int]]] = {}
    for place, (stratum, leaf) in enumerate(leaves):
        strata.setdefault(stratum, []).append((ticket_of(seed, leaf), place))
    shares = shares_of({name: len(found) for name, found in strata.items()}, size)
    return [place for name in sorted(strata) for _, place in sorted(strata[name])[: shares[name]]]
