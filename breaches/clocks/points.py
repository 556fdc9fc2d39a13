"""Which points of a clock are reached. Pure."""

import datetime as dt

DAY = dt.timedelta(days=1)
POINTS = ("half", "day_before", "overdue")  # in the order of their urgency


def reached(started_at: dt.datetime | None, due_at: dt.datetime, at: dt.datetime) -> list[str]:
    """The points that lie behind: half of the time, a day before the end (of clocks that are longer than a day), the end itself."""
    marks = {"overdue": due_at}
    if started_at is not None and started_at < due_at:
        marks["half"] = started_at + (due_at - started_at) / 2
        if due_at - started_at > DAY:
            marks["day_before"] = due_at - DAY
    return [point for point in POINTS if point in marks and (at > due_at if point == "overdue" else at >= marks[point])]
