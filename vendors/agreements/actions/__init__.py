"""What people do with agreements. Each verb is one transaction: it locks the agreement, checks, and writes its entry.

The lock is what makes "ended" mean ended: the gate holds the same row while it commits a release.
"""

from vendors.agreements.actions.changes import amend, drop, end, let_join, renew
from vendors.agreements.actions.drafts import add_clause, attach, cover, detach, draft, remove_clause, schedule, write_terms
from vendors.agreements.actions.parts import CannotChange
from vendors.agreements.actions.signatures import SIDES, CannotSign, register_paper, send, sign, take_back

__all__ = [
    "SIDES",
    "CannotChange",
    "CannotSign",
    "add_clause",
    "amend",
    "attach",
    "cover",
    "detach",
    "draft",
    "drop",
    "end",
    "let_join",
    "register_paper",
    "remove_clause",
    "renew",
    "schedule",
    "send",
    "sign",
    "take_back",
    "write_terms",
]
