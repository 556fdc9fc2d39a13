"""The security questionnaire: sent to the provider, and handed in."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base import workdays
from vendors.providers import queries as catalogue
from vendors.reviews import checklist
from vendors.reviews.actions.parts import CannotReview, locked_open
from vendors.reviews.models import Questionnaire, QuestionnaireAnswer

QUESTIONNAIRE_WORKDAYS = 10


@transaction.atomic
def send_questionnaire(*, review: UUID, by: User, at: dt.datetime) -> Questionnaire:
    """Ask the provider to fill in the security questionnaire. Once for a review; twice changes nothing."""
    found = locked_open(review)
    edition, _questions = checklist.questionnaire()
    questionnaire, made = Questionnaire.objects.get_or_create(
        review=found,
        defaults={
            "provider_id": found.tool.provider_id,
            "edition": edition,
            "sent_at": at,
            "sent_by": by,
            "due_on": workdays.after(people.day_of(at), QUESTIONNAIRE_WORKDAYS),
        },
    )
    if made:
        entries.append(Event.QUESTIONNAIRE_SENT, action=Action.CREATE, by=by, about=questionnaire, data={"review": str(found.public_id)})
    return questionnaire


@transaction.atomic
def hand_in(*, questionnaire: UUID, answers: Mapping[str, tuple[str, str]], by: User, at: dt.datetime) -> Questionnaire:
    """Hand the questionnaire in for the provider: question -> (answer, words). Every question needs an answer.

    `by` is an open contact of the provider, or who keeps providers and has the answers on paper. Raises CannotReview otherwise, with answers
    missing, and for one that was handed in.
    """
    found = Questionnaire.objects.select_for_update(of=("self",)).select_related("review").get(public_id=questionnaire)
    if not _answers_for(found, by, at):
        raise CannotReview(_("Your account does not act for this provider."), code="not_the_provider")
    if found.handed_in_at is not None:
        raise CannotReview(_("This questionnaire was handed in already."), code="handed_in")
    _edition, questions = checklist.questionnaire()
    known = {question.id for question in questions}
    missing = [question.question for question in questions if question.id not in answers or not answers[question.id][0]]
    if missing or not set(answers) <= known:
        raise CannotReview(_("Answer every question. %(count)d are open.") % {"count": len(missing)}, code="incomplete")
    found.answers.all().delete()
    QuestionnaireAnswer.objects.bulk_create(
        QuestionnaireAnswer(questionnaire=found, question=question, answer=said, words=words[:1000])
        for question, (said, words) in answers.items()
    )
    found.handed_in_at, found.handed_in_by = at, by
    found.save(update_fields=["handed_in_at", "handed_in_by"])
    entries.append(Event.QUESTIONNAIRE_HANDED_IN, action=Action.UPDATE, by=by, about=found)
    return found


def _answers_for(questionnaire: Questionnaire, by: User, at: dt.datetime) -> bool:
    provider = catalogue.provider_of(by, at=at)
    if provider is not None:
        return provider.pk == questionnaire.provider_id
    return permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.MANAGE_PROVIDERS)
