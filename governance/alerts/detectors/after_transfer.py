from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen


def judge(seen: Seen, numbers: Mapping[str, int]) -> Facts | None:
    """The student had left the actor's class or school longer ago than the days of grace.

    Finishing grades and handing over takes some days; after that the work has ended, and what remains is curiosity or a roster that is late.
    """
    return {"students": seen.students, "departed": seen.departed, "days": numbers["days"]} if seen.departed else None
