"""One drill that the demo district played to its end, and what it keeps ready for the day of a breach. The verbs are the portal's own."""

import datetime as dt
from collections.abc import Callable

from breaches.affected import actions as affected
from breaches.affected.models import AffectedList
from breaches.assessment import actions as assessment
from breaches.drills import actions
from breaches.drills.models import Drill
from breaches.incidents import actions as incidents
from breaches.notices import actions as notices
from breaches.notices.texts import PARTS
from breaches.readiness import actions as readiness
from breaches.readiness import uses
from governance.people.models import User
from portal.base.models import Message
from vendors.providers.models import Tool

OWNER = "owner"
TOOL = "reading-journey"
MINUTE = dt.timedelta(minutes=1)
ANSWERS = (
    (0, 0, "Now: the call at 3:05. The lead writes the moment into the incident before anything else."),
    (0, 1, "Which data, since when, is it still going on, who at the company is in charge, and by when is the letter here?"),
    (1, 0, "The nightly roster. The lead may stop the tool at the gate; the reading classes learn it by a note in the teachers’ room."),
    (2, 0, "The agreement’s clock from the company’s discovery, ours from the call."),
    (3, 0, "On the website in English and Spanish: that we know, what we do, when we say more. No names, no guesses."),
    (4, 0, "From the list that the portal made. The number of letters on paper is on the first page."),
)


def work(*, now: dt.datetime) -> None:
    """Two named people, the numbers of the card, and a drill of a Friday five weeks ago."""
    people = {user.email.split("@")[0]: user for user in User.objects.filter(email__endswith="@riverbend.example", is_active=True)}
    _ready(people, at=now - dt.timedelta(days=80))
    _played(people, began=now - dt.timedelta(days=39))
    Message.objects.filter(topic__startswith="affected.", done_at=None).update(done_at=now)


def _ready(people: dict[str, User], *, at: dt.datetime) -> None:
    for name, phone in (("security", "(608) 555-0171"), ("admin", "(608) 555-0172")):
        other = "admin" if name == "security" else "security"
        made = readiness.name(user=people[name], phone=phone, by=people[other], at=at)
        readiness.confirm(holder=made.public_id, by=people["leader"], at=at + 10 * MINUTE)
    for title, name, phone in (
        ("Cyber insurer, day and night", "Claims desk", "(800) 555-0155"),
        ("Counsel", "School law office, on call", "(608) 555-0160"),
        ("Whoever runs the network", "Regional service agency", "(608) 555-0163"),
    ):
        readiness.add_number(title=title, name=name, phone=phone, by=people["admin"], at=at)


def _played(people: dict[str, User], *, began: dt.datetime) -> Drill:
    lead, officer = people["security"], people["compliance"]

    def after(minutes: int) -> dt.datetime:
        return began + minutes * MINUTE

    made = actions.start(scenario="provider-friday", tool=Tool.objects.filter(slug=TOOL).first(), by=lead, at=began)
    incident = made.incident.public_id
    incidents.set_severity(incident=incident, severity=4, reason="Birth dates are in it, and it may still go on.", by=lead, at=after(12))
    actions.hold_step(drill=made.public_id, kind="stop_tool", words="The nightly roster, before 2 AM.", by=lead, at=after(21))
    facts = assessment.Answers(
        elements=["name", "birth-date"], protection="none", protected_by="", harm="possible", harm_reason="Names with birth dates, copied on purpose.",
        residents={"US-WI": 40}, students=40, found="provider", at_provider=True,
    )  # fmt: skip
    assessment.say_facts(incident=incident, answers=facts, seen=0, by=officer, at=after(48))
    for name in ("security", "admin"):  # as the drill asks both to try it
        uses.record(user=people[name], ways={"password", "mfa"}, at=after(70))
    _notice(people, made, after)
    for inject, question, words in ANSWERS:
        actions.answer(drill=made.public_id, inject=inject, question=question, words=words, by=lead, at=after(100 + inject))
    task = actions.improve(
        drill=made.public_id, title="Put the company’s night number on the card", owner=people["admin"],
        due_on=(began + dt.timedelta(days=14)).date(), by=lead, at=after(140),
    )  # fmt: skip
    actions.end(
        drill=made.public_id, by=lead, at=after(150),
        lessons="The list was there in a minute; the draft of the letter took longest. Nobody knew the company’s number at night. "
        "Next time the counselor sits with us: two questions about families nobody could answer.",
    )  # fmt: skip
    actions.improved(task=task.public_id, words="It is on the card.", by=people["admin"], at=began + dt.timedelta(days=9))
    return made


def _notice(people: dict[str, User], made: Drill, after: Callable[[int], dt.datetime]) -> None:
    lead, incident = people["security"], made.incident.public_id
    incidents.decide_breach(
        incident=incident, is_breach=True, reason="The company’s letter says that data was copied.", by=lead, at=after(55)
    )
    provider = made.incident.provider
    if provider is None:
        return
    until = after(0).date()
    which = affected.ask_provider(
        incident=incident, provider=provider, since=until - dt.timedelta(days=200), until=until, reach=True, by=lead, at=after(58)
    )
    affected.make({"list": str(which.public_id)})
    AffectedList.objects.using(OWNER).filter(pk=which.pk).update(made_at=after(59))
    notice = notices.make(incident=incident, affected=which.public_id, with_could=True, by=lead, at=after(62))
    words = {key: f"{title}: to be filled in on the day itself." for key, title in PARTS.items()}
    version = notices.write(
        notice=notice.public_id, texts={"en": {"subject": "About your child’s data", "parts": words}}, by=lead, at=after(95)
    )
    for name, minute in (("compliance", 110), ("leader", 124)):
        notices.approve(notice=notice.public_id, sha256=version.sha256, by=people[name], at=after(minute))
    notices.start(notice=notice.public_id, by=lead, at=after(130))
