"""`assess_50`: one incident's facts against all states' laws, the database's part included: under 100 milliseconds.

What a page does before it shows an answer: the rows of the law with counsel's reviews, the incident's facts, moments, requests to wait
and what was done, then the answer and the clock of every row. Somebody affected lives in each state, so that no row is left out early.
"""

import time
from typing import Any

from breaches.assessment import laws, queries
from breaches.assessment.models import FactSheet
from breaches.clocks.rules import Start
from breaches.incidents.models import Incident, Moment
from governance.authority import reference
from governance.people.models import User
from portal.base import clock
from tests.bench.harness import line, quartiles

BAR = 100.0


def run(full: bool) -> list[dict[str, Any]]:
    """One line: milliseconds of one assessment, and beside it those of the pure rules alone."""
    now = clock.now()
    reference.load(using="owner", at=now)
    User.objects.using("owner").create(email="lead@bench.example", name="A lead")
    somebody = User.objects.get(email="lead@bench.example")
    incident = Incident.objects.create(title="Bench", kind="provider", severity=4, opened_at=now, lead=somebody)
    for start in Start:
        Moment.objects.create(incident=incident, start=start.value, at=now, said_at=now, said_by=somebody)
    states = sorted({each.jurisdiction for each in laws.breach_clocks() if each.jurisdiction.startswith("US-")})
    FactSheet.objects.create(
        incident=incident, number=1, elements=["name", "social-security-number", "birth-date"], protection="none", harm="likely",
        harm_reason="Numbers with names.", residents=dict.fromkeys(states, 20_000), students=20_000 * len(states), enrolled=50_000,
        found="provider", at_provider=True, answers={}, said_at=now, said_by=somebody,
    )  # fmt: skip
    found = queries.assess(queries.case_of(incident))
    assert len(found.laws) == len(laws.breach_clocks()) > 150
    assert len(states) > 50
    case, common = queries.case_of(incident), queries.shared()
    assert case.sheet is not None
    rounds = 101 if full else 41
    whole, pure = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        queries.assess(queries.case_of(incident))
        whole.append((time.perf_counter() - started) * 1e3)
        started = time.perf_counter()
        queries.duties(case, case.sheet, common)
        pure.append((time.perf_counter() - started) * 1e3)
    middle = sorted(whole)[rounds // 2]
    return [
        line(
            "assess_50",
            middle,
            "milliseconds an assessment against every row of every state",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=quartiles(whole),
            rows=len(found.laws),
            states=len(states),
            rules_alone=round(sorted(pure)[rounds // 2], 2),
        )
    ]
