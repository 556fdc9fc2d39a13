from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen


def judge(seen: Seen, _numbers: Mapping[str, int]) -> Facts | None:
    """The actor and the student have nothing in common: no class, no school by role, no permission, no family tie, that day or before.

    The rules already refuse such a look. This asks the roster again, by another way, so that a rule drawn too wide, a role given by mistake or
    a hole in the portal does not stay unseen. An emergency is left out: it is told to two people and reviewed by itself.
    """
    return {"students": seen.students, "unrelated": seen.unrelated} if seen.unrelated else None
