"""Reports as PDF: what they are made of, and setting them (typst, PDF/UA-1: tagged, with title, language and a text for each chart)."""

import dataclasses
import functools
import json
import subprocess  # nosec B404: our own program, with fixed arguments
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent
_SECONDS = 120


class CannotSet(RuntimeError):
    """The report could not be set as a PDF."""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table; `wide` is its share of the width, `number` sets it to the right."""

    title: str
    number: bool = False
    wide: float = 1.0


@dataclasses.dataclass(frozen=True)
class Chart:
    """Bars as (words, number, the number as people write it), and the sentence that a reader who cannot see them hears."""

    title: str
    alt: str
    bars: Sequence[tuple[str, int, str]]


def chart_of(title: str, bars: Sequence[tuple[str, int]]) -> Chart | None:
    """A chart of (words, number) pairs, whose sentence tells them all; None of none."""
    told = [(word, number, f"{number:,}") for word, number in bars]
    return Chart(title, "; ".join(f"{word}: {words}" for word, _number, words in told), told) if told else None


@dataclasses.dataclass(frozen=True)
class Section:
    """A heading, what is said under it, a chart and a table."""

    heading: str
    text: Sequence[str] = ()
    chart: Chart | None = None
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[str]] = ()
    small: bool = False


@dataclasses.dataclass(frozen=True)
class Report:
    """A document. `language` is its code, `page` the words of the footer with %(number)s and %(all)s."""

    language: str
    title: str
    lead: str
    page: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]


def pdf(report: Report) -> bytes:
    """The report as a PDF/UA-1. Raises CannotSet."""
    data = json.dumps(printable(dataclasses.asdict(report)), ensure_ascii=False)
    done = subprocess.run(  # nosec B603
        [sys.executable, "-I", str(_FOLDER / "typesetter.py"), str(_FOLDER)],
        input=data.encode(),
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise CannotSet(f"typst ended with {done.returncode}")  # its words may quote the data
    return done.stdout


@functools.cache
def _known() -> frozenset[str]:
    """The characters that the fonts can show; others would be refused, since nobody could read them."""
    found: set[str] = set()
    for part in (_FOLDER / "fonts" / "COVERAGE").read_text(encoding="ascii").split():
        low, _, high = part.partition("-")
        found.update(map(chr, range(int(low, 16), int(high or low, 16) + 1)))
    return frozenset(found)


def printable(value: Any) -> Any:
    """The value with each character in its texts that no font can show put as a question mark."""
    if isinstance(value, str):
        return (
            value if _known().issuperset(value) else "".join(sign if sign in _known() else " " if sign.isspace() else "?" for sign in value)
        )
    if isinstance(value, dict):
        return {name: printable(inner) for name, inner in value.items()}
    return [printable(inner) for inner in value] if isinstance(value, list | tuple) else value
