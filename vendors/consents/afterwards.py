"""What became of the data after a no, as rooms above this one tell it: each registers a function when it starts.

A function takes the student's id, the tools and the day, and answers what the family reads, by the tool's id: a company's statement as such, or
that it is late.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Mapping

from portal.base.components import Status
from vendors.providers.models import Tool


@dataclasses.dataclass(frozen=True)
class Told:
    """One line of a family's page about a tool."""

    status: Status
    text: str = ""


Teller = Callable[[int, Collection[Tool], dt.date], Mapping[int, Told]]
_tellers: list[Teller] = []


def tells(function: Teller) -> Teller:
    """Register the function below. Twice is once."""
    if function not in _tellers:
        _tellers.append(function)
    return function


def lines(student_id: int, tools: Collection[Tool], on: dt.date) -> dict[int, list[Told]]:
    """What every room tells about this student's data at these tools, by the tool's id."""
    found: dict[int, list[Told]] = {tool.pk: [] for tool in tools}
    for teller in _tellers:
        for tool_id, told in teller(student_id, tools, on).items():
            found[tool_id].append(told)
    return found
