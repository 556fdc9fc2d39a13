"""Whether what a family said lets a student be part of a release. Pure: dataclasses in, answer out. A refusal always wins."""

import dataclasses
import enum


class Needed(enum.Enum):
    """What is asked of families before data goes out. The values are those of `vendors.reviews.models.ConsentNeeded`."""

    INFORM = "inform"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    OPT_IN_UNDER_13 = "opt_in_under_13"


class Withheld(enum.Enum):
    """Why a student is left out of a release. These words stand in the trail and in the record of what was withheld."""

    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NO_ANSWER = "no_answer"
    NOT_TOLD = "not_told"
    WINDOW_OPEN = "window_open"
    TEXT_COVERS_LESS = "text_covers_less"


class Slip(enum.Enum):
    """Why an answer that the office registered does not count. These words stand in the trail."""

    WRONG_CHILD = "wrong_child"
    WRONG_PERSON = "wrong_person"
    WRONG_FORM = "wrong_form"
    MISREAD = "misread"
    LIST = "list"  # a whole list was taken back


@dataclasses.dataclass(frozen=True)
class Facts:
    """Where a student stands: the state, whether the family was told, whether its days to say no are over, whether the text that it said OK to
    covers the purpose and elements of this release, and whether the student is known to be 13 or older."""

    state: str
    told: bool
    window_over: bool
    covered: bool
    thirteen: bool


def needed_under_13(*, school_authorizes: bool) -> Needed:
    """What stands for “OK under 13” in a district that authorizes on parents' behalf: they are told and can say no. The 2025 rule left that
    reading open, so it is the district's switch, with its basis shown."""
    return Needed.OPT_OUT if school_authorizes else Needed.OPT_IN_UNDER_13


def why_withheld(needed: Needed, facts: Facts) -> Withheld | None:
    """Why this student stays out; None where the student may be in."""
    if facts.state in ("refused", "withdrawn"):
        return Withheld(facts.state)
    if needed is Needed.INFORM or (needed is Needed.OPT_IN_UNDER_13 and facts.thirteen):
        return None
    if facts.state == "given":
        return None if facts.covered else Withheld.TEXT_COVERS_LESS
    if needed is not Needed.OPT_OUT:
        return Withheld.NO_ANSWER
    if not facts.told:
        return Withheld.NOT_TOLD
    return None if facts.window_over else Withheld.WINDOW_OPEN


def state_of(said: list[str], own: str | None) -> str:
    """Where a student stands after the last answer of each person who may answer. `own` is the student's own, at 18: then it alone counts.

    Where guardians disagree, the one who says no counts.
    """
    if own is not None:
        return own
    return next((state for state in ("refused", "withdrawn", "given") if state in said), "")
