"""Who decides on a tool, and what the rules say of it: the district's designations and its evaluator (governance/authority)."""

import datetime as dt
from collections import Counter
from collections.abc import Collection

from governance.authority import decisions, stewards
from governance.authority import rules as evaluator
from governance.authority.models import Element
from governance.authority.rules import Decision
from governance.authority.stewards import Desks, Waiting
from governance.vocabulary import Kind, Outcome
from vendors.agreements.models import Version
from vendors.reviews.models import Review

NO_DATA_CATEGORY = "Student Name"  # whose steward decides on a tool that collects nothing


def waits_on(review: Review, *, on: dt.date, today: Desks | None = None, schools: Collection[int] | None = None) -> Waiting:
    """Who may decide on an open review that day: the steward of most of what the tool collects, the deputy where the steward cannot, else the
    district admins. Whoever asked for the tool is never among them. Six queries; fewer where `today` and `schools` are given.
    """
    today = today or stewards.desks(on)
    places = list(stewards.schools().values_list("pk", flat=True)) if schools is None else list(schools)
    categories = Counter(each.element.category for each in review.tool.collects.all()) or Counter([NO_DATA_CATEGORY])
    wanted = max(categories, key=lambda category: (categories[category], category))
    desk = today.desk_for(wanted, places)
    if desk is not None:
        person = next((one for one in (None if desk.away else desk.steward, desk.deputy) if one and one.id not in review.askers), None)
        if person is not None:
            return Waiting(desk, (person,), gap=False)
    return Waiting(desk, tuple(admin for admin in today.admins if admin.id not in review.askers), gap=desk is None)


def asks_two_people() -> bool:
    """True where the district's rules want two people for a program that was not reviewed: whoever answers the checklist does not decide."""
    decision = _decide(
        reviewed=False, version=None, elements=["name"], purpose="", under_13=False, commercial_use=None, decider_named=False
    )
    return decision.outcome is Outcome.TWO_KEYS


def judge(
    *,
    version: Version,
    listed: Collection[str],
    elements: Collection[str],
    purposes: Collection[str],
    under_13: bool,
    commercial_use: bool | None,
    decider_named: bool,
) -> dict[str, Decision]:
    """What the rules for online programs say of an approval as it would be, by purpose: reviewed, under this version, with these elements.

    `listed` are the elements of the version's schedule for the tool. The gate asks the same evaluator later. Raises KeyError for an unknown
    purpose or element.
    """
    return {
        purpose: _decide(
            reviewed=True,
            version=version,
            listed=listed,
            elements=elements,
            purpose=purpose,
            under_13=under_13,
            commercial_use=commercial_use,
            decider_named=decider_named,
        )
        for purpose in purposes
    }


def _decide(
    *,
    reviewed: bool,
    version: Version | None,
    elements: Collection[str],
    purpose: str,
    under_13: bool,
    commercial_use: bool | None,
    decider_named: bool,
    listed: Collection[str] = (),
) -> Decision:
    rules_now = decisions.in_force()
    about = rules_now.purposes[purpose] if purpose else None
    facts = {
        "request.purpose": about.id if about else None,
        "request.personal": True,
        "request.decider_named": decider_named,
        "purpose.principle": about.principle if about else None,
        "purpose.aggregate": about.aggregate if about else None,
        "purpose.automated": about.automated if about else None,
        "purpose.capped": bool(about.cap) if about else None,
        "purpose.cap": about.cap if about else None,
        "purpose.never": about.never if about else None,
        "agreement.active": version is not None,
        "agreement.elements": frozenset(listed),
        "agreement.purposes": frozenset(version.purposes) if version else frozenset(),
        # What families say is asked at the gate, child by child.
        "consent.given": False,
        "consent.refused": False,
        "student.under_13": under_13,
        "program.reviewed": reviewed,
        "program.commercial_use": commercial_use,
    }
    known = {key: rules_now.elements[key] for key in elements}
    return evaluator.decide(rules_now.book.of(Kind.ONLINE_PROGRAM), facts, known)


def element_titles(keys: Collection[str]) -> list[str]:
    """Titles of elements, in the order of the catalogue."""
    return list(Element.objects.filter(pk__in=list(keys)).values_list("title", flat=True))
