"""Days that a kept search goes through, counted from the day on which it runs."""

import datetime as dt

from governance.audit.models import Period

_BACK = {Period.TODAY: 0, Period.LAST_7: 6, Period.LAST_30: 29, Period.LAST_90: 89}
_JULY = 7  # a school year is July 1 to June 30 (Wis. Stat. 115.001(13))


def days_of(period: str, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """The first and the last day, both included; None where the search keeps the days with which it was saved."""
    kept = Period(period)
    if kept in _BACK:
        return today - dt.timedelta(days=_BACK[kept]), today
    first_of_month = today.replace(day=1)
    if kept is Period.THIS_MONTH:
        return first_of_month, today
    if kept is Period.LAST_MONTH:
        last = first_of_month - dt.timedelta(days=1)
        return last.replace(day=1), last
    if kept is Period.SCHOOL_YEAR:
        return dt.date(today.year if today.month >= _JULY else today.year - 1, _JULY, 1), today
    return None
