"""A day in words."""

import datetime as dt

from django.utils.dateformat import format as format_date


def day_words(day: dt.date) -> str:
    return str(format_date(day, "F j, Y"))
