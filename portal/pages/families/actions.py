"""What the office does for families: codes for signing in, limits of court orders."""

import datetime as dt
import secrets

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from governance.people import accounts, queries, roles
from governance.people.models import FamilyCode, User
from governance.people.notices import hash_of
from governance.records.models import Guardianship
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import clock, outbox
from portal.base.errors import CannotDo

CODE_LASTS = dt.timedelta(days=14)
PAPERS_WITHIN = dt.timedelta(hours=72)
PAPERS_DUE = "families.papers_due"
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
CODE_LENGTH = 12


class CodeNotValid(Exception):
    """The code is unknown, used or too old: which of them is not told."""


class CannotLink(CannotDo):
    """The account was not made or linked; `what_to_do` says why."""


class OwnFamily(CannotLink):
    """Nobody decides at the desk about a child of their own."""

    def __init__(self) -> None:
        super().__init__(_("This is a child of your own. Somebody else of the office has to do this."))


def _refuse_own_family(link: Guardianship, by: User) -> None:
    if Guardianship.objects.filter(student=link.student_id, user=by, ended_at=None).exists():
        raise OwnFamily


# -- Codes -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def make_code(*, link: Guardianship, by: User, at: dt.datetime) -> tuple[str, dt.datetime]:
    """A new code for this guardian, to be printed once, and its last moment; older ones end.

    Raises CannotLink without a guardian, and OwnFamily.
    """
    _refuse_own_family(link, by)
    if link.guardian_id is None:
        raise CannotLink(_("The roster does not name this guardian, so there is nobody to give a code to."))
    code = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    FamilyCode.objects.filter(guardian_id=link.guardian_id, used_at=None, expires_at__gt=at).update(expires_at=at)
    made = FamilyCode.objects.create(
        guardian_id=link.guardian_id, code_hash=hash_of(code), made_at=at, made_by=by, expires_at=at + CODE_LASTS
    )
    entries.append(Event.FAMILY_CODE_MADE, action=Action.CREATE, by=by, about=link, students=[link.student_id], hat=Role.SECRETARY)
    return "-".join(code[place : place + 4] for place in range(0, CODE_LENGTH, 4)), made.expires_at


def find_code(code: str, *, at: dt.datetime) -> FamilyCode:
    """The open code that somebody typed, with or without dashes, in any case. Raises CodeNotValid."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    found = FamilyCode.objects.select_related("made_by").filter(code_hash=hash_of(typed), used_at=None, expires_at__gt=at).first()
    if found is None:
        raise CodeNotValid
    return found


@transaction.atomic
def join(*, code: str, name: str, email: str, password: str, language: str, at: dt.datetime) -> User:
    """Make a guardian's account and link it to the children of the code. Raises CodeNotValid, CannotLink."""
    found = find_code(code, at=at)
    try:
        user = accounts.make(email=email, name=name, language=language, by=None, at=at)
    except accounts.CannotChangeAccount:
        raise CannotLink(_("There is an account with this e-mail already. Sign in with it, then use the code.")) from None
    user.set_password(password)
    user.save(update_fields=["password"])
    _link(found, user, at)
    return user


@transaction.atomic
def add_children(*, code: str, by: User, at: dt.datetime) -> int:
    """Link the children of a code to an account that is there already; how many. Raises CodeNotValid, CannotLink."""
    return _link(find_code(code, at=at), by, at)


def _link(code: FamilyCode, user: User, at: dt.datetime) -> int:
    if code.made_by_id == user.pk:
        raise CannotLink(_("You made this code yourself. Somebody else of the office has to make the code that you use."))
    if not FamilyCode.objects.filter(pk=code.pk, used_at=None).update(used_at=at, used_by=user):
        raise CodeNotValid
    links = list(
        Guardianship.objects.select_for_update()
        .filter(guardian_id=code.guardian_id, user=None, ended_at=None)
        .exclude(student__guardianships__user=user)
    )
    if not links:
        raise CannotLink(_("The children of this code are linked to an account already. Ask the school office."))
    for link in links:
        link.user = user
        link.save(update_fields=["user"])
    entries.append(
        Event.GUARDIAN_LINKED, action=Action.UPDATE, by=user, about=user, students=[link.student_id for link in links], hat=Role.GUARDIAN
    )
    if Role.GUARDIAN not in queries.roles_of(user, on=queries.day_of(at)):
        roles.give(user=user, role=Role.GUARDIAN, school=None, starts_on=queries.day_of(at), ends_on=None, by=code.made_by, at=at)
    return len(links)


# -- Limits ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def set_limit(
    *,
    link_id: int,
    limit: str,
    elements: list[str],
    order_on: dt.date | None,
    ends_on: dt.date | None,
    papers_here: bool,
    by: User,
    at: dt.datetime,
) -> Guardianship:
    """Limit what a guardian may see, from this moment. Without papers an alarm goes off after 72 hours; it stays until somebody ends it.

    Raises OwnFamily.
    """
    link = Guardianship.objects.select_for_update(of=("self",)).get(pk=link_id)
    _refuse_own_family(link, by)
    due = None if papers_here else at + PAPERS_WITHIN
    link.limit, link.limit_elements, link.limit_order_on, link.limit_ends_on = limit, sorted(elements), order_on, ends_on
    link.limit_papers_due_on = queries.day_of(due) if due else None
    link.limit_set_by, link.limit_set_at = by, at
    link.save()
    _tell(Event.LIMIT_SET, link, by=by, elements=elements, limit=limit, papers=papers_here)
    if due:
        outbox.put(PAPERS_DUE, at=at, delay=PAPERS_WITHIN, link=str(link.public_id), set_at=at.isoformat())
    return link


@transaction.atomic
def papers_came(*, link_id: int, order_on: dt.date, ends_on: dt.date | None, by: User, at: dt.datetime) -> Guardianship:
    """The order behind a limit lies on the desk. Raises OwnFamily."""
    link = Guardianship.objects.select_for_update(of=("self",)).exclude(limit="").get(pk=link_id)
    _refuse_own_family(link, by)
    link.limit_papers_due_on, link.limit_order_on, link.limit_ends_on = None, order_on, ends_on
    link.save()
    _tell(Event.LIMIT_SET, link, by=by, limit=link.limit, papers=True)
    return link


@transaction.atomic
def end_limit(*, link_id: int, by: User, at: dt.datetime) -> Guardianship:
    """The order ended, or there was none. Ending it twice changes nothing. Raises OwnFamily."""
    link = Guardianship.objects.select_for_update(of=("self",)).get(pk=link_id)
    _refuse_own_family(link, by)
    if link.limit:
        ended = link.limit
        link.limit, link.limit_elements, link.limit_papers_due_on, link.limit_order_on, link.limit_ends_on = "", [], None, None, None
        link.save()
        _tell(Event.LIMIT_ENDED, link, by=by, limit=ended)
    return link


@outbox.handles(PAPERS_DUE)
def tell_about_missing_papers(body: dict) -> None:
    """72 hours are over: tell whoever set the limit, unless papers came, the limit ended, or a newer one stands in its place."""
    link = Guardianship.objects.select_related("limit_set_by").filter(public_id=body["link"]).first()
    if link is None or not link.limit or link.limit_papers_due_on is None or link.limit_set_by is None:
        return
    if link.limit_set_at is None or link.limit_set_at.isoformat() != body["set_at"] or clock.now() < link.limit_set_at:
        return
    user = link.limit_set_by
    with translation.override(user.language):
        facts = {"link": settings.BASE_URL.rstrip("/") + reverse("families:families")}
        subject = render_to_string("notices/papers_due/subject.txt", facts).strip()
        send_mail(subject, render_to_string("notices/papers_due/body.txt", facts), None, [user.email])


def _tell(event: Event, link: Guardianship, *, by: User, elements: list[str] | None = None, **data: object) -> None:
    entries.append(
        event, action=Action.UPDATE, by=by, about=link, students=[link.student_id], elements=elements or None, hat=Role.SECRETARY, data=data
    )
