"""What a notice has to say: the parts that its text is written in, and what the laws it answers to ask for beside them.

The lists are those of governance/data/notice_contents.json; data/own_contents.json has two for audiences that it leaves out. Values in, values
out: nothing is read from the database.
"""

import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from breaches.assessment import laws
from breaches.notices import texts as wording
from breaches.notices.models import Audience

FAMILY = "family-model"
_FOR_FAMILIES = (FAMILY, "public-substitute")  # read by families: their headings are in every language
# Audiences of the reference data that are ours under another name; what a company tells the district is none of ours.
_AUDIENCES = {"public_posting": Audience.PUBLIC}

# In which part of the district's model an item of a law's own list is said. What stands here for no item has to be ticked by its author.
_IN_THE_MODEL = {
    "family-us-wi": {"knows_of_acquisition": "what_happened", "which_data_on_request": "what_information"},
    "family-us-ny": {
        "description": "what_happened", "dates": "when", "types": "what_information", "investigation": "what_we_are_doing", "contact": "contact",
    },
    "family-us-il": {"date": "when", "data": "what_information"},
    "family-us-ct": {"breach": "what_happened"},
    "family-us-tx": {"incident": "what_happened"},
    "family-us-ut": {"breach": "what_happened"},
    "family-us-va": {"date": "when", "types": "what_information", "remedies": "what_we_are_doing"},
    "family-us-ca": {"entity": "contact", "types": "what_information", "dates": "when", "description": "what_happened"},
    "hipaa": {
        "what": "what_happened", "types": "what_information", "steps": "what_you_can_do", "doing": "what_we_are_doing", "contact": "contact",
    },
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Item:
    """One thing that a notice has to say. `part` is where the text says it; empty where its author has to tick that it does."""

    key: str
    words: str
    part: str
    required: bool
    contents: str


@dataclasses.dataclass(frozen=True)
class Contents:
    """One list of required contents. `law` is False for a model that no law asks for."""

    id: str
    title: str
    audience: Audience | None
    citation: str
    law: bool
    duties: tuple[str, ...]
    items: tuple[Item, ...]
    must_not: tuple[str, ...]
    methods: tuple[str, ...]

    @property
    def parts(self) -> Mapping[str, Any]:
        """The parts of a text that follows this list, in its order: key to heading."""
        return {item.key: wording.HEADINGS.get(item.key, item.words) if self.id in _FOR_FAMILIES else item.words for item in self.items}


@functools.cache
def every() -> Mapping[str, Contents]:
    """All lists by id."""
    own = json.loads((Path(__file__).parent / "data" / "own_contents.json").read_text(encoding="utf-8"))["notices"]
    return {each["id"]: _contents(each) for each in (*laws.reference()["notices"], *own)}


def _contents(said: Mapping[str, Any]) -> Contents:
    name, places = said["id"], _IN_THE_MODEL.get(said["id"])
    audience = _AUDIENCES.get(said["audience"]) or (Audience(said["audience"]) if said["audience"] in Audience else None)
    follows = audience is not Audience.FAMILY or name == FAMILY  # a family's text always follows the model; the laws' lists stand beside it
    return Contents(
        id=name,
        title=said["title"],
        audience=audience,
        citation=said["citation"],
        law=said["jurisdiction"] not in {"model", "contract"} and said["citation"] != "no statute found" and name != "federal-spo",
        duties=tuple(said["deadline_ids"]),
        items=tuple(
            Item(each["key"], each["text"], each["key"] if follows else (places or {}).get(each["key"], ""), each["required"], name)
            for each in said["required_elements"]
        ),
        must_not=tuple(said["must_not_include"]),
        methods=tuple(said["methods"]),
    )


def choices(audience: str) -> list[Contents]:
    """The lists that a text for this audience may follow, the general one first. Families' texts follow the district's model alone."""
    if audience == Audience.FAMILY:
        return [every()[FAMILY]]
    found = [each for each in every().values() if each.audience == audience]
    return sorted(found, key=lambda each: (bool(each.duties), each.id))


def beside(base: str, duties: Iterable[str]) -> list[Contents]:
    """The lists of the laws among `duties` that stand beside the list that the text follows."""
    asked = set(duties)
    return [each for each in every().values() if each.id != base and asked & set(each.duties)]


def to_tick(base: str, duties: Iterable[str]) -> list[Item]:
    """What the laws ask for that no part of the text stands for: its author ticks that the text says it."""
    followed = every()[base].parts
    return [item for each in beside(base, duties) for item in each.items if item.part not in followed]


def key_of(item: Item) -> str:
    """The name of an item that is ticked."""
    return f"{item.contents}:{item.key}"


@dataclasses.dataclass(frozen=True)
class Check:
    """One item against a text: the languages in which it is missing, and those in which a fact is still a blank."""

    item: Item
    missing: tuple[str, ...]
    blank: tuple[str, ...]

    @property
    def is_said(self) -> bool:
        """True where the text says it in every language that it is in."""
        return not self.missing and not self.blank


def check(base: str, duties: Sequence[str], texts: wording.Texts) -> list[Check]:
    """Each item of the lists that a notice answers to, against its text."""
    followed = every()[base].parts
    found = []
    for contents in (every()[base], *beside(base, duties)):
        for item in contents.items:
            missing, blank = [], []
            for language, text in texts.items():
                if item.part in followed:
                    words = text.get("parts", {}).get(item.part, "")
                    if not words.strip():
                        missing.append(language)
                    elif wording.has_blank(words):
                        blank.append(language)
                elif key_of(item) not in text.get("says", ()):
                    missing.append(language)
            found.append(Check(item, tuple(missing), tuple(blank)))
    return found


def lacking(base: str, duties: Sequence[str], texts: wording.Texts) -> list[Check]:
    """What keeps a text from being approved: required items that it does not say, and blanks."""
    return [each for each in check(base, duties, texts) if each.blank or (each.missing and each.item.required)]
