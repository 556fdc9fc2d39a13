"""Audits, samples and work papers as plain values for templates."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.auditors.areas import areas_in
from governance.auditors.models import Engagement, PaperAnswer, PaperVersion, Sample, SampleItem, WorkPaper
from governance.auditors.papers import content_of
from governance.auditors.rules import Scope
from governance.auditors.sampling import Line
from governance.people.models import User
from governance.people.present import name_of
from governance.trail import addresses
from governance.vocabulary import Event, Role
from portal.base.components import Status

_STATES = {"waiting": "wait", "admitted": "ok", "refused": "stop", "ended": "off"}
_STANDINGS = {"draft": "wait", "open": "warn", "note": "info", "resolved": "ok", "none": "ok"}
_AGREEMENTS = {"agreed": "ok", "partly": "warn", "disagreed": "stop"}


def _day(day: dt.date) -> str:
    return str(format_date(day, "F j, Y"))


@dataclasses.dataclass(frozen=True)
class Said:
    """What an auditor may see, and what not, in sentences."""

    may: list[str]
    may_not: list[str]


def said(scope: Scope, *, schools: Mapping[int, str], to_auditor: bool) -> Said:
    """The scope in sentences, to the auditor or about them."""
    may = [_days_words(scope)]
    if scope.schools is not None:
        names = ", ".join(schools.get(number, "–") for number in scope.schools)
        may.append(_("Only entries that name students of these schools or search them: %(schools)s.") % {"schools": names})
    else:
        may.append(_("Entries of the whole district."))
    if scope.kinds is not None:
        may.append(_("Only about: %(areas)s.") % {"areas": "; ".join(str(title) for title in areas_in(scope.kinds))})
    may.append(_("Entries that are held back from families for now are shown too."))
    may_not = [
        _("No value of a student's record: no grade, no address, no health fact. The trail holds none of them."),
        _("No names of students. They stand as ids; a name opens only where the district's rules give it, and the family sees that.")
        if scope.may_see_names
        else _("No names of students. They stand as ids. If a finding needs a name, ask the compliance officer."),
        _("Nothing can be changed, but for your own samples and work papers.")
        if to_auditor
        else _("Nothing can be changed, but for their own samples and work papers."),
    ]
    (may if scope.may_export else may_not).append(_("Exports of these entries can be taken.") if scope.may_export else _("No exports."))
    return Said(may, may_not)


def _days_words(scope: Scope) -> str:
    if scope.begins_on and scope.ends_on:
        return _("Entries of the trail from %(first)s to %(last)s.") % {"first": _day(scope.begins_on), "last": _day(scope.ends_on)}
    if scope.begins_on:
        return _("Entries of the trail from %(first)s on.") % {"first": _day(scope.begins_on)}
    if scope.ends_on:
        return _("Entries of the trail until %(last)s.") % {"last": _day(scope.ends_on)}
    return _("Entries of the trail of all times.")


@dataclasses.dataclass(frozen=True)
class EngagementRow:
    """An audit in a list, or on its own page."""

    public_id: uuid.UUID
    url: str
    person: str
    email: str
    organization: str
    reason: str
    starts_on: dt.date
    ends_on: dt.date
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str
    decided_at: dt.datetime | None
    ended_by: str
    ended_at: dt.datetime | None
    longer_until: dt.date | None
    longer_by: str
    status: Status
    waiting: bool
    running: bool
    mine: bool
    longer_is_mine: bool


def engagement_row(one: Engagement, *, reader: User) -> EngagementRow:
    """An audit as `reader` sees it."""
    return EngagementRow(
        public_id=one.public_id,
        url=reverse("auditors:auditor", args=[one.public_id]),
        person=name_of(one.user),
        email=one.user.email,
        organization=one.organization,
        reason=one.reason,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        proposed_by=name_of(one.proposed_by),
        proposed_at=one.proposed_at,
        decided_by=name_of(one.decided_by) if one.decided_by else "",
        decided_at=one.decided_at,
        ended_by=name_of(one.ended_by) if one.ended_by else _("by itself, after its last day"),
        ended_at=one.ended_at,
        longer_until=one.longer_until,
        longer_by=name_of(one.longer_by) if one.longer_by else "",
        status=Status(_STATES[one.state], str(Engagement.State(one.state).label)),
        waiting=one.state == Engagement.State.WAITING,
        running=one.state == Engagement.State.ADMITTED,
        mine=one.proposed_by_id == reader.pk,
        longer_is_mine=one.longer_by_id == reader.pk,
    )


# -- Samples -----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class SampleRow:
    """A sample in a list."""

    url: str
    number: int
    objective: str
    size: int
    population: int
    tested: int
    status: Status


def sample_row(sample: Sample, *, tested: int, items: int) -> SampleRow:
    """A sample with how far its test is."""
    if sample.drawn_at is None:
        status = Status("wait", _("Announced, not drawn"))
    elif tested < items:
        status = Status("wait", _("%(tested)s of %(items)s tested") % {"tested": tested, "items": items})
    else:
        status = Status("ok", _("Tested"))
    return SampleRow(
        url=reverse("auditors:sample", args=[sample.public_id]),
        number=sample.number,
        objective=sample.objective,
        size=sample.size,
        population=sample.population,
        tested=tested,
        status=status,
    )


def event_words(kind: str) -> str:
    """What an event is called; its name where the portal knows it no more."""
    return str(Event(kind).label) if kind in Event else kind


def role_words(hat: str | None) -> str:
    """What a role is called."""
    return str(Role(hat).label) if hat in set(Role) else (hat or _("No role"))


def sample_facts(sample: Sample, *, titles: Mapping[str, str], same_population: int) -> list[dict[str, Any]]:
    """What was announced, term by term. `titles` names purposes and elements; `same_population`: samples announced over these entries."""
    filters = sample.filters
    facts: list[dict[str, Any]] = [
        {"term": _("Entries from"), "value": _day(_moment(filters["from"]))},
        {"term": _("to, that day included"), "value": _day(_moment(filters["to"]) - dt.timedelta(days=1))},
        {"term": _("What happened"), "value": _kinds_words(filters.get("kinds"))},
    ]
    for name, term in (("purpose", _("Purpose")), ("element", _("Kind of data"))):
        if name in filters:
            facts.append({"term": term, "value": titles.get(filters[name], filters[name])})
    if "hat" in filters:
        facts.append({"term": _("Role"), "value": role_words(filters["hat"])})
    facts += [
        {
            "term": _("Population"),
            "value": ngettext("%(count)s entry", "%(count)s entries", sample.population) % {"count": f"{sample.population:,}"},
        },
        {"term": _("Size of the sample"), "value": sample.size},
        {"term": _("Strata"), "value": str(Sample.Strata(sample.strata).label)},
        {"term": _("Seed"), "value": sample.seed, "note": _("recorded before the draw")},
        {"term": _("Announced in entry"), "value": sample.commitment_id},
    ]
    if same_population > 1:
        facts.append(
            {
                "term": _("Other samples"),
                "value": _("%(count)s samples were announced over these same entries.") % {"count": same_population},
                "note": _("Say in your paper why."),
            }
        )
    return facts


def _moment(text: str) -> dt.datetime:
    return timezone.localtime(dt.datetime.fromisoformat(text), timezone.get_default_timezone())


def _kinds_words(kinds: Sequence[str] | None) -> str:
    if not kinds:
        return _("Everything")
    return event_words(kinds[0]) if len(kinds) == 1 else "; ".join(str(title) for title in areas_in(kinds))


def strata_rows(sample: Sample) -> list[dict[str, Any]]:
    """For each stratum: what it is called, how many entries it has, how many it gives."""
    counts, shares = sample.counts["counts"], sample.counts["shares"]
    words = event_words if sample.strata == Sample.Strata.KIND else role_words
    return [{"label": words(name), "entries": counts[name], "drawn": shares.get(name, 0)} for name in sorted(counts)]


@dataclasses.dataclass(frozen=True)
class ItemRow:
    """A drawn entry, what it says, and its test."""

    place: int
    at: dt.datetime
    number: int
    what: str
    who: str
    role: str
    purpose: str
    elements: str
    students: int
    stratum: str
    ticket: str
    found: bool
    changed: bool
    form: Any
    tested_at: dt.datetime | None


def item_row(item: SampleItem, line: Line | None, *, form: Any, people: Mapping[int, User], titles: Mapping[str, str]) -> ItemRow:
    """A drawn entry; `line` is None where the trail no longer has it or the scope no longer reaches it."""
    person = people.get(line.actor_id) if line and line.actor_id else None
    return ItemRow(
        place=item.place,
        at=item.entry_at,
        number=item.entry_id,
        what=event_words(line.kind) if line else "",
        who=name_of(person) if line else "",
        role=role_words(line.hat) if line and line.hat else "",
        purpose=titles.get(line.purpose, line.purpose) if line and line.purpose else "",
        elements=", ".join(titles.get(element, element) for element in (line.elements or []) if element != "audit") if line else "",
        students=line.students if line else 0,
        stratum=event_words(item.stratum) if item.sample.strata == Sample.Strata.KIND else item.stratum,
        ticket=item.ticket,
        found=line is not None,
        changed=line is not None and line.leaf != item.leaf,
        form=form,
        tested_at=item.tested_at,
    )


# -- Work papers -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class PaperRow:
    """A work paper in a list."""

    url: str
    number: int
    title: str
    version: int
    written_at: dt.datetime
    status: Status
    shared: bool
    signed: bool
    answers: int


def paper_row(paper: WorkPaper, version: PaperVersion, *, answers: int) -> PaperRow:
    """A work paper with its newest version."""
    return PaperRow(
        url=reverse("auditors:paper", args=[paper.public_id]),
        number=paper.number,
        title=version.title,
        version=version.number,
        written_at=version.written_at,
        status=_standing(version, paper),
        shared=paper.shared_at is not None,
        signed=paper.signed_at is not None,
        answers=answers,
    )


def _standing(version: PaperVersion, paper: WorkPaper) -> Status:
    words = str(PaperVersion.Standing(version.standing).label)
    if paper.signed_at is not None:
        words = _("%(standing)s, signed off") % {"standing": words}
    return Status(_STANDINGS[version.standing], words)


def parts_of(version: PaperVersion) -> list[dict[str, str]]:
    """The parts of a paper that say something, with their names."""
    named = (
        (_("Criteria"), version.criteria),
        (_("Condition"), version.condition),
        (_("Cause"), version.cause),
        (_("Effect"), version.effect),
        (_("Recommendation"), version.recommendation),
    )
    return [{"heading": heading, "text": text} for heading, text in named if text]


def evidence_rows(version: PaperVersion, *, linked: bool) -> list[dict[str, Any]]:
    """The evidence, with a link where the portal has a page of it that this reader may open."""
    return [
        {
            "kind": str(PaperVersion.Evidence(one["kind"]).label),
            "ref": one["ref"],
            "sha256": one.get("sha256", ""),
            "note": one.get("note", ""),
            "href": _address_of(one) if linked else "",
        }
        for one in version.evidence
    ]


def _address_of(one: Mapping[str, str]) -> str:
    if one["kind"] == "entry" and _is_uuid(one["ref"]):
        return reverse("audit:entry", args=[one["ref"]])
    if one["kind"] == "sample" and _is_uuid(one["ref"]):
        return reverse("auditors:sample", args=[one["ref"]])
    return ""


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def entry_place(ref: str) -> tuple[int, dt.datetime] | None:
    """(number, time) of the entry whose address, or page, somebody gave; None where it is none."""
    for part in reversed(ref.strip().rstrip("/").split("/")):
        if _is_uuid(part):
            found = addresses.entry_at(uuid.UUID(part))
            return (found[1], found[0]) if found else None
    return None


def answer_rows(answers: Sequence[PaperAnswer]) -> list[dict[str, Any]]:
    """Management's responses, the newest first."""
    return [
        {
            "status": Status(_AGREEMENTS[one.agreement], str(PaperAnswer.Agreement(one.agreement).label)),
            "text": one.text,
            "done_by": one.done_by,
            "who": name_of(one.written_by),
            "at": one.written_at,
            "version": one.version,
            "sha256": one.sha256,
        }
        for one in answers
    ]


def paper_file(paper: WorkPaper, versions: Sequence[PaperVersion], answers: Sequence[PaperAnswer]) -> dict[str, Any]:
    """The whole paper as a JSON document: every version and answer with its sha256 and how that is made."""
    return {
        "form": "work-paper/1",
        "hash": "sha256 of the JSON of `content`: keys sorted, separators ',' and ':', UTF-8, no escapes of letters",
        "paper": str(paper.public_id),
        "number": paper.number,
        "audit": str(paper.engagement.public_id),
        "organization": paper.engagement.organization,
        "shared_at": paper.shared_at and paper.shared_at.isoformat(),
        "signed_at": paper.signed_at and paper.signed_at.isoformat(),
        "signed_by": name_of(paper.signed_by) if paper.signed_by else None,
        "versions": [
            {
                "number": one.number,
                "written_at": one.written_at.isoformat(),
                "written_by": name_of(one.written_by),
                "sha256": one.sha256,
                "content": content_of(one),
            }
            for one in versions
        ],
        "answers": [
            {
                "written_at": one.written_at.isoformat(),
                "written_by": name_of(one.written_by),
                "sha256": one.sha256,
                "content": {
                    "version": one.version,
                    "agreement": one.agreement,
                    "text": one.text,
                    "done_by": one.done_by and one.done_by.isoformat(),
                },
            }
            for one in answers
        ],
    }


def sample_file(sample: Sample, items: Sequence[SampleItem]) -> dict[str, Any]:
    """The sample as a JSON document: enough for an outsider with the population's leaf hashes to redo the draw."""
    return {
        "form": "trail-sample/1",
        "rule": "ticket = sha256(seed, UTF-8 || leaf hash, 32 bytes); each stratum gives its `shares` smallest tickets",
        "sample": str(sample.public_id),
        "number": sample.number,
        "announced": {"entry": sample.commitment_id, "at": sample.committed_at.isoformat()},
        "filters": sample.filters,
        "strata": sample.strata,
        "size": sample.size,
        "seed": sample.seed,
        "population": sample.population,
        **sample.counts,
        "entries": [
            {
                "place": one.place,
                "stratum": one.stratum,
                "entry": one.entry_id,
                "at": one.entry_at.isoformat(),
                "leaf": one.leaf,
                "ticket": one.ticket,
                "marks": one.marks,
                "note": one.note,
            }
            for one in items
        ],
        "attributes": sample.attributes,
    }
