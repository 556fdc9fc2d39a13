"""Outside audits and retention of the demo district: one audit that runs, one of last year, the board's rules and a hold."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from governance.auditors import papers, sampling
from governance.auditors.models import Engagement
from governance.people.models import RoleAssignment, User
from governance.people.queries import day_of
from governance.retention.classes import CLASSES, TRAIL
from governance.retention.models import Hold, RetentionRule
from governance.retention.queries import elements_of
from governance.vocabulary import Role

# Persona or key of the plan's accounts, name, title.
AUDITOR = ("auditor", "Robin Castellano", "Auditor, Lake Country Audit Group")
LAST_YEARS = ("last years auditor", "Jo Underhill", "Auditor, State Audit Bureau")
SEED = "20261109a4f7c2e8"


def make(users: Mapping[str, int], *, now: dt.datetime, using: str) -> None:
    """The audits and the rules, as rows: who proposed and who agreed."""
    today = day_of(now)
    for persona, organization, reason, starts, ends, state in (
        (AUDITOR[0], "Lake Country Audit Group", "Yearly review of access to records", -12, 33, Engagement.State.ADMITTED),
        (LAST_YEARS[0], "State Audit Bureau", "State review of emergency openings", -300, -240, Engagement.State.ENDED),
    ):
        begins = now + dt.timedelta(days=starts)
        ended = now + dt.timedelta(days=ends) if state == Engagement.State.ENDED else None
        role = RoleAssignment.objects.using(using).create(
            user_id=users[persona],
            role=Role.AUDITOR,
            starts_on=day_of(begins),
            ends_on=today + dt.timedelta(days=ends),
            given_by_id=users["leader"],
            given_at=begins,
            ended_at=ended,
            ended_by_id=users[persona] if ended else None,
        )
        Engagement.objects.using(using).create(
            user_id=users[persona],
            organization=organization,
            reason=reason,
            state=state,
            starts_on=day_of(begins),
            ends_on=today + dt.timedelta(days=ends),
            entries_from=today - dt.timedelta(days=365),
            proposed_by_id=users["compliance"],
            proposed_at=begins - dt.timedelta(days=2),
            decided_by_id=users["leader"],
            decided_at=begins - dt.timedelta(days=1),
            assignment=role,
            may_export=state == Engagement.State.ADMITTED,
            ended_at=ended,
        )
    _retention(users, now=now, using=using)


def _retention(users: Mapping[str, int], *, now: dt.datetime, using: str) -> None:
    adopted = now - dt.timedelta(days=150)
    for subject, months in ((TRAIL, 84), ("behavioral", 12), ("progress", 60)):
        RetentionRule.objects.using(using).create(
            subject=subject,
            months=months,
            elements=[] if subject == TRAIL else elements_of(subject),
            citation="Board resolution 2026-14",
            decided_on=day_of(adopted - dt.timedelta(days=9)),
            state=RetentionRule.State.ADOPTED,
            proposed_by_id=users["compliance"],
            proposed_at=adopted - dt.timedelta(days=1),
            adopted_by_id=users["leader"],
            adopted_at=adopted,
        )
    RetentionRule.objects.using(using).create(
        subject="health",
        months=CLASSES["health"].least * 5,
        elements=elements_of("health"),
        citation="Board resolution 2026-31",
        decided_on=day_of(now - dt.timedelta(days=6)),
        proposed_by_id=users["compliance"],
        proposed_at=now - dt.timedelta(days=2),
    )
    Hold.objects.using(using).create(
        kind=Hold.Kind.REQUEST,
        reason="Records request about the use of the reading screener",
        reference="PRR-2026-07",
        holds_values=False,
        trail_from=day_of(now - dt.timedelta(days=120)),
        trail_to=day_of(now - dt.timedelta(days=60)),
        placed_by_id=users["compliance"],
        placed_at=now - dt.timedelta(days=25),
    )


def work(*, now: dt.datetime) -> None:
    """What the auditors did, by the actions themselves, so that the trail tells it: a drawn sample, an announced one, three papers."""
    running = Engagement.objects.select_related("user").get(state=Engagement.State.ADMITTED)
    midnight = timezone.localtime(now, timezone.get_default_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)
    by = running.user
    population: dict[str, Any] = {
        "since": midnight - dt.timedelta(days=30),
        "until": midnight,
        "only": {},
        "engagement": running,
        "by": by,
        "at": now,
    }
    first = sampling.announce(
        objective="Purposes of openings fit the role of who opened",
        strata="hat",
        size=12,
        seed=SEED,
        attributes=["The purpose fits the role", "The students fit the classes of who opened"],
        **population,
    )
    sampling.draw(sample_id=first.pk, by=by, at=now)
    for place in range(1, 6):
        sampling.mark(sample_id=first.pk, place=place, marks={"1": "yes", "2": "no" if place == 4 else "yes"}, note="", by=by, at=now)
    sampling.announce(
        objective="Openings from outside the district's network", strata="", size=25, seed=SEED[::-1], attributes=[], **population
    )
    told = papers.write(
        engagement=running,
        paper_id=None,
        seen=0,
        texts={
            "title": "Class lists opened after the class had ended",
            "standing": "open",
            "criteria": "34 CFR 99.31(a)(1)(ii): officials open only the records in which they have a legitimate educational interest.",
            "condition": "One of twelve openings drawn was of a class that had ended two days before.",
            "cause": "The roster closes a class with the nightly import, up to three days after the last lesson.",
            "effect": "A teacher can open a class list for up to three days longer than needed.",
            "recommendation": "Import the roster every night, weekends too.",
        },
        evidence=[{"kind": "sample", "ref": str(first.public_id), "sha256": "", "note": "Place 4"}],
        by=by,
        at=now,
    ).paper
    papers.share(paper_id=told.pk, by=by, at=now)
    papers.answer(
        paper_id=told.pk,
        agreement="agreed",
        text="The import runs every night from December on.",
        done_by=day_of(now) + dt.timedelta(days=21),
        by=User.objects.get(email="compliance@riverbend.example"),
        at=now,
    )
    papers.write(
        engagement=running,
        paper_id=None,
        seen=0,
        texts={"title": "Reasons given for exports", "standing": "draft", "condition": "To be tested."},
        evidence=[],
        by=by,
        at=now,
    )
    past = Engagement.objects.select_related("user").get(state=Engagement.State.ENDED)
    done = papers.write(
        engagement=past,
        paper_id=None,
        seen=0,
        texts={
            "title": "Emergency openings are reviewed late",
            "standing": "resolved",
            "criteria": "34 CFR 99.36 and the district's own policy: a review within five school days.",
            "condition": "Two of nine openings were reviewed after eight days.",
            "recommendation": "Name a deputy for the review.",
        },
        evidence=[],
        by=past.user,
        at=now,
    ).paper
    papers.share(paper_id=done.pk, by=past.user, at=now)
    papers.sign(paper_id=done.pk, by=past.user, at=now)
    sampling.announce(
        **{**population, "engagement": past, "by": past.user},
        objective="All emergency openings of the spring",
        strata="",
        size=9,
        seed=SEED,
        attributes=[],
    )
