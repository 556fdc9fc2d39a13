from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen


def judge(seen: Seen, numbers: Mapping[str, int]) -> Facts | None:
    """Many students beyond own class lists in the small hours.

    Not an alarm for work in the evening: teachers grade then, and an alarm that cries every evening is soon not read. Between midnight and
    five a person may look something up; going through many students at that hour is what a stolen password does.
    """
    small = numbers["from_hour"] <= seen.hour < numbers["to_hour"]
    return {"opened": seen.in_hour, "hour": seen.hour} if small and seen.in_hour >= numbers["students"] else None
