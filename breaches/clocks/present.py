"""Clocks as pages show them."""

import dataclasses
import datetime as dt
from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from breaches.clocks.registry import Running, Source
from breaches.clocks.rules import Due, Start
from governance.vocabulary import Permission
from portal.base.components import Status

WHY_OPEN: dict[str, str | Promise] = {
    "not_started": gettext_lazy("Has not begun: what starts it has not happened or is not known."),
    "held": gettext_lazy("Held: a written request of the police lets it wait."),
    "no_number": gettext_lazy("The law gives no number."),
}

STARTS: dict[Start, str | Promise] = {
    Start.DISCOVERY: gettext_lazy("The district learned of it"),
    Start.PROVIDER_NOTICE: gettext_lazy("The provider’s notice reached the district"),
    Start.PROVIDER_DISCOVERY: gettext_lazy("The provider learned of it"),
    Start.CONFIRMATION: gettext_lazy("It was determined to be a breach"),
    Start.PEOPLE_TOLD: gettext_lazy("The notices to the people went out"),
    Start.STATE_TOLD: gettext_lazy("The report to the state went out"),
    Start.HOLD_ENDED: gettext_lazy("The police’s request to wait ended"),
}
assert set(STARTS) == set(Start)

UNITS: dict[str, str | Promise] = {
    "immediately": gettext_lazy("at once"),
    "without_unreasonable_delay": gettext_lazy("without unreasonable delay"),
    "as_soon_as_practicable": gettext_lazy("as soon as practicable"),
    "as_soon_as_possible": gettext_lazy("as soon as possible"),
    "with_individual_notice": gettext_lazy("together with the notice to the people"),
    "before_individual_notice": gettext_lazy("before the notice to the people"),
    "twice_yearly": gettext_lazy("twice a year"),
    "reasonable_time": gettext_lazy("within a reasonable time"),
    "per_agreement": gettext_lazy("as the agreement says"),
    "written_determination": gettext_lazy("in a written determination"),
    "no_number": gettext_lazy("the law gives no number"),
}


def length(number: int | None, unit: str) -> str:
    """A length in words: "45 days", "without unreasonable delay"."""
    if number is None:
        return str(UNITS.get(unit, unit.replace("_", " ")))
    match unit:
        case "hours":
            return ngettext("%(number)d hour", "%(number)d hours", number) % {"number": number}
        case "business_days" | "working_days":
            return ngettext("%(number)d business day", "%(number)d business days", number) % {"number": number}
        case "years":
            return ngettext("%(number)d year", "%(number)d years", number) % {"number": number}
        case _:
            return ngettext("%(number)d day", "%(number)d days", number) % {"number": number}


def left(due_at: dt.datetime, at: dt.datetime) -> Status:
    """How much time is left, to the hour below two days."""
    seconds = (due_at - at).total_seconds()
    if seconds < 0:
        late = -seconds
        if late < 48 * 3600:
            hours = int(late // 3600)
            words = ngettext("Overdue by %(hours)d hour", "Overdue by %(hours)d hours", hours) % {"hours": hours}
            return Status("stop", words if hours else _("Overdue"))
        days = int(late // 86400)
        return Status("stop", ngettext("Overdue by %(days)d day", "Overdue by %(days)d days", days) % {"days": days})
    if seconds < 48 * 3600:
        hours = int(seconds // 3600)
        words = ngettext("%(hours)d hour left", "%(hours)d hours left", hours) % {"hours": hours}
        return Status("warn", words if hours else _("Less than an hour left"))
    days = int(seconds // 86400)
    words = ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    return Status("warn" if days <= 5 else "wait", words)


def state_of(due: Due | None, at: dt.datetime) -> Status:
    """Where a clock stands, in words."""
    if due is None:
        return Status("off", _("No clock"))
    if due.at is not None:
        return left(due.at, at)
    return Status("wait" if due.why_open == "not_started" else "warn", short(due.why_open))


def short(why_open: str) -> str:
    """The word of `rules.Due.why_open` in a few words."""
    return {"not_started": _("Not begun"), "held": _("Held"), "no_number": _("No number in the law")}.get(why_open, "")


@dataclasses.dataclass(frozen=True)
class Row:
    """A clock in the list of all."""

    kind: str
    about: str
    title: str
    url: str
    started_at: dt.datetime | None
    due_at: dt.datetime | None
    state: Status
    holder: str
    note: str


def row(source: Source, clock: Running, *, may: Collection[Permission], at: dt.datetime) -> Row:
    """A clock in the list; its link only for whom its page lets in."""
    return Row(
        kind=str(source.label),
        about=_("%(about)s (drill)") % {"about": clock.about} if clock.drill else clock.about,
        title=clock.title,
        url=clock.url if set(source.permissions) & set(may) else "",
        started_at=clock.started_at,
        due_at=clock.due_at,
        state=left(clock.due_at, at) if clock.due_at else Status("wait", short(clock.why_open)),
        holder=clock.holder,
        note=clock.note,
    )
