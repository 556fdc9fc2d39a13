"""What the district does with its rules and its data stewards. Each verb is one transaction with its entry inside."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from governance.authority import rules
from governance.authority.models import Absence, Basis, Element, Purpose, Rule, RuleSet, RuleVersion, Stewardship
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import School, User
from governance.trail import entries
from governance.vocabulary import Action, Event, Kind, Outcome, Permission
from portal.base.errors import CannotDo

# -- Rules ---------------------------------------------------------------------------------------------------------------------


def known_words() -> dict[str, Collection[str]]:
    """Words of facts that stand in the database, for `rules.validate`."""
    elements = list(Element.objects.values_list("key", "category"))
    return {
        "element.key": {key for key, _category in elements},
        "element.category": {category for _key, category in elements},
        "request.purpose": set(Purpose.objects.values_list("pk", flat=True)),
        "purpose.cap": {key for key, _category in elements},
        "purpose.never": {key for key, _category in elements},
    }


@transaction.atomic
def draft_version(
    *,
    key: str,
    kind: Kind,
    title: str,
    words: str,
    outcome: Outcome,
    when: Any,
    elements: Iterable[str],
    max_days: int | None,
    citation: str,
    basis: str,
    by: User,
    at: dt.datetime,
) -> RuleVersion:
    """Draft the next version of a rule, or the first of a new one; an open draft is replaced, an approved version never.

    Raises rules.Invalid where the condition does not follow the language, CannotDo for unknown elements or another kind than the rule has.
    """
    faults = rules.validate(when, kind, known=known_words())
    if faults:
        raise rules.Invalid(faults)
    wanted = sorted(set(elements))
    if Element.objects.filter(pk__in=wanted).count() != len(wanted):
        raise CannotDo(_("One of the kinds of data does not exist. Choose from the list."))
    if basis and not Basis.objects.filter(pk=basis).exists():
        raise CannotDo(_("This legal basis does not exist. Choose from the list."))
    Rule.objects.get_or_create(key=key, defaults={"kind": kind})
    rule = Rule.objects.select_for_update().get(key=key)
    if rule.kind != kind:
        raise CannotDo(_("A rule stays of the kind it was made for. Make a new rule instead."))
    said = {
        "title": title,
        "words": words,
        "outcome": outcome,
        "when": when,
        "elements": wanted,
        "max_days": max_days,
        "citation": citation,
        "basis": basis,
        "drafted_at": at,
        "drafted_by": by,
    }
    draft = rule.versions.filter(approved_at=None).first()
    if draft is None:
        number = (rule.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        draft = RuleVersion.objects.create(rule=rule, number=number, **said)
    else:
        for name, value in said.items():
            setattr(draft, name, value)
        draft.save()
    entries.append(Event.RULE_DRAFTED, action=Action.CREATE, by=by, about=draft, data={"rule": key, "number": draft.number})
    return draft


@transaction.atomic
def drop_draft(*, version: UUID, by: User, at: dt.datetime) -> None:
    """Give up a draft. A rule that never had an approved version goes with it."""
    draft = RuleVersion.objects.select_for_update().get(public_id=version)
    if draft.approved_at is not None:
        raise CannotDo(_("This version is approved. It cannot be dropped; a new version can take its place."))
    entries.append(Event.RULE_DRAFTED, action=Action.DELETE, by=by, about=draft, data={"rule": draft.rule_id, "number": draft.number})
    rule = draft.rule
    draft.delete()
    if not rule.versions.exists():
        rule.delete()


@transaction.atomic
def approve_version(*, version: UUID, by: User, in_force_from: dt.datetime | None, at: dt.datetime) -> RuleVersion:
    """Let a draft take effect at a time (None: at once), in place of the version before it. By another person than who drafted it.

    Old decisions keep the old version. Raises CannotDo for one's own draft or one that is approved already.
    """
    RuleSet.objects.get_or_create(pk=1)
    RuleSet.objects.select_for_update().get(pk=1)  # one change of the rules at a time
    draft = RuleVersion.objects.select_for_update(of=("self",)).select_related("rule").get(public_id=version)
    if draft.approved_at is not None:
        raise CannotDo(_("This version is approved already."))
    if draft.drafted_by_id == by.pk:
        raise CannotDo(_("You drafted this version, so another person must approve it."))
    faults = rules.validate(draft.when, Kind(draft.rule.kind), known=known_words())
    if faults:
        raise rules.Invalid(faults)
    begins = max(in_force_from or at, at)
    draft.rule.versions.filter(approved_at__isnull=False, in_force_until=None).update(in_force_until=begins)
    draft.approved_at, draft.approved_by, draft.in_force_from = at, by, begins
    draft.save(update_fields=["approved_at", "approved_by", "in_force_from"])
    RuleSet.objects.filter(pk=1).update(version=F("version") + 1)
    entries.append(
        Event.RULE_APPROVED,
        action=Action.UPDATE,
        by=by,
        about=draft,
        rule_version=str(draft),
        data={"rule": draft.rule_id, "number": draft.number, "in_force_from": begins.isoformat(timespec="seconds")},
    )
    return draft


@transaction.atomic
def propose_end(*, version: UUID, reason: str, by: User, at: dt.datetime) -> RuleVersion:
    """Ask that a rule in force end with nothing in its place. It holds until another person agrees. Raises CannotDo."""
    held = _in_force(version, at=at)
    if held.end_proposed_at is not None:
        raise CannotDo(_("Its end is proposed already. Another person decides about it."))
    held.end_proposed_at, held.end_proposed_by, held.end_reason = at, by, reason
    held.save(update_fields=["end_proposed_at", "end_proposed_by", "end_reason"])
    _tell_end(Event.RULE_END_PROPOSED, held, by=by)
    return held


@transaction.atomic
def end_version(*, version: UUID, by: User, at: dt.datetime) -> RuleVersion:
    """Let a rule end now, by another person than who proposed it. Decisions that rest on it keep it. Raises CannotDo."""
    RuleSet.objects.select_for_update().get(pk=1)  # one change of the rules at a time
    held = _end_proposed(version, at=at)
    if held.end_proposed_by_id == by.pk:
        raise CannotDo(_("You proposed this end, so another person must agree to it."))
    held.in_force_until, held.ended_by = at, by
    held.save(update_fields=["in_force_until", "ended_by"])
    RuleSet.objects.filter(pk=1).update(version=F("version") + 1)
    _tell_end(Event.RULE_ENDED, held, by=by)
    return held


@transaction.atomic
def keep_version(*, version: UUID, by: User, at: dt.datetime) -> RuleVersion:
    """Call the proposed end of a rule off. Raises CannotDo."""
    held = _end_proposed(version, at=at)
    held.end_proposed_at, held.end_proposed_by, held.end_reason = None, None, ""
    held.save(update_fields=["end_proposed_at", "end_proposed_by", "end_reason"])
    _tell_end(Event.RULE_KEPT, held, by=by)
    return held


def _in_force(version: UUID, *, at: dt.datetime) -> RuleVersion:
    held = RuleVersion.objects.select_for_update(of=("self",)).get(public_id=version)
    if held.in_force_from is None or held.in_force_from > at or (held.in_force_until is not None and held.in_force_until <= at):
        raise CannotDo(_("This version is not in force. Only a rule that holds can end."))
    return held


def _end_proposed(version: UUID, *, at: dt.datetime) -> RuleVersion:
    held = _in_force(version, at=at)
    if held.end_proposed_at is None:
        raise CannotDo(_("Nobody proposes to end this rule any more."))
    return held


def _tell_end(event: Event, held: RuleVersion, *, by: User) -> None:
    data = {"rule": held.rule_id, "number": held.number}
    entries.append(event, action=Action.UPDATE, by=by, about=held, rule_version=str(held), data=data)


# -- Stewards ------------------------------------------------------------------------------------------------------------------


def may_decide(user: User, *, on: dt.date) -> bool:
    """True if the person's roles on that day let them decide data requests."""
    return user.is_active and permissions.holds(people.roles_of(user, on=on), Permission.DECIDE_REQUESTS)


@transaction.atomic
def designate(
    *,
    steward: User,
    deputy: User | None,
    title: str,
    categories: Iterable[str],
    schools: Iterable[School],
    order: str,
    starts_on: dt.date,
    ends_on: dt.date | None,
    by: User,
    at: dt.datetime,
) -> Stewardship:
    """Designate a data steward by order for element categories and schools (none: the district), for a term, with a deputy.

    Raises CannotDo for a person without a role that decides, a deputy who is the steward, or a term that ends before it starts.
    """
    if deputy is not None and deputy.pk == steward.pk:
        raise CannotDo(_("The deputy must be another person than the steward."))
    if ends_on is not None and ends_on < starts_on:
        raise CannotDo(_("The last day of the term is before its first day."))
    for person in (steward, deputy):
        if person is not None and not may_decide(person, on=starts_on):
            raise CannotDo(_("%(name)s has no role that decides on that day. Give the role of data steward first.") % {"name": person.name})
    made = Stewardship.objects.create(
        steward=steward,
        deputy=deputy,
        title=title,
        categories=sorted(set(categories)),
        order=order,
        starts_on=starts_on,
        ends_on=ends_on,
        designated_at=at,
        designated_by=by,
    )
    chosen = list(schools)
    made.schools.set(chosen)
    entries.append(
        Event.STEWARD_DESIGNATED,
        action=Action.CREATE,
        by=by,
        about=made,
        data={
            "steward": str(steward.public_id),
            "deputy": str(deputy.public_id) if deputy else None,
            "categories": made.categories,
            "schools": sorted(str(school.public_id) for school in chosen),
        },
    )
    return made


@transaction.atomic
def set_absence(*, stewardship: UUID, starts_on: dt.date, ends_on: dt.date, by: User, at: dt.datetime) -> Absence:
    """Days on which the deputy decides. Said by the steward or by who designates stewards."""
    found = _locked(stewardship)
    if by.pk != found.steward_id and not _may_designate(by, on=at.date()):
        raise CannotDo(_("Only the steward or a district admin sets absences."))
    if ends_on < starts_on:
        raise CannotDo(_("The last day away is before the first."))
    if found.ended_at is not None:
        raise CannotDo(_("This designation has ended."))
    absence = Absence.objects.create(stewardship=found, starts_on=starts_on, ends_on=ends_on)
    entries.append(
        Event.STEWARD_DESIGNATED,
        action=Action.UPDATE,
        by=by,
        about=found,
        data={"away": [starts_on.isoformat(), ends_on.isoformat()]},
    )
    return absence


@transaction.atomic
def end_stewardship(*, stewardship: UUID, by: User, at: dt.datetime) -> Stewardship:
    """End a designation now. What waits there goes to whoever is designated next, or to the district admins. Twice changes nothing."""
    found = _locked(stewardship)
    if found.ended_at is None:
        found.ended_at, found.ended_by = at, by
        found.save(update_fields=["ended_at", "ended_by"])
        entries.append(Event.STEWARD_ENDED, action=Action.UPDATE, by=by, about=found, data={"steward": str(found.steward.public_id)})
    return found


def _locked(public_id: UUID) -> Stewardship:
    return Stewardship.objects.select_for_update(of=("self",)).select_related("steward").get(public_id=public_id)


def _may_designate(user: User, *, on: dt.date) -> bool:
    return permissions.holds(people.roles_of(user, on=on), Permission.DESIGNATE_STEWARDS)
