"""Outsiders of the demo district: witnesses who keep checkpoints, and what other systems record."""

import datetime as dt
from collections.abc import Mapping

from django.db import connections

from governance.checkpoints.models import Witness
from governance.coverage.models import System
from governance.people.queries import day_of


def make(users: Mapping[str, int], *, now: dt.datetime, using: str) -> None:
    """Two witnesses, a third who waits for a second person, three systems, and the first check of the trail asked for."""
    named = now - dt.timedelta(days=64)
    both = {"proposed_by_id": users["admin"], "proposed_at": named, "starts_on": day_of(named)}
    confirmed = {"state": Witness.State.NAMED, "decided_by_id": users["leader"], "decided_at": named + dt.timedelta(hours=3)}
    Witness.objects.using(using).bulk_create(
        [
            Witness(name="Dana Whitfield", office="Clerk of the school board", email="clerk@board.riverbend.example", **both, **confirmed),
            Witness(name="Ines Calderón", office="Parents' council", email="council@parents.example", language="es", **both, **confirmed),
            Witness(
                name="Peter Lindqvist",
                office="Education cooperative",
                email="trail@cooperative.example",
                proposed_by_id=users["admin"],
                proposed_at=now - dt.timedelta(days=1),
                starts_on=day_of(now),
            ),
        ]
    )
    described = {"described_by_id": users["admin"], "described_at": named}
    System.objects.using(using).bulk_create(
        [
            System(
                name="Student information system",
                covers="Each time staff open a student's page in it",
                not_logged="Exports and reports, and what the company's own staff see",
                **described,
            ),
            System(name="Learning platform", covers="Who opened a course, not whose work was read", **described),
            System(
                name="E-mail and shared drives",
                covers="Who opened a file, kept for 180 days",
                not_logged="Which child a file is about",
                **described,
            ),
        ]
    )
    with connections[using].cursor() as cursor:
        cursor.execute("INSERT INTO seal.verify_request DEFAULT VALUES")
