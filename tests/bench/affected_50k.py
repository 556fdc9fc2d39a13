"""`affected_50k`: whom a breach at a provider touched, from a year of deliveries, against the bare count of the same lines.

50,000 children, a delivery on each of 200 school days: ten million lines of the record of disclosures, and as many entries of the trail beside them
as the size says. The list is asked for and made as in the product, with its entry; the count is the owner's `count(DISTINCT student)`.
"""

import datetime as dt
import time
from contextlib import closing

from django.contrib.auth import get_user_model

from breaches.affected import actions, queries
from breaches.incidents.models import Incident
from governance.people.models import RoleAssignment
from portal.base import clock
from tests.bench import harness, seeds
from vendors.providers.models import Provider

BAR, RATIO_BAR = 60.0, 10.0
ELEMENTS = "{course-grades,email,grade,local-id,name,schedule,school,username}"


def run(full: bool) -> list[harness.Line]:
    """Three lists of the same question, each beside the bare count."""
    children, days, rounds = (50_000, 200, 3) if full else (2_000, 200, 3)
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, children)
        seeds.looks(cursor, 10_000_000 if full else 50_000, students=children, people=min(400, children // 30))
        provider = Provider.objects.create(slug="bench", name="Bench Reader", legal_name="Bench Reader LLC", listed_at=clock.now())
        cursor.execute("SET session_replication_role = replica; SET ROLE portal_door")
        cursor.execute(
            """INSERT INTO records.disclosure(public_id, outcome, party, party_kind, basis, required, channel, happened_on, children, recorded_at)
              SELECT gen_random_uuid(), 'given', CASE WHEN o THEN 'Somebody Else' ELSE 'Bench Reader LLC' END, 'provider', 'ferpa-outsourced-official', false, 'api',
                current_date - g, %s, now() FROM generate_series(1, %s) g, (VALUES (false), (true)) v(o)""",
            [children, days],
        )
        cursor.execute(
            """INSERT INTO records.disclosed(student_id, disclosure_id, elements, entry_id, entry_at)
              SELECT s, d.id, %s, 1, now() FROM records.disclosure d, generate_series(1, CASE WHEN d.party LIKE 'Bench%%' THEN %s ELSE %s / 20 END) s""",
            [ELEMENTS, children, children],
        )
        cursor.execute(
            "RESET ROLE; SET session_replication_role = DEFAULT; ANALYZE records.disclosed; ANALYZE records.disclosure; CHECKPOINT"
        )
        lead = get_user_model().objects.create_user("lead@bench.example", None, name="Lead")
        now = clock.now()
        RoleAssignment.objects.create(user=lead, role="incident_lead", starts_on=now.date() - dt.timedelta(days=1), given_at=now)
        incident = Incident.objects.create(title="Bench", kind="provider", severity=3, opened_at=now, opened_by=lead, lead=lead)
        listed, counted, members = [], [], 0
        for _ in range(rounds):
            began = time.perf_counter()
            asked = actions.ask_provider(
                incident=incident.public_id, provider=provider, since=clock.today() - dt.timedelta(days=365), until=clock.today(), reach=False,
                by=lead, at=clock.now(),
            )  # fmt: skip
            actions.make({"list": str(asked.public_id)})
            listed.append(time.perf_counter() - began)
            members = queries.by_id(asked.public_id).children
            cursor.execute("SET ROLE portal_door")
            began = time.perf_counter()
            cursor.execute(
                """SELECT count(DISTINCT c.student_id) FROM records.disclosure d JOIN records.disclosed c ON c.disclosure_id = d.id
                  WHERE d.outcome = 'given' AND d.mistaken_at IS NULL AND d.party = 'Bench Reader LLC'"""
            )
            counted.append(time.perf_counter() - began)
            found = cursor.fetchone()[0]
            cursor.execute("RESET ROLE")
            if found != members:
                raise RuntimeError(f"the list has {members} children and the count {found}")
    ratio, ratio_spread = harness.ratios(listed, counted)
    seconds = sorted(listed)[rounds // 2]
    return [
        harness.line(
            "affected_50k", seconds, "s for the list", bar=BAR, better="lower", n=rounds, spread=harness.quartiles(listed),
            met=seconds < BAR and ratio <= RATIO_BAR, x_bare_count=harness.tidy(ratio), x_bar=RATIO_BAR,
            x_spread=[harness.tidy(edge) for edge in ratio_spread], children=members, lines=children * days,
        )
    ]  # fmt: skip
