"""From the name of a file to the agreement or the provider that it speaks of. Pure."""

import dataclasses
import re
from collections.abc import Iterable

# Words that stand in the names of many agreements and tell nothing apart.
_COMMON = frozenset(
    {
        "a", "adv", "agreement", "amendment", "and", "co", "company", "contract", "copy", "corp",
        "corporation", "data", "district", "dpa", "edu", "education", "exhibit", "final", "for", "inc",
        "incorporated", "learning", "llc", "ltd", "national", "ndpa", "of", "pdf", "privacy", "scan",
        "school", "schools", "sdpc", "signed", "student", "terms", "the", "vendor", "version", "wi",
    }
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Candidate:
    """Something that a file may be meant for: the names by which it goes, of which one is enough."""

    key: str
    names: tuple[str, ...]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name, small, with `ReadingJourney` as two words; numbers are left out."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.removesuffix(".pdf").removesuffix(".PDF"))
    return tuple(word for word in re.split(r"[^a-z]+", parted.casefold()) if word)


def best(file_name: str, candidates: Iterable[Candidate]) -> str:
    """The key of the candidate of whose names the file's name holds all words that tell something apart; of several the one with the most
    letters. Empty where none fits, or two fit as well as each other.
    """
    there = set(words_of(file_name))
    joined = "".join(words_of(file_name))
    ranked: list[tuple[int, str]] = []
    for candidate in candidates:
        score = 0
        for name in candidate.names:
            words = [word for word in words_of(name) if word not in _COMMON]
            if words and (set(words) <= there or (len("".join(words)) > 5 and "".join(words) in joined)):
                score = max(score, sum(map(len, words)))
        if score:
            ranked.append((score, candidate.key))
    ranked.sort(reverse=True)
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return ""
    return ranked[0][1]
