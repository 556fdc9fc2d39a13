"""What a provider's contacts do here. Each verb is one transaction with its entry, and asks again for whom the person acts."""

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base import outbox
from portal.base.errors import CannotDo
from vendors.company import queries
from vendors.company.models import BreachNotice, QuestionnaireDraft, SupplierNotice
from vendors.providers import actions as catalogue_actions
from vendors.providers import queries as catalogue
from vendors.providers.models import Provider, Subprocessor, Tool
from vendors.reviews import actions as reviews
from vendors.reviews import checklist
from vendors.reviews.models import Questionnaire

BREACH_TOLD = "vendors.breach_notice"


class CannotAct(CannotDo):
    """Nothing was changed."""


@transaction.atomic
def save_draft(
    *, questionnaire: UUID, edition: str, answers: Mapping[str, tuple[str, str]], by: User, at: dt.datetime
) -> QuestionnaireDraft:
    """Keep answers that are not complete: question -> (answer, words). Raises CannotAct for another edition, provider, or one handed in."""
    found = _questionnaire(questionnaire, edition, by=by, at=at)
    known = {question.id for question in checklist.questionnaire()[1]}
    kept = {question: [said, words[:1000]] for question, (said, words) in answers.items() if question in known and (said or words)}
    draft, _made = QuestionnaireDraft.objects.update_or_create(
        questionnaire=found, defaults={"answers": kept, "saved_at": at, "saved_by": by}
    )
    entries.append(Event.QUESTIONNAIRE_SAVED, action=Action.UPDATE, by=by, about=found, data={"answered": len(kept)})
    return draft


@transaction.atomic
def hand_in(*, questionnaire: UUID, edition: str, answers: Mapping[str, tuple[str, str]], by: User, at: dt.datetime) -> Questionnaire:
    """Hand the answers in; the draft goes. Raises CannotAct for questions of another edition than the one that was sent, and CannotDo where
    answers are missing."""
    found = _questionnaire(questionnaire, edition, by=by, at=at)
    handed_in = reviews.hand_in(questionnaire=found.public_id, answers=answers, by=by, at=at)
    QuestionnaireDraft.objects.filter(questionnaire=found).delete()
    return handed_in


@transaction.atomic
def tell_of_breach(
    *,
    tools: Collection[Tool],
    discovered_at: dt.datetime,
    happened: str,
    data: str,
    people_about: int | None,
    contained: bool,
    measures: str,
    reach: str,
    by: User,
    at: dt.datetime,
) -> BreachNotice:
    """Tell the district that students' data got into wrong hands at the provider's side. Its clock runs from `discovered_at`.

    Raises CannotAct for whoever acts for no provider, for another one's tool, and for a discovery to come.
    """
    provider = _acting(by, at)
    if any(tool.provider_id != provider.pk for tool in tools):
        raise CannotAct(_("One of these tools belongs to another provider."), code="other_provider")
    if discovered_at > at:
        raise CannotAct(_("The moment of the discovery is in the future. Correct it."), code="future")
    hours, clock_id = queries.breach_term(provider, at=at)
    made = BreachNotice.objects.create(
        provider=provider,
        tools=sorted(tool.public_id for tool in tools),
        discovered_at=discovered_at,
        happened=happened.strip(),
        data=data.strip(),
        people=people_about,
        contained=contained,
        measures=measures.strip(),
        reach=reach.strip(),
        hours=hours,
        clock=clock_id,
        due_at=discovered_at + dt.timedelta(hours=hours),
        received_at=at,
        received_from=by,
    )
    entries.append(
        Event.PROVIDER_BREACH_TOLD,
        action=Action.CREATE,
        by=by,
        about=made,
        data={"provider": str(provider.public_id), "late": at > made.due_at, "hours": hours},
    )
    outbox.put(BREACH_TOLD, at=at, notice=str(made.public_id))
    return made


@transaction.atomic
def announce_supplier(
    *, tool: Tool, change: str, name: str, country: str, does: str, elements: Collection[str], starts_on: dt.date, by: User, at: dt.datetime
) -> SupplierNotice:
    """Announce that a supplier comes or goes. The catalogue changes when the district has looked. Raises CannotAct for another's tool."""
    provider = _acting(by, at)
    if tool.provider_id != provider.pk:
        raise CannotAct(_("This tool belongs to another provider."), code="other_provider")
    made = SupplierNotice.objects.create(
        tool=tool,
        change=change,
        name=name.strip(),
        country=country,
        does=does.strip(),
        elements=sorted(set(elements)),
        starts_on=starts_on,
        announced_at=at,
        announced_by=by,
    )
    entries.append(
        Event.SUBPROCESSOR_ANNOUNCED,
        action=Action.CREATE,
        by=by,
        about=made,
        elements=elements,
        data={"tool": str(tool.public_id), "change": change},
    )
    return made


@transaction.atomic
def take_announcement(*, notice: UUID, into_catalogue: bool, by: User, at: dt.datetime) -> SupplierNotice:
    """The district has looked at an announcement, and takes it into the catalogue or not. Twice changes nothing."""
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.MANAGE_PROVIDERS):
        raise CannotAct(_("Your role does not keep the catalogue."), code="no_role")
    found = SupplierNotice.objects.select_for_update(of=("self",)).select_related("tool").get(public_id=notice)
    if found.seen_at is not None:
        return found
    found.seen_at, found.seen_by = at, by
    found.save(update_fields=["seen_at", "seen_by"])
    if into_catalogue and found.change == SupplierNotice.Change.ADDED:
        catalogue_actions.add_subprocessor(
            tool=found.tool,
            name=found.name,
            country=found.country,
            does=found.does,
            elements=found.elements,
            since=found.starts_on,
            by=by,
            at=at,
        )
    elif into_catalogue:
        for gone in Subprocessor.objects.filter(tool=found.tool, name__iexact=found.name):
            catalogue_actions.remove_part(part=gone, by=by, at=at)
    entries.append(
        Event.SUBPROCESSOR_ANNOUNCED, action=Action.UPDATE, by=by, about=found, data={"taken": into_catalogue, "change": found.change}
    )
    return found


def _acting(by: User, at: dt.datetime) -> Provider:
    provider = catalogue.provider_of(by, at=at)
    if provider is None:
        raise CannotAct(_("Your account acts for no provider."), code="not_the_provider")
    return provider


def _questionnaire(public_id: UUID, edition: str, *, by: User, at: dt.datetime) -> Questionnaire:
    found = Questionnaire.objects.select_for_update(of=("self",)).filter(public_id=public_id, provider=_acting(by, at)).first()
    if found is None:
        raise CannotAct(_("This questionnaire was sent to another provider."), code="not_the_provider")
    if found.handed_in_at is not None:
        raise CannotAct(_("This questionnaire was handed in already."), code="handed_in")
    if edition != found.edition:
        raise CannotAct(
            _("The questions have changed since you opened them. Nothing was taken. Open the page again and compare your answers."),
            code="other_edition",
        )
    return found
