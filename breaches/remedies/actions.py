"""What people do about remedies: offer, answer, give a code, carry out. Each verb is one transaction with its entry.

An answer and what follows from it go on after the incident has ended: families have until the day that they were given.
"""

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from breaches.affected.models import AffectedList
from breaches.handling import hat_of
from breaches.incidents import actions as incidents
from breaches.incidents.actions import check_handles
from breaches.incidents.models import Evidence
from breaches.remedies import queries, wording
from breaches.remedies.models import Code, Offer, Remedy
from governance.people import queries as people
from governance.people.models import User
from governance.records.family.queries import family_hat
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import vault
from portal.base.errors import CannotDo

MOST_CODES, CODE_LEAST, CODE_MOST = 100_000, 4, 200
# What shows that a code was given; present.py says it in words.
BY_PAGE, BY_PHONE = "code-shown", "code-told"
State = Offer.State

_OFFER = """INSERT INTO remedies_offer(remedy_id, student_id)
  SELECT %(remedy)s, c.student_id FROM affected_current c WHERE c.list_id = %(list)s AND (%(could)s OR NOT c.could) ORDER BY c.student_id
  ON CONFLICT DO NOTHING"""


# -- Offering ----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def offer(
    *, incident: UUID, kind: str, texts: wording.Texts, affected: UUID, with_could: bool, answer_by: dt.date,
    lasts_until: dt.date | None, by: User, at: dt.datetime,
) -> Remedy:  # fmt: skip
    """Offer something to every child of one of the incident's lists, once each. Families see it at once on their page.

    Raises CannotDo for another incident's list, one being made, a day that has passed, and for texts that are missing or too long.
    """
    locked = incidents.open_for(incident, by=by, at=at)
    which = AffectedList.objects.filter(public_id=affected, incident=locked).first()
    if which is None:
        raise CannotDo(_("This list belongs to another incident. Choose one of this incident."), code="other_incident")
    if which.made_at is None:
        raise CannotDo(_("This list is still being made. Wait until it is there."), code="not_made")
    if answer_by < people.day_of(at):
        raise CannotDo(_("This day has passed. Give families a day that is still to come."), code="in_the_past")
    if lasts_until is not None and lasts_until < answer_by:
        raise CannotDo(_("The help would end before the last day to answer. Change one of the two."), code="backwards")
    said = wording.cleaned(texts)
    if wanting := wording.missing(said):
        raise CannotDo(_("These parts are missing or too long: %(parts)s.") % {"parts": ", ".join(wanting)}, code="missing")
    made = Remedy.objects.create(
        incident=locked, affected=which, with_could=with_could, kind=kind, texts=said, answer_by=answer_by, lasts_until=lasts_until,
        offered_at=at, offered_by=by,
    )  # fmt: skip
    number = _to_everybody(made)
    _tell(Event.REMEDY_OFFERED, made, by=by, at=at, action=Action.CREATE, incident=str(locked.public_id), kind=str(kind), children=number)
    return made


@transaction.atomic
def include_newcomers(*, remedy: UUID, by: User, at: dt.datetime) -> int:
    """Offer it too to children who came to the list since; how many that were. Raises CannotDo where it is over, and where nobody came."""
    locked = _locked(remedy, by=by, at=at)
    _check_runs(locked, at)
    number = _to_everybody(locked)
    if not number:
        raise CannotDo(_("Everybody on the list has it already."), code="nobody")
    _tell(Event.REMEDY_OFFERED, locked, by=by, at=at, kind=locked.kind, children=number)
    return number


@transaction.atomic
def withdraw(*, remedy: UUID, reason: str, by: User, at: dt.datetime) -> Remedy:
    """Offer it no more. Whoever accepted it still gets it. Raises CannotDo without a reason and where that was done."""
    locked = _locked(remedy, by=by, at=at)
    _check_runs(locked, at, late=True)
    if not reason.strip():
        raise CannotDo(_("Say why it is not offered any more."), code="no_reason")
    locked.withdrawn_at, locked.withdrawn_by, locked.withdrawn_because = at, by, reason.strip()
    locked.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_because"])
    _tell(Event.REMEDY_WITHDRAWN, locked, by=by, at=at)
    return locked


@transaction.atomic
def add_codes(*, remedy: UUID, text: str, by: User, at: dt.datetime) -> tuple[int, int]:
    """Take codes in, one a line, and give them to families who accepted already. Answers (how many came, how many were given).

    Nothing is taken where one line is wrong. Raises CannotDo for a remedy without codes, for codes that are too short or too long, for
    the same code twice in the list, and for one that the portal has already; the lines are named, the codes are not.
    """
    locked = _locked(remedy, by=by, at=at)
    if locked.kind != Remedy.Kind.CREDIT_WATCH:
        raise CannotDo(_("This remedy has no codes."), code="no_codes")
    rows = _read(text)
    prints = {number: _fingerprint(code) for number, code in rows}
    first: dict[str, int] = {}
    for number, mark in prints.items():
        if mark in first:
            raise _same(number, first[mark])
        first[mark] = number
    made = [
        Code(remedy=locked, sealed=vault.seal(code.encode(), _under(locked)), fingerprint=prints[number], added_at=at, added_by=by)
        for number, code in rows
    ]
    try:
        with transaction.atomic():
            Code.objects.bulk_create(made, batch_size=2_000)
    except IntegrityError:
        known = set(Code.objects.filter(fingerprint__in=first).values_list("fingerprint", flat=True))
        lines = sorted(number for mark, number in first.items() if mark in known)
        raise _known(lines) from None
    given = sum(_give_code(waiting, at) for waiting in queries.without_code(locked))
    _tell(Event.REMEDY_CODES_ADDED, locked, by=by, at=at, codes=len(made), given=given)
    return len(made), given


def _read(text: str) -> list[tuple[int, str]]:
    """(number of the line, code) of each line that has one. Raises CannotDo."""
    rows = [(number, line.strip().strip("\ufeff\"',;")) for number, line in enumerate(text.splitlines(), start=1)]
    rows = [(number, code) for number, code in rows if code]
    if not rows:
        raise CannotDo(_("There is no code in it. Give one code on each line."), code="empty")
    if len(rows) > MOST_CODES:
        raise CannotDo(_("These are more than 100,000 codes. Take them in parts."), code="too_many")
    wrong = [number for number, code in rows if not CODE_LEAST <= len(code) <= CODE_MOST or not code.isprintable()]
    if wrong:
        raise CannotDo(
            _("These lines hold no code of 4 to 200 characters: %(lines)s. Nothing was taken.") % {"lines": _some(wrong)}, code="wrong"
        )
    return rows


def _same(number: int, before: int) -> CannotDo:
    words = _("Line %(line)d has the same code as line %(before)d. Nothing was taken.") % {"line": number, "before": before}
    return CannotDo(words, code="twice")


def _known(lines: list[int]) -> CannotDo:
    return CannotDo(
        _("The portal has the codes of these lines already: %(lines)s. Nothing was taken.") % {"lines": _some(lines)}, code="known"
    )


def _some(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")


# -- Answering ---------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(*, offer: UUID, accepted: bool, by: User, at: dt.datetime) -> Offer:
    """A family says yes or no on its page. A yes to a credit watch takes a code at once. Raises CannotDo for whoever may not answer for
    this child, after the last day, where the same was said before, and for a no once the help was given.
    """
    locked = _lock_offer(offer)
    if not queries.may_answer(by, locked.student, on=people.day_of(at)):
        raise CannotDo(_("You cannot answer for this child here. Call us instead."), code="not_yours")
    return _answer(locked, accepted, Offer.How.PAGE, by=by, at=at, hat=family_hat(by, on=people.day_of(at)))


@transaction.atomic
def note_answer(*, offer: UUID, accepted: bool, by: User, at: dt.datetime) -> Offer:
    """What a family said by phone or in person, written down by somebody who handles incidents. Raises CannotDo as `answer` does."""
    locked = _lock_offer(offer)
    check_handles(locked.remedy.incident, by=by, at=at)
    return _answer(locked, accepted, Offer.How.PHONE, by=by, at=at, hat=hat_of(by, at))


def _answer(locked: Offer, accepted: bool, how: str, *, by: User, at: dt.datetime, hat: object) -> Offer:
    _check_runs(locked.remedy, at)
    wanted = State.ACCEPTED if accepted else State.REFUSED
    if locked.state == wanted:
        raise CannotDo(_("This is the answer that we have already."), code="same")
    if locked.done_at is not None or Code.objects.filter(offer=locked).exists():
        raise CannotDo(_("This was given already. You need not use it."), code="given")
    locked.state, locked.how, locked.answered_at, locked.answered_by = wanted, how, at, by
    locked.save(update_fields=["state", "how", "answered_at", "answered_by"])
    got = _give_code(locked, at) if accepted and locked.remedy.kind == Remedy.Kind.CREDIT_WATCH else False
    told = {"offer": str(locked.public_id), "said": str(wanted), "how": str(how), "code": got}
    entries.append(
        Event.REMEDY_ANSWERED, action=Action.UPDATE, by=by, about=locked.remedy, students=[locked.student_id], hat=hat, data=told
    )
    return locked


def _give_code(locked: Offer, at: dt.datetime) -> bool:
    """Give the next free code; False where none is left. The offer is locked, so that it gets one, and the code's lock keeps others off."""
    code = queries.free_code(locked.remedy)
    if code is None:
        return False
    code.offer, code.given_at = locked, at
    code.save(update_fields=["offer", "given_at"])
    return True


# -- Giving and carrying out -------------------------------------------------------------------------------------------------------


def open_code(*, offer: UUID, by: User, at: dt.datetime) -> str:
    """The code of a child, for its family, once the entry that says who saw it is committed. The first time the remedy counts as done.

    Raises CannotDo for whoever may not answer for this child, and where there is no code; vault.Damaged.
    """
    with transaction.atomic():
        locked = _lock_offer(offer)
        if not queries.may_answer(by, locked.student, on=people.day_of(at)):
            raise CannotDo(_("You cannot answer for this child here. Call us instead."), code="not_yours")
        code = _open(locked, BY_PAGE, by=by, at=at, hat=family_hat(by, on=people.day_of(at)))
    return _unsealed(code)


def tell_code(*, offer: UUID, by: User, at: dt.datetime) -> str:
    """The code of a child, for somebody who tells it to the family by phone. Raises CannotDo and vault.Damaged as `open_code` does."""
    with transaction.atomic():
        locked = _lock_offer(offer)
        check_handles(locked.remedy.incident, by=by, at=at)
        code = _open(locked, BY_PHONE, by=by, at=at, hat=hat_of(by, at))
    return _unsealed(code)


def _open(locked: Offer, words: str, *, by: User, at: dt.datetime, hat: object) -> Code:
    code = Code.objects.select_for_update(of=("self",)).select_related("remedy").filter(offer=locked).first()
    if code is None:
        raise CannotDo(_("There is no code yet. We get more, and then it stands here."), code="no_code")
    if code.opened_at is None:
        code.opened_at = at
        code.save(update_fields=["opened_at"])
    if locked.done_at is None:
        locked.done_at, locked.done_by, locked.done_words = at, by, words
        locked.save(update_fields=["done_at", "done_by", "done_words"])
    entries.append(
        Event.REMEDY_CODE_OPENED, action=Action.UPDATE, by=by, about=locked.remedy, students=[locked.student_id], hat=hat,
        data={"offer": str(locked.public_id)},
    )  # fmt: skip
    return code


@transaction.atomic
def finish(*, offer: UUID, words: str, evidence: UUID | None, by: User, at: dt.datetime) -> Offer:
    """Say that an accepted remedy was carried out for a child, and what shows it. Raises CannotDo where nobody accepted it, where it is
    done, without words, for a credit watch (its code does it), and for evidence of another incident.
    """
    locked = _lock_offer(offer)
    check_handles(locked.remedy.incident, by=by, at=at)
    if locked.state != State.ACCEPTED or locked.done_at is not None:
        raise CannotDo(_("This does not follow from where it stands. Open the page again."), code="state")
    _finish([locked], words, _evidence(locked.remedy, evidence), by=by, at=at)
    locked.refresh_from_db()
    return locked


@transaction.atomic
def finish_all(*, remedy: UUID, words: str, evidence: UUID | None, by: User, at: dt.datetime) -> int:
    """The same for everybody who accepted; how many that were. Raises CannotDo as `finish` does, and where nothing is left to do."""
    locked = _locked(remedy, by=by, at=at)
    owed = list(
        Offer.objects.select_for_update(of=("self",)).filter(remedy=locked, state=State.ACCEPTED, done_at=None).select_related("remedy")
    )
    if not owed:
        raise CannotDo(_("Nobody waits for it."), code="nobody")
    _finish(owed, words, _evidence(locked, evidence), by=by, at=at)
    return len(owed)


def _finish(offers: list[Offer], words: str, shown: Evidence | None, *, by: User, at: dt.datetime) -> None:
    remedy = offers[0].remedy
    if remedy.kind == Remedy.Kind.CREDIT_WATCH:
        raise CannotDo(_("A credit watch is given by its code: on the family’s page, or by phone."), code="by_code")
    if not words.strip():
        raise CannotDo(_("Say what shows that it was done."), code="no_words")
    for start in range(0, len(offers), 1_000):  # as many children as an entry can name
        some = offers[start : start + 1_000]
        Offer.objects.filter(pk__in=[one.pk for one in some]).update(done_at=at, done_by=by, done_words=words.strip()[:300], evidence=shown)
        entries.append(
            Event.REMEDY_DONE, action=Action.UPDATE, by=by, about=remedy, students=[one.student_id for one in some], hat=hat_of(by, at),
            data={"offers": len(some), "evidence": str(shown.public_id) if shown else None},
        )  # fmt: skip


def _evidence(remedy: Remedy, public_id: UUID | None) -> Evidence | None:
    if public_id is None:
        return None
    found = Evidence.objects.filter(public_id=public_id, incident=remedy.incident_id).first()
    if found is None:
        raise CannotDo(_("This evidence belongs to another incident."), code="other_incident")
    return found


# -- What the verbs share ----------------------------------------------------------------------------------------------------------


def _to_everybody(remedy: Remedy) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OFFER, {"remedy": remedy.pk, "list": remedy.affected_id, "could": remedy.with_could})
        number: int = cursor.rowcount
    return number


def _locked(public_id: UUID, *, by: User, at: dt.datetime) -> Remedy:
    locked = Remedy.objects.select_for_update(of=("self",)).select_related("incident").get(public_id=public_id)
    check_handles(locked.incident, by=by, at=at)
    return locked


def _lock_offer(public_id: UUID) -> Offer:
    return Offer.objects.select_for_update(of=("self",)).select_related("remedy__incident", "student").get(public_id=public_id)


def _check_runs(remedy: Remedy, at: dt.datetime, *, late: bool = False) -> None:
    if remedy.withdrawn_at is not None:
        raise CannotDo(_("This is not offered any more."), code="withdrawn")
    if not late and remedy.answer_by < people.day_of(at):
        raise CannotDo(_("The last day to answer has passed. Call us: we may still be able to help."), code="too_late")


def _fingerprint(code: str) -> str:
    return salted_hmac("breaches.remedies.code", code, algorithm="sha256").hexdigest()


def _under(remedy: Remedy) -> str:
    return f"remedies-{remedy.public_id}"


def _unsealed(code: Code) -> str:
    return vault.unseal(bytes(code.sealed), _under(code.remedy)).decode()


def _tell(event: Event, remedy: Remedy, *, by: User, at: dt.datetime, action: Action = Action.UPDATE, **told: object) -> None:
    # No id of a child: an offer to many is told to families on their page, an answer has an entry of its own.
    entries.append(event, action=action, by=by, about=remedy, hat=hat_of(by, at), data=told)
