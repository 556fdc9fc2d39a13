"""Alerts as plain values: who, how many, when, what was missing, and what is usual."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.alerts import limits
from governance.alerts.forms import LABELS
from governance.alerts.models import Alert, AlertLook, Detector, Limits, Planting, Reason
from governance.alerts.queries import FALSE_ALARM_DAYS, Share
from governance.people.models import User
from governance.trail.addresses import address_of
from governance.vocabulary import Event, Role
from portal.base.components import Status
from portal.base.templatetags.portal import count

# Why a detector watches, in a sentence, and what to do where it cries too often.
WHY: dict[Detector, str | Promise] = {
    Detector.NO_CLASS: gettext_lazy("Somebody opened a student with whom the roster names no class, no school and no permission of theirs."),
    Detector.SAME_ADDRESS: gettext_lazy("Staff looked at somebody of their own home outside of their own classes. Only whole addresses are compared, never names."),
    Detector.BURST: gettext_lazy("Somebody opened many more students than they usually do. Lists of own classes do not count."),
    Detector.AFTER_TRANSFER: gettext_lazy("Somebody opened a student who had left their class or school."),
    Detector.PLANTED: gettext_lazy("Somebody opened a record that belongs to nobody. No work leads there."),
    Detector.VOLUME: gettext_lazy("The portal stopped somebody who had opened as many records as one person may. This is always watched."),
    Detector.MANY_SCHOOLS: gettext_lazy("Somebody opened students of more schools in an hour than one person’s work spans."),
    Detector.SIGN_INS: gettext_lazy("Sign-ins were refused again and again from one address."),
    Detector.NIGHT: gettext_lazy("Somebody went through many students in the small hours. Work in the evening is no alarm."),
}  # fmt: skip
ADVICE: dict[Detector, str | Promise] = {
    Detector.NO_CLASS: gettext_lazy("Look at the roster first: are classes and substitutes imported every night?"),
    Detector.SAME_ADDRESS: gettext_lazy("Turn it down: lower the number of students a look may name, and load staff addresses again."),
    Detector.BURST: gettext_lazy("Turn it down: raise the number of students, or how many times the usual."),
    Detector.AFTER_TRANSFER: gettext_lazy("Turn it down: give more days of grace."),
    Detector.PLANTED: gettext_lazy("Take the planted records away and set out others with names that nobody searches for."),
    Detector.VOLUME: gettext_lazy("Raise the volume limit for that role, where its work needs it."),
    Detector.MANY_SCHOOLS: gettext_lazy("Turn it down: raise the number of schools."),
    Detector.SIGN_INS: gettext_lazy("Turn it down: raise the number of tries."),
    Detector.NIGHT: gettext_lazy("Turn it down: raise the number of students, or shorten the hours."),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One alert in a list."""

    url: str
    number: str
    what: str
    who: str
    hat: str
    fact: str
    first_at: dt.datetime
    last_at: dt.datetime
    raised_at: dt.datetime
    state: Status


@dataclasses.dataclass(frozen=True)
class Detail:
    """One alert with everything that is known."""

    row: Row
    why: str
    facts: list[dict[str, str]]
    question: str
    asked_by: str
    asked_at: dt.datetime | None
    answer: str
    answered_at: dt.datetime | None
    reason: str
    words: str
    closed_by: str
    closed_at: dt.datetime | None
    limits_number: int


@dataclasses.dataclass(frozen=True)
class LookRow:
    """One look that an alert rests on. `url` leads to its entry, for those who may search the trail."""

    at: dt.datetime
    what: str
    students: str
    url: str


@dataclasses.dataclass(frozen=True)
class ShareRow:
    """How a detector did."""

    what: str
    why: str
    on: Status
    raised: int
    closed: int
    false: str
    advice: str


def name_of(user: User | None) -> str:
    """A person as colleagues read them: name and job."""
    return ", ".join(part for part in (user.name, user.title) if part) or _("an account without a name") if user else ""


def row(alert: Alert) -> Row:
    """One alert as a list shows it."""
    return Row(
        url=reverse("alerts:alert", args=[alert.public_id]),
        number=str(alert),
        what=str(Detector(alert.detector).label),
        who=name_of(alert.actor) or _("Nobody signed in, from %(address)s") % {"address": alert.address},
        hat=str(Role(alert.hat).label) if alert.hat in Role.values else "",
        fact=fact_words(alert.detector, alert.facts),
        first_at=alert.first_at,
        last_at=alert.last_at,
        raised_at=alert.raised_at,
        state=state_of(alert),
    )


def rows(alerts: Iterable[Alert]) -> list[Row]:
    """Alerts in their order."""
    return [row(alert) for alert in alerts]


def state_of(alert: Alert) -> Status:
    """Where an alert stands, in words."""
    if alert.closed_at is not None:
        return Status("stop" if alert.reason == Reason.MISUSE else "off", str(Reason(alert.reason).label))
    if alert.answered_at is not None:
        return Status("warn", _("Answered: look at it"))
    if alert.asked_at is not None:
        return Status("wait", _("Waits for an answer"))
    return Status("warn", _("New"))


def fact_words(detector: str, facts: Mapping[str, int]) -> str:
    """What was found, in a sentence."""
    return _SENTENCES[Detector(detector)](facts)


def _burst(facts: Mapping[str, int]) -> str:
    span = _("ten minutes") if facts.get("minutes") == 10 else _("an hour")
    return _("%(opened)s students in %(span)s; usual for this person: up to %(usual)s.") % {
        "opened": count(facts.get("opened", 0)), "span": span, "usual": count(facts.get("usual", 0)),
    }  # fmt: skip


def _no_class(facts: Mapping[str, int]) -> str:
    text = ngettext(
        "%(unrelated)s student without a class, school or permission in common.",
        "%(unrelated)s students without a class, school or permission in common.",
        facts.get("unrelated", 0),
    )
    return text % {"unrelated": count(facts.get("unrelated", 0))}


def _after_transfer(facts: Mapping[str, int]) -> str:
    text = ngettext(
        "%(departed)s student who had left more than %(days)s days before.",
        "%(departed)s students who had left more than %(days)s days before.",
        facts.get("departed", 0),
    )
    return text % {"departed": count(facts.get("departed", 0)), "days": facts.get("days", 0)}


def _night(facts: Mapping[str, int]) -> str:
    return _("%(opened)s students in an hour, after %(hour)s o’clock at night.") % {
        "opened": count(facts.get("opened", 0)),
        "hour": facts.get("hour", 0),
    }


_SENTENCES: dict[Detector, Callable[[Mapping[str, int]], str]] = {
    Detector.NO_CLASS: _no_class,
    Detector.SAME_ADDRESS: lambda facts: _("Somebody who lives at the same address, or the person’s own child, outside of own classes."),
    Detector.BURST: _burst,
    Detector.AFTER_TRANSFER: _after_transfer,
    Detector.PLANTED: lambda facts: _("A record that belongs to nobody was opened."),
    Detector.VOLUME: lambda facts: _("Stopped after opening as many records as one person may."),
    Detector.MANY_SCHOOLS: lambda facts: _("Students of %(schools)s schools within an hour.") % {"schools": facts.get("schools", 0)},
    Detector.SIGN_INS: lambda facts: _("%(tries)s sign-ins refused within an hour.") % {"tries": count(facts.get("tries", 0))},
    Detector.NIGHT: _night,
}


def detail(alert: Alert) -> Detail:
    """One alert with its facts."""
    return Detail(
        row=row(alert),
        why=str(WHY[Detector(alert.detector)]),
        facts=_facts(alert),
        question=alert.question,
        asked_by=name_of(alert.asked_by),
        asked_at=alert.asked_at,
        answer=alert.answer,
        answered_at=alert.answered_at,
        reason=str(Reason(alert.reason).label) if alert.reason else "",
        words=alert.words,
        closed_by=name_of(alert.closed_by),
        closed_at=alert.closed_at,
        limits_number=alert.limits.number,
    )


def _facts(alert: Alert) -> list[dict[str, str]]:
    shown = row(alert)
    facts = [{"term": _("Who"), "value": shown.who}]
    if shown.hat:
        facts.append({"term": _("In the role of"), "value": shown.hat})
    facts.append({"term": _("What was found"), "value": shown.fact})
    facts.append({"term": _("How many looks"), "value": count(alert.count)})
    if alert.actor_id is not None:
        usual = alert.facts.get("usual_hour", 0)
        text = ngettext(
            "up to %(usual)s student in an hour, beside own class lists",
            "up to %(usual)s students in an hour, beside own class lists",
            usual,
        )
        facts.append({"term": _("Usual for this person"), "value": text % {"usual": count(usual)}})
        earlier = alert.facts.get("earlier", 0)
        text = (
            ngettext("%(count)s look in the 90 days before", "%(count)s looks in the 90 days before", earlier)
            if earlier
            else _("none in the 90 days before")
        )
        facts.append({"term": _("Earlier looks at the same students"), "value": text % {"count": count(earlier)} if earlier else text})
    if alert.address:
        facts.append({"term": _("From the address"), "value": alert.address})
    return facts


def look_rows(looks: Iterable[AlertLook], *, may_search: bool) -> list[LookRow]:
    """The looks behind an alert; their entries open to those who may search the trail."""
    return [
        LookRow(
            at=look.entry_at,
            what=str(Event(look.kind).label) if look.kind in Event.values else look.kind,
            students=ngettext("%(count)s student", "%(count)s students", look.students) % {"count": count(look.students)}
            if look.students
            else "",
            url=reverse("audit:entry", args=[address_of(look.entry_at, look.entry_id)]) if may_search else "",
        )
        for look in looks
    ]


def share_rows(shares: Iterable[Share], numbers: limits.Numbers) -> list[ShareRow]:
    """How each detector did in the last 90 days."""
    found = []
    for share in shares:
        on = numbers[share.detector]["on"]
        found.append(
            ShareRow(
                what=str(share.detector.label),
                why=str(WHY[share.detector]),
                on=Status("ok", _("On")) if on else Status("off", _("Off")),
                raised=share.raised,
                closed=share.closed,
                false=_("%(percent)s%% of those closed") % {"percent": share.percent}
                if share.percent is not None
                else _("none closed yet"),
                advice=str(ADVICE[share.detector]) if share.cries_too_often else "",
            )
        )
    return found


@dataclasses.dataclass(frozen=True)
class NumberRow:
    """One number: what it means, what it is, and what it would be."""

    detector: str
    what: str
    now: str
    then: str


def number_rows(numbers: limits.Numbers, then: limits.Numbers | None = None) -> list[NumberRow]:
    """The numbers in force, beside those proposed; without the ones that cannot change."""
    return [
        NumberRow(
            detector=str(Detector(detector).label),
            what=str(LABELS[f"{detector}.{name}"]),
            now=_number(name, numbers[detector][name]),
            then=_number(name, then[detector][name]) if then is not None and then[detector][name] != numbers[detector][name] else "",
        )
        for detector, known in limits.KNOWN.items()
        for name, number in known.items()
        if number.least != number.most
    ]


def _number(name: str, value: int) -> str:
    return (_("yes") if value else _("no")) if name == "on" else count(value)


@dataclasses.dataclass(frozen=True)
class VersionRow:
    """A version of the numbers that was decided."""

    number: int
    state: Status
    reason: str
    proposed_by: str
    decided_by: str
    decided_at: dt.datetime


def version_rows(versions: Iterable[Limits]) -> list[VersionRow]:
    """Earlier and present versions."""
    kinds = {Limits.State.IN_FORCE: "ok", Limits.State.REPLACED: "off", Limits.State.DROPPED: "stop"}
    return [
        VersionRow(
            one.number,
            Status(kinds[Limits.State(one.state)], str(Limits.State(one.state).label)),
            one.reason,
            name_of(one.proposed_by) or _("the portal’s makers"),
            name_of(one.decided_by),
            one.decided_at or one.proposed_at,
        )
        for one in versions
    ]


@dataclasses.dataclass(frozen=True)
class PlantingRow:
    """A planted record: where, how far, who. What it is called is not told."""

    public_id: str
    school: str
    state: Status
    proposed_by: str
    proposed_at: dt.datetime
    confirmed_by: str
    can_confirm: bool
    can_end: bool


def planting_rows(plantings: Iterable[Planting], reader: User) -> list[PlantingRow]:
    """Planted records as a key holder sees them."""
    kinds = {"proposed": "warn", "confirmed": "wait", "planted": "ok", "ending": "wait", "ended": "off", "dropped": "off"}
    return [
        PlantingRow(
            str(one.public_id),
            one.school.name,
            Status(kinds[one.state], str(Planting.State(one.state).label)),
            name_of(one.proposed_by),
            one.proposed_at,
            name_of(one.confirmed_by),
            one.state == Planting.State.PROPOSED and one.proposed_by_id != reader.pk,
            one.state in {Planting.State.PROPOSED, Planting.State.CONFIRMED, Planting.State.PLANTED},
        )
        for one in plantings
    ]


def period_words() -> str:
    """The days over which false alarms are counted."""
    return ngettext("the last %(days)s day", "the last %(days)s days", FALSE_ALARM_DAYS) % {"days": FALSE_ALARM_DAYS}
