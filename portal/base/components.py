"""Values that components take: what a presenter hands to a template of templates/components/. Nothing here knows the domain."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext, ngettext

STATUS_ICONS = {
    "ok": "check-circle-fill",
    "wait": "hourglass-split",
    "warn": "exclamation-triangle-fill",
    "stop": "x-octagon-fill",
    "off": "dash-circle",
    "info": "info-circle-fill",
}


@dataclasses.dataclass(frozen=True)
class Status:
    """A state to show: `kind` (a key of STATUS_ICONS) gives shape and color, `text` says it in words."""

    kind: str
    text: str

    def __post_init__(self) -> None:
        if self.kind not in STATUS_ICONS:
            raise ValueError(f"no status is called {self.kind!r}; there are {', '.join(STATUS_ICONS)}")


def due(on: dt.date, today: dt.date, *, soon: int = 5) -> Status:
    """How far off a date is: overdue, today, within `soon` days, or later. Days are calendar days."""
    days = (on - today).days
    if days < 0:
        return Status("stop", ngettext("Overdue by %(days)d day", "Overdue by %(days)d days", -days) % {"days": -days})
    if days == 0:
        return Status("warn", gettext("Due today"))
    text = ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    return Status("warn" if days <= soon else "wait", text)


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar: its words, its number, and where it stands (percent of the width; pixels from the top)."""

    label: str
    value: int
    left: str
    middle: str
    width: str
    top: int
    height: int

    @property
    def above(self) -> int:
        """Where the number stands, in pixels from the top."""
        return self.top - 6


@dataclasses.dataclass(frozen=True)
class BarChart:
    """A bar chart and the same numbers as a table. Widths are percentages, so that letters keep their size on a phone."""

    title: str
    description: str
    label_heading: str
    value_heading: str
    bars: Sequence[Bar]
    height: int
    baseline: int

    @property
    def below(self) -> int:
        """Where the labels under the bars stand, in pixels from the top."""
        return self.baseline + 20


def bar_chart(
    title: str,
    values: Iterable[tuple[str, int]],
    *,
    label_heading: str,
    value_heading: str,
    description: str = "",
) -> BarChart:
    """A chart of up to 12 (label, value) pairs with values of zero and more. Without a description, the numbers themselves are told."""
    pairs = [(str(label), value) for label, value in values]
    if len(pairs) > 12:
        raise ValueError("more than 12 bars cannot be read on a phone: group them")
    if any(value < 0 for _, value in pairs):
        raise ValueError("a bar cannot be shorter than nothing")
    room, head = 140, 24
    most = max((value for _, value in pairs), default=0) or 1
    step = 100 / max(len(pairs), 1)
    bars = []
    for index, (label, value) in enumerate(pairs):
        height = max(round(room * value / most), 2 if value else 0)
        left = index * step + step * 0.15
        bars.append(
            Bar(
                label=label,
                value=value,
                left=f"{left:.2f}%",
                middle=f"{index * step + step / 2:.2f}%",
                width=f"{step * 0.7:.2f}%",
                top=head + room - height,
                height=height,
            )
        )
    told = description or "; ".join(f"{label}: {value:,}" for label, value in pairs)
    return BarChart(title, told, label_heading, value_heading, bars, height=head + room + 30, baseline=head + room)
