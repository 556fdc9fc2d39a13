from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen


def judge(seen: Seen, numbers: Mapping[str, int]) -> Facts | None:
    """Students of more schools in one hour than one person's work spans.

    Even people who work for the whole district go through one school after another; whoever copies a district does not.
    """
    return {"schools": seen.schools} if seen.schools > numbers["schools"] else None
