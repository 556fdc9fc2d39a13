"""From the facts of an incident to the duties of each law: due or not, from when, to whom, with what content, and why. A pure function.

The same facts give the same answer. A law row that the district's counsel has not reviewed, or of which the reference data says that
it may not reach a school district, is never asserted: its answer is "ask counsel", with the clock beside it so that no time is lost.
"""

import dataclasses
import datetime as dt
import enum
import re
from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

from breaches.clocks import rules as clocks
from breaches.clocks.rules import Due, Hold, Length, Start


class Answer(enum.Enum):
    """What a law row says to these facts."""

    DUTY = "duty"
    ASK_COUNSEL = "ask_counsel"
    NONE = "none"


class Protection(enum.Enum):
    """How the data was protected when it was reached."""

    NONE = "none"
    ENCRYPTED = "encrypted"  # and the key was not reached
    ENCRYPTED_KEY_LOST = "encrypted_key_lost"
    HASHED = "hashed"


class Harm(enum.Enum):
    """How likely harm to those affected is, as the people who assess it judged, with their reason."""

    NOT_ASSESSED = "not_assessed"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    LIKELY = "likely"


class Reason(enum.Enum):
    """Why a law row got its answer. `words` in present.py says each of them."""

    NOT_HERE = "nobody_lives_there"
    NOT_THIS_DATA = "not_this_data"
    MAYBE_THIS_DATA = "maybe_this_data"
    THIS_DATA = "this_data"
    PROTECTED = "protected"
    NO_HARM = "no_harm"
    HARM_NOT_ASSESSED = "harm_not_assessed"
    TOO_FEW = "too_few"
    ENOUGH = "enough"
    COUNT_UNKNOWN = "count_unknown"
    WORDS_ONLY = "threshold_in_words"
    STUDENT_DATA = "student_data"
    NO_STUDENT_DATA = "no_student_data"
    NO_PROVIDER = "no_provider"
    PROVIDER_OWES = "provider_owes"
    MAY_NOT_REACH = "may_not_reach_a_district"
    SELDOM = "seldom_reaches_a_district"
    DOES_NOT_REACH = "counsel_says_it_does_not_reach"
    NOT_REVIEWED = "not_reviewed"
    NO_HOLD = "no_hold"


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is known of an incident. Counts are people; `residents` maps a jurisdiction ("US-WI") to how many of those affected live there.

    `personal` holds the elements that breach laws count everywhere (Social Security number, driver's license, account numbers, biometrics);
    `personal_in_some_states` those that some states count as well (birth date, student id, health, sign-in words).
    """

    home: str
    elements: frozenset[str]
    personal: frozenset[str]
    personal_in_some_states: frozenset[str]
    protection: Protection = Protection.NONE
    harm: Harm = Harm.NOT_ASSESSED
    residents: Mapping[str, int] = dataclasses.field(default_factory=dict)
    students: int | None = None
    enrolled: int = 0
    at_provider: bool = False
    starts: Mapping[Start, dt.datetime] = dataclasses.field(default_factory=dict)
    hold: Hold | None = None


@dataclasses.dataclass(frozen=True)
class LawRow:
    """One row of governance/data/deadlines.csv, as far as a breach asks for it. `reviewed` is the word of the district's counsel."""

    id: str
    jurisdiction: str
    kind: str
    starts: str
    length: Length
    who_owes: str
    who_is_told: str
    threshold: str
    delay_allowed: str
    reach: str  # the column applies_to_district, or counsel's word on it: "yes" or "no"
    citation: str
    general: bool  # a general breach law, which asks for "personal information", not for student data
    verified: bool
    reviewed: bool

    @property
    def owed_by_provider(self) -> bool:
        """True where the company has to act, and not the district."""
        return self.reach == "provider"


@dataclasses.dataclass(frozen=True)
class Duty:
    """The answer of one law row: the reasons in the order in which they were found, and the clock where one may run."""

    law: LawRow
    answer: Answer
    reasons: tuple[Reason, ...]
    due: Due | None


@dataclasses.dataclass(frozen=True)
class Threshold:
    """From how many people a duty begins. `at_least` None: from any, or in words (`words`)."""

    at_least: int | None = None
    percent: int | None = None
    words: str = ""


KINDS = frozenset({"breach_notice", "breach_report", "vendor_breach", "hearing"})
ALSO = frozenset({"il-breach-list", "ndpa-provider", "ca-parents"})
_HARM_TESTS = frozenset({"see the statute harm test", "no notice if no material risk of identity theft or fraud"})
_REACH = {"unclear": Reason.MAY_NOT_REACH, "check": Reason.MAY_NOT_REACH, "rare": Reason.SELDOM}


def belongs(row: LawRow) -> bool:
    """True for the rows that a breach has to be held against; the reference data holds other clocks too."""
    return row.kind in KINDS or row.id in ALSO


def threshold_of(words: str) -> Threshold:
    """The number in the words of the column threshold: "more than 1000" begins at 1,001, "500 or more" at 500."""
    if match := re.fullmatch(r"more than (\d+)", words):
        return Threshold(at_least=int(match.group(1)) + 1)
    if match := re.fullmatch(r"(\d+)(?: or more)?", words):
        return Threshold(at_least=int(match.group(1)))
    if match := re.match(r"(\d+)% of students", words):
        return Threshold(percent=int(match.group(1)))
    return Threshold(words="" if words in {"", "any"} else words)


def assess(facts: Facts, rows: Iterable[LawRow], *, zone: ZoneInfo, is_workday: Callable[[dt.date], bool]) -> list[Duty]:
    """Hold the facts against each row; the rows' order is kept."""
    return [_answer(facts, row, zone, is_workday) for row in rows if belongs(row)]


def _answer(facts: Facts, row: LawRow, zone: ZoneInfo, is_workday: Callable[[dt.date], bool]) -> Duty:
    refusal = _none(facts, row)
    if refusal is not None:
        return Duty(row, Answer.NONE, (refusal,), None)
    doubts, grounds = _doubts(facts, row), _grounds(facts, row)
    running = clock_of(facts, row, zone=zone, is_workday=is_workday)
    return Duty(row, Answer.ASK_COUNSEL if doubts else Answer.DUTY, tuple(dict.fromkeys([*grounds, *doubts])), running)


def clock_of(facts: Facts, row: LawRow, *, zone: ZoneInfo, is_workday: Callable[[dt.date], bool]) -> Due:
    """When the row's clock ends, whatever its answer; a hold counts only where the row lets the police ask for time."""
    return clocks.due(
        [facts.starts.get(start) for start in clocks.starts_of(row.starts, owed_by_provider=row.owed_by_provider)],
        row.length,
        zone=zone,
        is_workday=is_workday,
        hold=facts.hold if "law enforcement" in row.delay_allowed else None,
    )


def _none(facts: Facts, row: LawRow) -> Reason | None:
    """Why the row asks for nothing, whatever counsel would say of the rest; None where it may."""
    if row.jurisdiction not in {"US", facts.home} and not facts.residents.get(row.jurisdiction):
        return Reason.NOT_HERE
    if row.reach == "no" and row.reviewed:
        return Reason.DOES_NOT_REACH
    if row.owed_by_provider and not facts.at_provider:
        return Reason.NO_PROVIDER
    if row.starts in {"notice received", "receipt"} and not facts.at_provider:
        return Reason.NO_PROVIDER
    if row.starts == "delay ends" and facts.hold is None:
        return Reason.NO_HOLD
    if row.general:
        if facts.protection is Protection.ENCRYPTED:
            return Reason.PROTECTED
        if not facts.personal and not facts.personal_in_some_states:
            return Reason.NOT_THIS_DATA
        if row.threshold in _HARM_TESTS and facts.harm is Harm.UNLIKELY:
            return Reason.NO_HARM
    elif not facts.elements:
        return Reason.NO_STUDENT_DATA
    limit = threshold_of(row.threshold)
    count = _count(facts, row)
    if limit.at_least is not None and count is not None and count < limit.at_least:
        return Reason.TOO_FEW
    if limit.percent is not None and facts.students is not None and facts.students * 100 < limit.percent * facts.enrolled:
        return Reason.TOO_FEW
    return None


def _grounds(facts: Facts, row: LawRow) -> list[Reason]:
    """What speaks for the duty."""
    found = [Reason.THIS_DATA if facts.personal else Reason.MAYBE_THIS_DATA] if row.general else [Reason.STUDENT_DATA]
    limit = threshold_of(row.threshold)
    if (limit.at_least is not None and _count(facts, row) is not None) or (limit.percent is not None and facts.students is not None):
        found.append(Reason.ENOUGH)
    if row.owed_by_provider:
        found.append(Reason.PROVIDER_OWES)
    return found


def _doubts(facts: Facts, row: LawRow) -> list[Reason]:
    """What a person has to decide before the duty may be asserted."""
    found = []
    if row.general and not facts.personal:
        found.append(Reason.MAYBE_THIS_DATA)
    limit = threshold_of(row.threshold)
    if (limit.at_least is not None and _count(facts, row) is None) or (limit.percent is not None and facts.students is None):
        found.append(Reason.COUNT_UNKNOWN)
    if row.threshold in _HARM_TESTS:
        if facts.harm is Harm.NOT_ASSESSED:
            found.append(Reason.HARM_NOT_ASSESSED)
    elif limit.words:
        found.append(Reason.WORDS_ONLY)
    if row.reach in _REACH:
        found.append(_REACH[row.reach])
    if not row.reviewed:
        found.append(Reason.NOT_REVIEWED)
    return found


def _count(facts: Facts, row: LawRow) -> int | None:
    """How many people count for the row's threshold: residents of its state, or all of those affected."""
    if row.jurisdiction == "US":
        return facts.students
    if facts.residents:
        return facts.residents.get(row.jurisdiction, 0)
    return facts.students


def changed(before: Iterable[Duty], after: Iterable[Duty]) -> list[tuple[Duty | None, Duty | None]]:
    """Which answers or ends differ between two assessments, as pairs: what a change of facts changed."""
    old = {duty.law.id: duty for duty in before}
    new = {duty.law.id: duty for duty in after}
    return [
        (old.get(key), new.get(key))
        for key in [*old, *(key for key in new if key not in old)]
        if _told(old.get(key)) != _told(new.get(key))
    ]


def _told(duty: Duty | None) -> tuple[Answer, dt.datetime | None] | None:
    return (duty.answer, duty.due.at if duty.due else None) if duty else None
