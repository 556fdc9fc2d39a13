"""What a line of the record of disclosures must say, by its basis (34 CFR 99.32, 99.31(a)(9), 99.36). Knows no database."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

COURT = frozenset({"ferpa-court-order", "wi-118-125-2c-judge", "wi-118-125-2f-subpoena", "wi-118-125-2L-order"})
EMERGENCY = frozenset({"ferpa-emergency", "wi-118-125-2p-emergency"})
# What may be kept from the family for a time: orders of silence, reports of abuse, danger.
HOLDABLE = (
    COURT
    | EMERGENCY
    | frozenset({"ferpa-foster-agency", "wi-118-125-2q-childwelfare", "ferpa-juvenile-justice", "wi-118-125-2n-interagency"})
)
# Where the law asks for no reason of the party: it is the family's own, agreed by it, or public.
WITHOUT_INTEREST = frozenset(
    {"ferpa-consent", "wi-118-125-2e-permission", "ferpa-family", "wi-118-125-2a-family", "ferpa-directory", "wi-118-125-2j-directory"}
)
# No ground for giving anything to anybody outside.
NOT_A_GROUND = frozenset(
    {"ferpa-auditors-99-32", "ferpa-deidentified", "wi-118-125-2m-no-placement", "ferpa-school-official", "wi-118-125-2d-official"}
)
LONGEST_HOLD = dt.timedelta(days=366 * 2)

# Under what the staff's own look at the record stands: the law makes the district keep it, and says who may read it (99.32(a), (c)).
PURPOSE = "privacy-oversight"
BASIS = "ferpa-school-official"
RULE = "34-cfr-99-32"


@dataclasses.dataclass(frozen=True)
class Facts:
    """A line as somebody wants to write it down."""

    basis: str
    outcome: str
    interest: str
    channel: str
    happened_on: dt.date
    threat: str
    notice: str
    held: str
    held_because: str
    held_until: dt.date | None
    today: dt.date


def required_by_law(facts: Mapping[str, object]) -> bool:
    """Does 99.32 ask for the line? `facts` are the basis' own (disclosure_bases.csv); where they do not say, yes.

    Not asked for: the parent or eligible student, school officials, consent, directory information, sealed subpoenas (99.32(d)).
    """
    return str(facts.get("needs_disclosure_record", "")).strip().lower() != "no"


def faults_of(facts: Facts) -> dict[str, str]:
    """What is missing or cannot be, by field: a code for each that the form puts into words. Empty: it may be written down."""
    faults: dict[str, str] = {}
    if facts.happened_on > facts.today:
        faults["happened_on"] = "future"
    if facts.basis in NOT_A_GROUND:
        faults["basis"] = "no_ground"
    if not facts.interest and facts.basis not in WITHOUT_INTEREST:
        faults["interest"] = "missing"
    if facts.basis in EMERGENCY and facts.outcome == "given" and not facts.threat:
        faults["threat"] = "missing"
    if facts.basis in COURT and facts.outcome == "given" and not facts.notice:
        faults["notice"] = "missing"
    if (facts.outcome == "given") == (facts.channel == "none"):
        faults["channel"] = "outcome"
    if facts.held:
        if facts.basis not in HOLDABLE:
            faults["held"] = "basis"
        elif not facts.held_because:
            faults["held_because"] = "missing"
        elif facts.held_until is None or not facts.today < facts.held_until <= facts.today + LONGEST_HOLD:
            faults["held_until"] = "range"
    elif facts.notice == "forbidden":
        faults["held"] = "forbidden"
    return faults
