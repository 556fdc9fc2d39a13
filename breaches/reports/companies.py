"""A company's notice of a breach becomes a report, beside those of everybody else."""

import hashlib

from breaches.reports import actions
from vendors.company.models import BreachNotice
from vendors.company.notices import on_breach_notice


@on_breach_notice
def take(notice: BreachNotice) -> None:
    """Take the notice in. The outbox may hand it on twice; it is one report."""
    parts = [notice.happened, notice.data, notice.measures, notice.reach]
    actions.from_provider(
        provider=notice.provider,
        words="\n\n".join(part for part in parts if part),
        sending=hashlib.sha256(notice.public_id.bytes).digest(),
        at=notice.received_at,
    )
