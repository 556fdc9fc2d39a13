"""What people say about an incident's facts and duties. Each verb is one transaction, with its entry inside.

Facts are kinds of data, counts and places; the entries name versions and ids, and no words that somebody typed.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.assessment import laws, queries
from breaches.assessment.models import FactSheet, LawReview, Met, Override, PoliceHold
from breaches.handling import check_may, hat_of
from breaches.incidents.actions import open_for
from breaches.incidents.models import Incident
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo


@dataclasses.dataclass(frozen=True)
class Answers:
    """The facts as somebody answers them; see `models.FactSheet`."""

    elements: Sequence[str]
    protection: str
    protected_by: str
    harm: str
    harm_reason: str
    residents: Mapping[str, int]
    students: int | None
    found: str
    at_provider: bool

    def sheet(self, incident: Incident, number: int, *, enrolled: int) -> FactSheet:
        """A version of the facts that is not saved yet."""
        return FactSheet(
            incident=incident,
            number=number,
            elements=sorted(self.elements),
            protection=self.protection,
            protected_by=self.protected_by.strip(),
            harm=self.harm,
            harm_reason=self.harm_reason.strip(),
            residents=dict(sorted(self.residents.items())),
            students=self.students,
            enrolled=enrolled,
            found=self.found,
            at_provider=self.at_provider,
        )


def preview(incident: Incident, answers: Answers) -> FactSheet:
    """The next version, not saved: what pages compare with the present one."""
    newest = queries.sheets_of(incident).last()
    return answers.sheet(incident, newest.number + 1 if newest else 1, enrolled=queries.enrolled())


@transaction.atomic
def say_facts(*, incident: UUID, answers: Answers, seen: int, by: User, at: dt.datetime) -> FactSheet:
    """Write down the facts as a further version. `seen` is the version the person had before them, 0 for none.

    Raises CannotDo where somebody wrote another one meanwhile, where nothing changed, and where more people live in the states than are
    affected.
    """
    locked = open_for(incident, by=by, at=at)
    newest = queries.sheets_of(locked).last()
    if (newest.number if newest else 0) != seen:
        raise CannotDo(_("Somebody wrote down other facts meanwhile. Look at them, then change what you know better."), code="changed")
    made = answers.sheet(locked, seen + 1, enrolled=queries.enrolled())
    if newest is not None and _answers_of(newest) == _answers_of(made):
        raise CannotDo(_("These are the facts on record. Nothing changed."), code="same")
    if made.students is not None and sum(made.residents.values()) > made.students:
        raise CannotDo(_("More people live in the states you named than are affected. Change one of the two numbers."), code="too_many")
    case = queries.case_of(locked)
    made.answers = queries.told(queries.duties(case, made, queries.shared()))
    made.said_at, made.said_by = at, by
    made.save()
    _tell(Event.ASSESSMENT_FACTS_SAID, locked, by=by, at=at, action=Action.CREATE, version=made.number, elements=made.elements)
    return made


@transaction.atomic
def say_hold(
    *, incident: UUID, asked_by: str, in_writing: bool, since: dt.datetime, until: dt.datetime | None, by: User, at: dt.datetime
) -> PoliceHold:
    """Record that the police ask to wait with notices. Only a request in writing lets clocks wait, and only where the law says so.

    Raises CannotDo for a beginning in the future and an end before it.
    """
    locked = open_for(incident, by=by, at=at)
    if since > at:
        raise CannotDo(_("The request lies in the future. Give the moment when they asked."), code="in_the_future")
    if until is not None and until < since:
        raise CannotDo(_("It cannot end before it began. Change one of the two."), code="backwards")
    made = PoliceHold.objects.create(
        incident=locked, asked_by=asked_by.strip(), in_writing=in_writing, since=since, until=until, said_at=at, said_by=by
    )
    _tell(
        Event.ASSESSMENT_HOLD_SAID, locked, by=by, at=at,
        in_writing=in_writing, since=since.isoformat(), until=until.isoformat() if until else None,
    )  # fmt: skip
    return made


@transaction.atomic
def override(*, incident: UUID, law: str, says: str, counsel: str, reason: str, by: User, at: dt.datetime) -> Override:
    """Record counsel's answer for one law here. It stands while the row, the computed answer and its reasons stay what they are.

    Raises CannotDo without facts, without counsel's name or reason, and for a law that is not assessed.
    """
    locked = open_for(incident, by=by, at=at)
    found = next((each for each in queries.assess(queries.case_of(locked)).laws if each.law.row.id == law), None)
    if found is None:
        raise CannotDo(_("Write down the facts first: counsel answers to facts."), code="no_facts")
    if not counsel.strip() or not reason.strip():
        raise CannotDo(_("Say which counsel answered, and why."), code="no_reason")
    made = Override.objects.create(
        incident=locked, law=law, says=says, counsel=counsel.strip(), reason=reason.strip(),
        saw=queries.saw(found.law, found.duty), said_at=at, said_by=by,
    )  # fmt: skip
    _tell(Event.ASSESSMENT_OVERRIDDEN, locked, by=by, at=at, law=law, computed=found.duty.answer.value, says=str(says))
    return made


@transaction.atomic
def meet(*, incident: UUID, key: str, met_at: dt.datetime, words: str, by: User, at: dt.datetime) -> Met:
    """Say that a duty or a target was met, and how. Its clock stops. Raises CannotDo in the future, without words, and where it was met."""
    locked = open_for(incident, by=by, at=at)
    if met_at > at:
        raise CannotDo(_("This moment lies in the future. Give the moment when it was done."), code="in_the_future")
    if not words.strip():
        raise CannotDo(_("Say what was done, so that somebody can check it."), code="no_reason")
    if key not in keys_of(queries.assess(queries.case_of(locked))):
        raise CannotDo(_("This incident has no such clock."), code="unknown")
    made, is_new = Met.objects.get_or_create(
        incident=locked, key=key, taken_back_at=None, defaults={"met_at": met_at, "words": words.strip(), "said_at": at, "said_by": by}
    )
    if not is_new:
        raise CannotDo(_("Somebody said already that this was done."), code="decided")
    _tell(Event.ASSESSMENT_DUTY_MET, locked, by=by, at=at, duty=key, met=met_at.isoformat())
    return made


@transaction.atomic
def take_back(*, incident: UUID, key: str, by: User, at: dt.datetime) -> Met:
    """Take back that a duty was met: its clock runs again, with the end it had. Raises CannotDo where nobody said so."""
    locked = open_for(incident, by=by, at=at)
    found = Met.objects.filter(incident=locked, key=key, taken_back_at=None).first()
    if found is None:
        raise CannotDo(_("Nobody said that this was done."), code="unknown")
    found.taken_back_at, found.taken_back_by = at, by
    found.save(update_fields=["taken_back_at", "taken_back_by"])
    _tell(Event.ASSESSMENT_DUTY_REOPENED, locked, by=by, at=at, duty=key)
    return found


@transaction.atomic
def review_law(
    *, law: str, content: str, reach: str, counsel: str, words: str, reviewed_on: dt.date, by: User, at: dt.datetime
) -> LawReview:
    """Record counsel's review of one row of the law, as it stood on the page (`content`).

    Raises CannotDo where the row changed meanwhile, without counsel's name, and for a day in the future.
    """
    check_may(by, at=at)
    found = next((clock for clock in laws.breach_clocks() if clock.pk == law), None)
    if found is None or laws.content_of(found) != content:
        raise CannotDo(_("This row changed meanwhile. Let counsel read it again."), code="changed")
    if not counsel.strip():
        raise CannotDo(_("Say which counsel reviewed it."), code="no_reason")
    if reviewed_on > people.day_of(at):
        raise CannotDo(_("This day lies in the future. Give the day of the review."), code="in_the_future")
    made = LawReview.objects.create(
        law=law, content=content, reach=reach, counsel=counsel.strip(), words=words.strip(), reviewed_on=reviewed_on, said_at=at, said_by=by
    )
    entries.append(
        Event.ASSESSMENT_LAW_REVIEWED,
        action=Action.CREATE,
        by=by,
        hat=hat_of(by, at),
        data={"law": law, "content": content, "reach": str(reach)},
    )
    return made


def keys_of(assessment: queries.Assessment) -> set[str]:
    """What can be met here: laws, agreements' duties, targets that nothing ends by itself."""
    return {
        *(each.law.row.id for each in assessment.laws),
        *(each.key for each in assessment.agreements),
        *(each.target.key for each in assessment.targets if not each.target.until),
    }


def _answers_of(sheet: FactSheet) -> tuple[Any, ...]:
    return (
        sheet.elements, sheet.protection, sheet.protected_by, sheet.harm, sheet.harm_reason, sheet.residents, sheet.students, sheet.found,
        sheet.at_provider,
    )  # fmt: skip


def _tell(event: Event, incident: Incident, *, by: User, at: dt.datetime, action: Action = Action.UPDATE, **told: object) -> None:
    entries.append(event, action=action, by=by, about=incident, hat=hat_of(by, at), data=told)
