"""COPY of Python values into a table."""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def rows(cursor: Any, table: str, columns: Sequence[str], values: Iterable[Sequence[Any]]) -> int:
    """COPY `values` into `table` and answer how many there were. `table` and `columns` are the program's own words, never input."""
    text = io.StringIO()
    count = 0
    for row in values:
        text.write("\t".join(map(_field, row)))
        text.write("\n")
        count += 1
    text.seek(0)
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", text)
    return count


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, (list, tuple)):
        inner = ",".join(f'"{item}"' if isinstance(item, str) else str(item) for item in value)
        return f"{{{inner}}}".translate(_ESCAPES)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return str(value).translate(_ESCAPES)
