"""How hard an English text is to read: the school grade of Flesch and Kincaid. Words in, a number out."""

import re

_WORD = re.compile(r"[A-Za-z’']+")
_END = re.compile(r"[.!?]+(?:\s|$)|\n\s*\n")
_VOWELS = re.compile(r"[aeiouy]+")
AIM = 8


def grade(words: str) -> int | None:
    """The grade in which the text can be read; None for fewer than 30 words, where the number means nothing."""
    found = _WORD.findall(words)
    if len(found) < 30:
        return None
    sentences = max(len([part for part in _END.split(words) if _WORD.search(part)]), 1)
    syllables = sum(_syllables(word.lower()) for word in found)
    return max(round(0.39 * len(found) / sentences + 11.8 * syllables / len(found) - 15.59), 0)


def _syllables(word: str) -> int:
    spoken = word.removesuffix("e") if not word.endswith(("le", "ee")) else word
    return max(len(_VOWELS.findall(spoken)), 1)
