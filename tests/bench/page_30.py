"""`page_30`: a page of 30 students through the door, against the same page over an open table with no entry."""

from tests.bench import harness, pages

BAR = 1.5
# Measured before on two cores, see governance/trail/README.md.
PEERS = {"django-auditlog signals": 7.0, "django-auditlog in bulk": 2.9, "one swapped entry": 1.3}


def run(full: bool) -> list[harness.Line]:
    """Whole requests, in turn."""
    lines = pages.measure("page_30", section=1, rounds=401 if full else 101, bar=BAR)
    return [line | {"peers": PEERS} for line in lines]
