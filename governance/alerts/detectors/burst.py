from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen


def judge(seen: Seen, numbers: Mapping[str, int]) -> Facts | None:
    """Many more students than this person usually opens in ten minutes or in an hour.

    Whoever copies records opens them one after the other. Measured by the person's own usual, because a counselor in scheduling week and a
    teacher differ; lists of own classes are left out, because taking five attendances in a morning is teaching. The hour of the day plays no
    part: grading at nine in the evening is teaching too.
    """
    for span, opened, usual in (("ten_minutes", seen.in_ten, seen.usual_ten), ("hour", seen.in_hour, seen.usual_hour)):
        if opened >= numbers[span] and opened > usual * numbers["times"]:
            return {"opened": opened, "usual": usual, "minutes": 10 if span == "ten_minutes" else 60}
    return None
