"""`queue_50k`: a notice to 50,000 families queued, one row a person and child, with the entry, as the button does it."""

import time
from contextlib import closing

from breaches.notices.models import Recipient
from tests.bench import harness, mail_out

BAR = 60.0


def run(full: bool) -> list[harness.Line]:
    """Three notices to the same list; each is queued in one transaction."""
    children, rounds = (50_000 if full else 2_000), 3
    taken = []
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        which = mail_out.district(cursor, children)
    for _ in range(rounds):
        notice = mail_out.approved(which)
        began = time.perf_counter()
        mail_out.start(notice)
        taken.append(time.perf_counter() - began)
        rows = Recipient.objects.filter(notice=notice)
        if (rows.count(), rows.values("guardianship").distinct().count()) != (children, children):
            raise RuntimeError("not each recipient is queued once")
    middle = sorted(taken)[rounds // 2]
    return [harness.line("queue_50k", middle, "s", bar=BAR, better="lower", n=rounds, spread=harness.quartiles(taken), recipients=children)]
