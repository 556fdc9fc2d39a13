"""Witnesses, declarations and runs, for pages and for what goes out by itself."""

import datetime as dt

from django.db.models import Q, QuerySet

from governance.checkpoints.models import Cosignature, Declaration, Sending, Witness
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Role

SHOWN = 50


def witnesses_at(moment: dt.datetime) -> list[Witness]:
    """Witnesses who get checkpoints on that day."""
    day = people.day_of(moment)
    return list(Witness.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), state=Witness.State.NAMED, starts_on__lte=day))


def witnesses() -> QuerySet[Witness]:
    """All witnesses, past ones too."""
    return Witness.objects.select_related("proposed_by", "decided_by").order_by("-proposed_at", "-pk")[:SHOWN]


def sendings() -> QuerySet[Sending]:
    """The newest mails to witnesses, with how far each is."""
    return Sending.objects.select_related("witness", "message")[:SHOWN]


def last_signed() -> dict[int, Cosignature]:
    """The newest cosignature of each witness, by the witness's key."""
    found = Cosignature.objects.order_by("witness_id", "-seen_at", "-pk").distinct("witness_id").select_related("witness")
    return {each.witness_id: each for each in found}


def declarations() -> QuerySet[Declaration]:
    """Proposed and declared restores and keys, newest first."""
    return Declaration.objects.select_related("proposed_by", "decided_by")[:SHOWN]


def told_when_verifying_fails(on: dt.date) -> list[User]:
    """Two kinds of people hear of it: a compliance officer and a district admin, each who holds the role."""
    found = {user.pk: user for role in (Role.COMPLIANCE_OFFICER, Role.DISTRICT_ADMIN) for user in people.people_with(role, on=on)}
    return list(found.values())
