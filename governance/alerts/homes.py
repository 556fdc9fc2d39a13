"""Staff's home addresses, for one comparison that the keeper's function makes. They go in and never come out, not even as text."""

import json
from collections.abc import Iterable, Mapping

from django.db import connections, transaction

from governance.alerts.runner import KEEPER
from governance.trail import entries
from governance.vocabulary import Action, Event

LONGEST = 300


class CannotLoad(Exception):
    """Nothing was loaded; the text names the line and the fault, never an address."""


def load(rows: Iterable[Mapping[str | None, str | None]]) -> tuple[int, int]:
    """Replace what is compared by rows of `staff` (the roster's number of a member of staff) and `address`.

    Answers (how many belong to an account, how many were given). Raises CannotLoad; then everything stays as it was.
    """
    given = []
    for line, row in enumerate(rows, start=2):
        if not {"staff", "address"} <= set(row):
            raise CannotLoad("The first line must name the columns staff and address.")
        staff, address = (row["staff"] or "").strip(), (row["address"] or "").strip()
        if not staff:
            raise CannotLoad(f"Line {line}, column staff: it is empty. Give the roster's number of the member of staff.")
        if len(address) > LONGEST or "\x00" in address or "\x00" in staff:
            raise CannotLoad(f"Line {line}, column address: give at most {LONGEST} plain characters.")
        if address:
            given.append({"staff": staff, "address": address})
    with transaction.atomic(using=KEEPER), connections[KEEPER].cursor() as cursor:
        cursor.execute("SELECT door.watch_homes(%s::jsonb)", [json.dumps(given)])
        known = cursor.fetchone()[0]
        entries.append(Event.STAFF_HOMES_LOADED, action=Action.UPDATE, by=None, data={"count": known}, using=KEEPER)
    return known, len(given)
