"""What is done about the codes of letters and what families answer. Each verb is one transaction with its entry."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from breaches.handling import hat_of
from breaches.incidents.actions import open_for
from breaches.letters import codes, queries
from breaches.letters.models import Answer, Code
from breaches.notices import bars
from breaches.notices.models import Recipient
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from portal.base.sql import array

ANSWERED = "letters.answered"
MOST_ANSWERS = 20  # to one letter: whoever has more to say calls
_KEEP = """INSERT INTO letters_code(recipient_id, hash, made_at)
  SELECT recipient, decode(hash, 'hex'), %s FROM unnest(%s::bigint[], %s::text[]) c(recipient, hash) ON CONFLICT DO NOTHING"""


@transaction.atomic
def make_codes(public_ids: Mapping[int, UUID]) -> dict[int, str]:
    """The codes of these recipients (by id, from the public id), each kept as its hash before a letter carries it. One statement.

    It leaves no entry of its own: the batch of letters that it is part of has one.
    """
    made = {pk: codes.code_of(public_id) for pk, public_id in public_ids.items()}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [clock.now(), array(made), array(codes.hash_of(code).hex() for code in made.values())])
    return made


def find(*, code: str, at: dt.datetime) -> Code | None:
    """The letter of a code; None where it opens nothing. Raises CannotDo where an order bars this guardian since the letter went."""
    found = queries.by_code(code)
    if found is not None and bars.is_barred(found.recipient, on=people.day_of(at)):
        raise CannotDo(
            _("This letter cannot be read online any more. Call us: we tell you why, and what you can do if you do not agree."),
            code="barred",
        )
    return found


@transaction.atomic
def open_letter(*, code: str, at: dt.datetime) -> Code | None:
    """Open the letter of a code, count it, and record it; None where the code opens nothing. The entry names no child and no code.

    Raises CannotDo where an order bars this guardian since the letter went.
    """
    found = find(code=code, at=at)
    if found is None or found.recipient.notice.version is None:
        return None
    locked = Code.objects.select_for_update(of=("self",)).get(pk=found.pk)
    found.openings = locked.openings = locked.openings + 1
    locked.first_opened_at, locked.last_opened_at = locked.first_opened_at or at, at
    locked.save(update_fields=["openings", "first_opened_at", "last_opened_at"])
    entries.append(Event.LETTER_OPENED, action=Action.ACCESS, by=None, about=found.recipient, data=_of(found.recipient))
    return found


@transaction.atomic
def answer(*, code: str, kind: str, language: str, words: str, at: dt.datetime) -> Answer:
    """Take in what somebody with the code says, and tell those who handle the incident. Raises CannotDo."""
    found = find(code=code, at=at)
    if found is None:
        raise CannotDo(_("This code opens no letter. Check each letter and number."), code="unknown")
    recipient = Recipient.objects.select_for_update(of=("self",)).select_related("notice__incident").get(pk=found.recipient_id)
    if kind == Answer.Kind.QUESTION and not words.strip():
        raise CannotDo(_("Write your question."), code="no_words")
    if recipient.answers.count() >= MOST_ANSWERS:
        raise CannotDo(_("You have written to us many times already. Please call us."), code="many")
    made = Answer.objects.create(recipient=recipient, kind=kind, language=language, words=words.strip(), came_at=at)
    entries.append(
        Event.LETTER_ANSWERED,
        action=Action.CREATE,
        by=None,
        about=recipient,
        data=_of(recipient) | {"answer": str(made.public_id), "kind": str(kind)},
    )
    outbox.put(ANSWERED, at=at, answer=str(made.public_id))
    return made


@transaction.atomic
def handle(*, answer: UUID, outcome: str, by: User, at: dt.datetime) -> Answer:
    """Say what became of an answer. One that needs a call puts its recipient on the list of calls. Raises CannotDo."""
    incident = Answer.objects.values_list("recipient__notice__incident__public_id", flat=True).get(public_id=answer)
    open_for(incident, by=by, at=at)
    locked = Answer.objects.select_for_update(of=("self",)).select_related("recipient__notice").get(public_id=answer)
    if locked.handled_at is not None:
        raise CannotDo(_("Somebody looked after this already. You need not do anything."), code="handled")
    locked.handled_at, locked.handled_by, locked.outcome = at, by, outcome
    locked.save(update_fields=["handled_at", "handled_by", "outcome"])
    if outcome == Answer.Outcome.TO_CALL:
        Recipient.objects.filter(pk=locked.recipient_id, state__in=queries.GONE_OUT).update(
            state=Recipient.State.CALL, handled_at=at, handled_by=by
        )
    entries.append(
        Event.LETTER_ANSWER_HANDLED, action=Action.UPDATE, by=by, about=locked.recipient, hat=hat_of(by, at),
        data=_of(locked.recipient) | {"answer": str(answer), "outcome": str(outcome)},
    )  # fmt: skip
    return locked


def _of(recipient: Recipient) -> dict[str, str]:
    return {"notice": str(recipient.notice.public_id)}
