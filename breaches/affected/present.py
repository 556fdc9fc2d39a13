"""Lists of those affected as plain values: how one was made, what it counts, what two people changed. No name of a child, but where it was opened."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from breaches.affected.models import AffectedList, Correction
from breaches.affected.reading import Named
from breaches.incidents.models import Incident
from breaches.incidents.present import name_of
from governance.people.models import User
from governance.records.present import grade_words
from portal.base.components import Status
from portal.base.templatetags.portal import long_date, long_time
from vendors.providers.models import Provider


def crumbs(incident: Incident, *, of_list: AffectedList | None = None) -> list[dict[str, str]]:
    """The way back, from a page of an incident's lists or of one list."""
    way = [
        {"label": _("Incidents"), "href": reverse("incidents:incidents")},
        {"label": str(incident), "href": reverse("incidents:incident", args=[incident.public_id])},
        {"label": _("Who was affected"), "href": reverse("affected:lists", args=[incident.public_id])},
    ]
    if of_list is None:
        return way[:2]
    return [*way, {"label": how(of_list), "href": reverse("affected:list", args=[of_list.public_id])}]


def how(affected: AffectedList) -> str:
    """The sort of question that a list answers."""
    return str(AffectedList.How(affected.how).label)


def state_of(affected: AffectedList) -> Status:
    """Whether it is there."""
    return Status("ok", _("Frozen")) if affected.made_at is not None else Status("wait", _("Being made"))


def row(affected: AffectedList) -> dict[str, Any]:
    """A list among the lists of an incident; it comes from `queries.of_incident`."""
    return {
        "url": reverse("affected:list", args=[affected.public_id]),
        "how": how(affected),
        "asked_at": affected.asked_at,
        "who": name_of(affected.asked_by),
        "state": state_of(affected),
        "children": affected.children,
        "could": affected.could,
        "waiting": affected.waiting,  # type: ignore[attr-defined]  # annotated by the query
    }


def question(affected: AffectedList) -> list[dict[str, Any]]:
    """The question that was asked, as terms and values."""
    asked = affected.query
    found: list[dict[str, Any]] = [{"term": _("How it was made"), "value": how(affected)}]
    if "provider" in asked:
        provider = Provider.objects.filter(public_id=asked["provider"]).first()
        found.append({"term": _("Provider"), "value": provider.name if provider else ", ".join(asked["parties"])})
    if "actor" in asked:
        found.append({"term": _("Account"), "value": name_of(User.objects.filter(pk=asked["actor"]).first())})
    if "disclosure" in asked:
        found.append({"term": _("Line in the record of disclosures"), "value": asked["disclosure"]})
    found += [{"term": term, "value": _when(asked[key])} for key, term in (("from", _("From")), ("until", _("Until"))) if key in asked]
    if "reach" in asked or "named" in asked:
        found.append({"term": _("Beside them"), "value": _("those who could have been reached, kept apart")})
    return found


def facts(affected: AffectedList, *, touched: int, could: int, days: tuple[dt.date | None, dt.date | None]) -> list[dict[str, Any]]:
    """What a list that is made says: how many, which days, and the hash of its ids."""
    found: list[dict[str, Any]] = [
        {"term": _("Made"), "value": long_time(affected.made_at)},
        {"term": _("As it was made"), "value": _counts(affected.children, affected.could)},
        {"term": _("As it stands now"), "value": _counts(touched, could)},
        {"term": _("Of them former students"), "value": f"{affected.former:,}"},
        {"term": _("Lines and looks it rests on"), "value": f"{affected.lines:,}"},
    ]
    if days[0] and days[1]:
        found.append({"term": _("Days"), "value": _("%(first)s to %(last)s") % {"first": long_date(days[0]), "last": long_date(days[1])}})
    found.append({"term": _("SHA-256 of the ids, ascending, one a line"), "value": affected.sha256})
    return found


def corrections(
    found: Iterable[Correction], *, reader: User, titles: Mapping[str, str], names: Mapping[int, str] | None = None
) -> list[dict[str, Any]]:
    """What two people change on a list. Without `names` a child is its opaque id."""
    return [
        {
            "id": each.public_id,
            "child": (names or {}).get(each.student_id) or str(each.student.public_id),
            "is_named": bool(names),
            "what": _("Add to the list") if each.kind == Correction.Kind.ADD else _("Take off the list"),
            "elements": ", ".join(titles.get(key, key) for key in each.elements),
            "reason": each.reason,
            "proposed_at": each.proposed_at,
            "proposed_by": name_of(each.proposed_by),
            "waits": each.decided_at is None,
            "mine": each.proposed_by_id == reader.pk,
            "state": _decided(each),
            "decided_at": each.decided_at,
            "decided_by": name_of(each.decided_by),
        }
        for each in found
    ]


def _decided(each: Correction) -> Status:
    if each.decided_at is None:
        return Status("wait", _("Waits for a second person"))
    return Status("off", _("Refused")) if each.refused else Status("ok", _("Agreed"))


def members(found: Sequence[Named], titles: Mapping[str, str], affected: AffectedList) -> list[dict[str, Any]]:
    """The children of one page, by name."""
    return [
        {
            "id": one.student.public_id,
            "name": one.name or str(one.student.public_id),
            "grade": grade_words(one.grade) if one.grade else "",
            "school": one.student.school.name if one.student.school else "",
            "elements": ", ".join(titles.get(key, key) for key in one.elements),
            "could": one.could,
            "off_url": f"{reverse('affected:list', args=[affected.public_id])}?student={one.student.public_id}#change",
        }
        for one in found
    ]


def tallies(found: Iterable[tuple[str, int]], words: Mapping[str, str], *, none: str) -> list[dict[str, Any]]:
    """Counts for a table; `none` stands where a count belongs to nothing."""
    return [{"what": words.get(key, key) or none, "count": number} for key, number in found]


def grades(found: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Counts by grade for a table."""
    return [{"what": grade_words(grade) if grade else _("None recorded"), "count": number} for grade, number in found]


def _counts(children: int, could: int) -> str:
    if not could:
        return f"{children:,}"
    return _("%(children)s touched, %(could)s who could have been") % {"children": f"{children:,}", "could": f"{could:,}"}


def _when(said: str) -> str:
    if len(said) > 10 and (moment := parse_datetime(said)) is not None:
        return long_time(moment)
    return long_date(parse_date(said))
