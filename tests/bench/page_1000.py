"""`page_1000`: a page of 1,000 students through the door, against the same page over an open table with no entry."""

from tests.bench import harness, pages

BAR = 1.5
PEERS = {"django-auditlog signals": 36, "django-auditlog in bulk": 9.2, "one swapped entry": 1.24}


def run(full: bool) -> list[harness.Line]:
    """Whole requests, in turn."""
    lines = pages.measure("page_1000", section=pages.BIG, rounds=61 if full else 21, bar=BAR)
    return [line | {"peers": PEERS} for line in lines]
