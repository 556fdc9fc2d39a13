from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen


def judge(seen: Seen, numbers: Mapping[str, int]) -> Facts | None:
    """The actor looked, as staff, at somebody of the own home: most often the own child.

    Looking after one's own child with the school's keys is the misuse that staff least see as one. The keeper compares whole addresses and
    the roster's link of a parent; a family name alone would mark whole communities and is never compared. A teacher's own child in the own
    class is work, and a list of many students that holds the child is no look at the child.
    """
    return {"students": seen.students} if seen.same_address and seen.students <= numbers["students"] else None
