from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen


def judge(seen: Seen, _numbers: Mapping[str, int]) -> Facts | None:
    """A record was opened that belongs to nobody.

    No class, family or list leads to it, so whoever opens it was going through the school. Standing among several results of a search by name
    is not opening; the two who planted it may look.
    """
    return {"students": seen.students, "planted": seen.planted} if seen.planted else None
