"""Under which name a domain was registered: what stands below it may name a person, what stands above it nobody. Pure."""

import functools
from pathlib import Path

_DATA = Path(__file__).parent / "data"
# Kept for examples by RFC 2606, in no list and in no real log: the demo's tools have such addresses.
_FOR_EXAMPLES = "example"


@functools.cache
def _rules() -> frozenset[str]:
    lines = (_DATA / "suffixes.txt").read_text(encoding="utf-8").splitlines()
    ascii_lines = (line.encode("idna").decode() if not line.isascii() else line for line in lines if line and not line.startswith("//"))
    return frozenset(ascii_lines) | {_FOR_EXAMPLES}


@functools.cache
def infrastructure() -> frozenset[str]:
    """Domains that every device asks for (data/infrastructure.txt)."""
    lines = (_DATA / "infrastructure.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def registered(labels: list[str]) -> str | None:
    """The registered domain of a host given as its labels, in ASCII and lower case; None where its end is no suffix that anybody registers under.

    Suffixes are those of the Public Suffix List's first section: of a page at a hosting company the company's domain is left.
    """
    rules = _rules()
    for at in range(len(labels)):
        name = ".".join(labels[at:])
        if f"!{name}" in rules:
            return name
        if name in rules or ".".join(["*", *labels[at + 1 :]]) in rules:
            return ".".join(labels[at - 1 :]) if at else None
    return None
