"""Requests in words for pages."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.authority import present as rules_in_words
from governance.authority.stewards import Waiting
from governance.people.models import User
from governance.records.models import Section
from governance.requests.models import DataRequest
from governance.requests.queries import DECIDED, WAITING, Held
from portal.base.components import Status, due

State = DataRequest.State
RENEW_WITHIN = dt.timedelta(days=14)


@dataclasses.dataclass(frozen=True)
class Row:
    """A request in a list."""

    url: str
    number: str
    title: str
    asker: str
    school: str
    purpose: str
    asks_for: str
    answer_by: dt.date | None
    due: Status | None
    state: Status
    waits_on: str
    made_at: dt.datetime
    ends_on: dt.date | None
    renew_url: str


def state_of(data_request: DataRequest, *, on: dt.date) -> Status:
    """Where a request stands, in the asker's words."""
    grant = data_request.grant
    if data_request.state in {State.APPROVED, State.NARROWED} and grant is not None and (grant.ended_at is not None or grant.ends_on < on):
        return Status("off", _("Ended"))
    kind = {
        State.DRAFT: "info",
        State.SUBMITTED: "wait",
        State.INFORMATION_ASKED: "warn",
        State.APPROVED: "ok",
        State.NARROWED: "ok",
        State.REFUSED: "stop",
        State.WITHDRAWN: "off",
        State.ENDED: "off",
    }[State(data_request.state)]
    if data_request.state == State.SUBMITTED and data_request.first_key_by_id is not None:
        return Status(kind, _("Waits for the second of two people"))
    return Status(kind, str(State(data_request.state).label))


def people_in_words(waiting: Waiting) -> str:
    """On whom it waits: “Ms. Vang, Student Services”."""
    if not waiting.people:
        return _("Nobody can decide now. The district admin was told on the status page.")
    named = [f"{person.name}, {person.title}" if person.title else person.name for person in waiting.people[:3]]
    return _(" or ").join(named)


def row(held: Held, *, on: dt.date, schools: Mapping[int, str], for_steward: bool) -> Row:
    """One line of a list. `schools` maps ids to names."""
    each = held.data_request
    waits = each.state in WAITING
    grant = each.grant
    running = grant is not None and grant.ended_at is None and grant.ends_on >= on and each.state in {State.APPROVED, State.NARROWED}
    url_name = "requests:decide" if for_steward and each.state in WAITING and held.waiting.people else "requests:detail"
    if each.state == State.DRAFT:
        url_name = "requests:edit"
    return Row(
        url=reverse(url_name, args=[each.public_id]),
        number=str(each),
        title=each.what_for or _("Draft"),
        asker=each.asker.name,
        school=", ".join(sorted(schools[pk] for pk in held.schools if pk in schools)),
        purpose=_(each.purpose.title),
        asks_for=asks_for(each),
        answer_by=each.due_on if waits else None,
        due=due(each.due_on, on) if waits and each.due_on and each.state == State.SUBMITTED else None,
        state=state_of(each, on=on),
        waits_on=_("You") if each.state == State.INFORMATION_ASKED and not for_steward else people_in_words(held.waiting) if waits else "",
        made_at=each.submitted_at or each.made_at,
        ends_on=grant.ends_on if running and grant else None,
        renew_url=renew_url(each) if running and grant and grant.ends_on - on <= RENEW_WITHIN else "",
    )


def asks_for(data_request: DataRequest) -> str:
    """“3 kinds of data”, or “4 of 5 kinds of data” after the decision."""
    asked = list(data_request.requested.all())
    if data_request.state in DECIDED:
        allowed = sum(each.allowed is True for each in asked)
        return _("%(allowed)d of %(all)d kinds of data") % {"allowed": allowed, "all": len(asked)}
    return ngettext("%(count)d kind of data", "%(count)d kinds of data", len(asked)) % {"count": len(asked)}


def renew_url(data_request: DataRequest) -> str:
    """A new request that starts from this one."""
    return f"{reverse('requests:new')}?again={data_request.public_id}"


def outcome_sentences(data_request: DataRequest) -> list[str]:
    """What came of it: “You can use 4 of 5. Left out: Date of birth, because …”."""
    asked = list(data_request.requested.all())
    allowed = [each for each in asked if each.allowed]
    left_out = [each for each in asked if each.allowed is False]
    said = []
    if allowed and left_out:
        said.append(_("You can use %(allowed)d of %(all)d.") % {"allowed": len(allowed), "all": len(asked)})
    elif allowed:
        said.append(_("You can use everything you asked for."))
    for each in left_out:
        reason = each.left_out_reason or data_request.decision_reason
        said.append(_("Left out: %(element)s, because: %(reason)s") % {"element": _(each.element.title), "reason": reason})
    return said


def steps(data_request: DataRequest, *, on: dt.date) -> list[dict[str, str]]:
    """How far a request is."""
    state = State(data_request.state)
    grant = data_request.grant
    over = state == State.ENDED or (grant is not None and (grant.ended_at is not None or grant.ends_on < on))
    at = 0 if state == State.DRAFT else 1 if state in WAITING else 3 if over else 2
    labels = [_("Written"), _("Sent and waiting"), _("Decided"), _("Ended")]
    if state == State.WITHDRAWN:
        labels, at = [_("Written"), _("Taken back")], 1
    if state == State.REFUSED:
        labels, at = labels[:3], 2
    return [{"label": label, "state": "done" if index < at else "current" if index == at else "todo"} for index, label in enumerate(labels)]


@dataclasses.dataclass(frozen=True)
class Moment:
    """One thing that happened, for the timeline."""

    title: str
    when: dt.datetime
    who: str = ""
    text: str = ""
    kind: str = "info"
    href: str = ""


def history(data_request: DataRequest) -> list[Moment]:
    """What happened, oldest first: sent, asked, answered, decided, ended."""
    found = []
    if data_request.submitted_at:
        found.append(Moment(_("Sent"), data_request.submitted_at, named(data_request.asker)))
    for message in data_request.conversation.select_related("writer"):
        asked = message.writer_id != data_request.asker_id
        found.append(
            Moment(
                _("Question") if asked else _("Answer"),
                message.written_at,
                named(message.writer),
                message.text,
                "warn" if asked else "info",
            )
        )
    if data_request.first_key_at and data_request.first_key_by:
        found.append(Moment(_("The first of two people agreed"), data_request.first_key_at, named(data_request.first_key_by), kind="ok"))
    if data_request.decided_at and data_request.decided_by:
        state = State.REFUSED if data_request.state == State.REFUSED else State.NARROWED if _narrowed(data_request) else State.APPROVED
        found.append(
            Moment(
                str(state.label),
                data_request.decided_at,
                named(data_request.decided_by),
                data_request.decision_reason,
                "stop" if state == State.REFUSED else "ok",
            )
        )
    grant = data_request.grant
    if grant is not None and grant.ended_at is not None:
        found.append(Moment(_("Permission ended"), grant.ended_at, kind="off"))
    return sorted(found, key=lambda each: each.when)


def _narrowed(data_request: DataRequest) -> bool:
    return any(each.allowed is False for each in data_request.requested.all())


def named(user: User) -> str:
    """Name and title: “Ms. Vang, Student Services”."""
    return f"{user.name}, {user.title}" if user.title else user.name


def facts(data_request: DataRequest, sections: Sequence[Section], *, on: dt.date, waits: str = "") -> list[dict[str, object]]:
    """What a request says, for the list of facts."""
    found: list[dict[str, object]] = [
        {"term": _("Purpose"), "value": _(data_request.purpose.title), "note": _(data_request.purpose.plain_description)},
        {"term": _("Students"), "value": students_in_words(data_request, sections)},
        {"term": _("Wanted until"), "value": _date(data_request.wanted_until)},
    ]
    if data_request.named_decider:
        found.append({"term": _("Who decides on students"), "value": data_request.named_decider})
    if waits:
        found.append({"term": _("Waits on"), "value": waits})
    if data_request.due_on and data_request.state in WAITING:
        found.append({"term": _("Answer by"), "value": _date(data_request.due_on), "note": _("the district's own target")})
    grant = data_request.grant
    if grant is not None:
        ended = grant.ended_at is not None or grant.ends_on < on
        found.append(
            {
                "term": _("Permission ended") if ended else _("Permission ends"),
                "value": _date(grant.ended_at.date() if grant.ended_at else grant.ends_on),
            }
        )
    return found


def students_in_words(data_request: DataRequest, sections: Sequence[Section]) -> str:
    """“Reading 7, period 1; Reading 7, period 2”, or how many students were named."""
    if sections:
        return "; ".join(section.title for section in sections)
    return ngettext("%(count)d student, named", "%(count)d students, named", len(data_request.students)) % {
        "count": len(data_request.students)
    }


def _date(day: dt.date) -> str:
    from portal.base.templatetags.portal import long_date

    return long_date(day)


def waits_in_words(waits: Iterable[tuple[Waiting, list[str]]], names: rules_in_words.Names) -> list[dict[str, object]]:
    """Who will decide on which elements."""
    return [
        {
            "people": people_in_words(waiting),
            "order": waiting.desk.stewardship.order if waiting.desk and not waiting.gap else "",
            "gap": waiting.gap,
            "elements": [str(names.elements.get(key, key)) for key in keys],
        }
        for waiting, keys in waits
    ]
