"""What an evidence pack says: everything on record about one incident, as plain values. No child is named or counted by number in a list of one.

Left out: privileged notes and the entries that tell of them, counsel's reasons, who reported, and every entry that names a student. How many
of each were left out is said.
"""

import datetime as dt
from typing import Any

from django.db.models import Count

from breaches.affected import queries as affected
from breaches.affected.models import AffectedList
from breaches.assessment import queries as assessment
from breaches.assessment.models import FactSheet
from breaches.assessment.rules import Answer
from breaches.clocks.present import length
from breaches.incidents import present as incident_words
from breaches.incidents import queries as incidents
from breaches.incidents.models import Custody, Decision, Incident, Note
from breaches.notices import queries as notices
from breaches.notices.models import Notice
from breaches.postings.models import Posting
from breaches.remedies import queries as remedies
from breaches.remedies.models import Remedy
from breaches.reports import queries as reports
from governance.people import queries as people

Content = dict[str, Any]


def of(incident: Incident, *, at: dt.datetime) -> Content:
    """Everything but the entries. Times are ISO text in UTC."""
    district = people.district()
    return {
        "edition": "1",
        "district": district.name if district else "",
        "made_at": _iso(at),
        "incident": _incident(incident),
        "timeline": _timeline(incident),
        "decisions": [
            {"at": _iso(one.at), "about": str(Decision.About(one.about).label), "words": one.words, "reason": one.reason, "by": who(one.by)}
            for one in incident.decisions.select_related("by")
            if one.about not in (Decision.About.LEAD, Decision.About.COUNSEL)  # whose words are ids of colleagues
        ],
        "facts": [_sheet(sheet) for sheet in FactSheet.objects.filter(incident=incident).order_by("number")],
        "clocks": _clocks(incident),
        "lists": [_list(one) for one in affected.of_incident(incident).filter(made_at__isnull=False)],
        "notices": [
            _notice(one) for one in Notice.objects.filter(incident=incident).order_by("made_at").prefetch_related("versions__approvals__by")
        ],
        "remedies": _remedies(incident, at),
        "evidence": _evidence(incident),
        "posting": _posting(incident),
        "left_out": {"privileged_notes": Note.objects.filter(incident=incident, privileged=True).count()},
    }


def references(incident: Incident) -> list[str]:
    """The opaque ids of everything of which entries about the incident may tell."""
    found = [incident.public_id]
    for model in (AffectedList, Notice, Remedy, Posting):
        found += model.objects.filter(incident=incident).order_by("pk").values_list("public_id", flat=True)
    return [str(one) for one in found]


def _incident(one: Incident) -> Content:
    return {
        "number": str(one),
        "title": one.title,
        "kind": str(Incident.Kind(one.kind).label),
        "severity": str(Incident.Severity(one.severity).label),
        "about_an_employee": one.account_id is not None and one.kind == Incident.Kind.MISUSE,
        "company": one.provider.name if one.provider else "",
        "lead": who(one.lead),
        "happened_from": _iso(one.happened_from),
        "happened_until": _iso(one.happened_until),
        "opened_at": _iso(one.opened_at),
        "starts": {start.value: _iso(at) for start, at in incidents.starts_of(one).items()},
        "confirmed_breach": one.confirmed_breach,
        "closed_at": _iso(one.closed_at),
        "outcome": str(Incident.Outcome(one.outcome).label) if one.outcome else "",
        "found": one.found,
        "done": one.done,
        "told": one.told,
        "lessons": one.lessons,
    }


def _timeline(incident: Incident) -> list[Content]:
    lines = incident_words.timeline(
        incident,
        moments=incident.moments.select_related("said_by"),
        steps=incident.steps.select_related("taken_by"),
        all_tasks=incident.tasks.select_related("owner", "done_by"),
        decisions=(),
        notes=Note.objects.filter(incident=incident, privileged=False).select_related("by"),
        told=reports.of_incident(incident.public_id),
    )
    return [{"at": _iso(line["when"]), "what": line["title"], "by": line["who"], "words": line.get("text", "")} for line in lines]


def _sheet(sheet: FactSheet) -> Content:
    return {
        "version": sheet.number,
        "at": _iso(sheet.said_at),
        "elements": list(sheet.elements),
        "protection": sheet.get_protection_display(),
        "harm": sheet.get_harm_display(),
        "students": sheet.students,
        "residents": sheet.residents,
        "found": sheet.get_found_display(),
        "at_provider": sheet.at_provider,
    }


def _clocks(incident: Incident) -> list[Content]:
    found = assessment.assess(assessment.case_of(incident))
    laws = [
        {
            "law": each.law.row.citation or each.law.row.id,
            "place": each.law.row.jurisdiction,
            "to": each.law.row.who_is_told,
            "answer": "duty" if each.answer is Answer.DUTY else "ask counsel",
            "reviewed_by_counsel": each.law.reviewed,
            "counsel_answered": each.override is not None and not each.lapsed,
            "time": length(each.law.row.length.number, each.law.row.length.unit),
            "due_at": _iso(each.due.at) if each.due else None,
            "met_at": _iso(each.met.met_at) if each.met else None,
            "how_met": each.met.words if each.met else "",
        }
        for each in found.laws
        if each.answer is not Answer.NONE
    ]
    agreed = [
        {
            "law": each.version.agreement.title, "place": "", "to": "the district" if each.by_provider else "the provider", "answer": "agreement",
            "reviewed_by_counsel": None, "counsel_answered": False, "time": each.words, "due_at": _iso(each.due.at),
            "met_at": _iso(each.met.met_at) if each.met else None, "how_met": each.met.words if each.met else "",
        }
        for each in found.agreements
    ]  # fmt: skip
    return laws + agreed


def _list(one: AffectedList) -> Content:
    touched, could = affected.counts_of(one)
    changes = affected.changes_to(one).filter(decided_at__isnull=False, refused=False).order_by().values_list("kind").annotate(Count("pk"))
    return {
        "made_at": _iso(one.made_at),
        "how": str(AffectedList.How(one.how).label),
        "children": one.children,
        "could_have_been_reached": one.could,
        "former": one.former,
        "lines": one.lines,
        "elements": list(one.elements),
        "sha256_of_ids": one.sha256,
        "changed_by_two_people": dict(changes),
        "children_now": touched,
        "could_now": could,
    }


def _notice(one: Notice) -> Content:
    return {
        "made_at": _iso(one.made_at),
        "started_at": _iso(one.started_at),
        "stopped_at": _iso(one.stopped_at),
        "sent_version": one.version.number if one.version else None,
        "recipients": {key: number for key, number in notices.figures_of(one).items() if number},
        "kept_back": one.kept_back,
        "versions": [
            {
                "number": version.number,
                "at": _iso(version.written_at),
                "sha256": version.sha256,
                "texts": version.texts,
                "approvals": [{"at": _iso(given.at), "by": who(given.by), "sha256": given.sha256} for given in version.approvals.all()],
            }
            for version in one.versions.all()
        ],
    }


def _remedies(incident: Incident, at: dt.datetime) -> list[Content]:
    found = list(remedies.of_incident(incident))
    figures = remedies.figures(found, on=people.day_of(at))
    return [
        {
            "kind": str(Remedy.Kind(one.kind).label), "title": one.texts["en"]["title"], "offered_at": _iso(one.offered_at),
            "answer_by": one.answer_by.isoformat(), "offered": figures[one.pk].offered, "accepted": figures[one.pk].accepted,
            "refused": figures[one.pk].refused, "carried_out": figures[one.pk].done,
        }
        for one in found
    ]  # fmt: skip


def _evidence(incident: Incident) -> list[Content]:
    return [
        {
            "title": one.title,
            "came_from": one.came_from,
            "size": one.size,
            "sha256": bytes(one.sha256).hex(),
            "custody": [
                {
                    "at": _iso(link.at), "act": str(Custody.Act(link.act).label), "by": who(link.by), "to": link.to, "reason": link.reason,
                    "hash_holds": link.holds,
                }
                for link in one.custody.all()
            ],
        }
        for one in incident.evidence.prefetch_related("custody__by")
    ]  # fmt: skip


def _posting(incident: Incident) -> Content | None:
    found = Posting.objects.filter(incident=incident, version__isnull=False).select_related("version").first()
    if found is None or found.version is None:
        return None
    return {
        "number": found.slug,
        "published_at": _iso(found.published_at),
        "sha256": found.version.sha256,
        "taken_down_at": _iso(found.taken_down_at),
    }


def who(user: Any) -> str:
    """The name of a colleague; empty for nobody."""
    return incident_words.name_of(user)


def _iso(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds") if at else None
