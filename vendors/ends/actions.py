"""What is done with deletion orders. Each verb is one transaction: it locks the tool or the order, checks, and writes its entry.

The gate holds the tool's row while it commits a release, so an order never opens in the middle of one: what had left before is known to it.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base import outbox
from portal.base.errors import CannotDo
from vendors.ends import queries, texts
from vendors.ends.models import Certificate, Order, Ordered, Reminder
from vendors.providers import documents
from vendors.providers import queries as catalogue
from vendors.providers.models import Tool
from vendors.reviews import status

SENT = "vendors.deletion_ordered"
DUE = "vendors.deletion_due"
LATE = "vendors.deletion_late"
DAYS_AHEAD = (14, 7, 1)
OVER = 0  # the reminder's number for "the last day has passed"
# An order gathers so long what else arises for the same tool: one order for a class whose families withdraw in one evening.
GATHERS = dt.timedelta(hours=1)
_MOST_IN_ONE_ENTRY = 1000


class CannotOrder(CannotDo):
    """The order stayed as it was."""


class CannotConfirm(CannotDo):
    """The certificate was not taken. The refusal itself stands in the trail."""


@transaction.atomic
def order_for(*, tool: Tool, students: Collection[Student], because: str, by: User | None, at: dt.datetime) -> Order | None:
    """The provider must delete what the tool holds of these students. They join the order that gathers, or begin one.

    None where every one of them is covered already: by an order that gathers or waits for its answer, or by one for everybody after which
    nothing more can have gone there.
    """
    _lock(tool)
    fresh = [student for student in students if student.pk not in _covered(tool, [each.pk for each in students], at)]
    if not fresh:
        return None
    order = _gathering(tool, because=because, whole=False, by=by, at=at)
    if not order.whole:
        Ordered.objects.bulk_create(
            (Ordered(order=order, student=student, because=because, since=at) for student in fresh), ignore_conflicts=True
        )
        order.students = order.ordered.count()
        order.save(update_fields=["students"])
    ids = [student.pk for student in fresh]
    for first in range(0, len(ids), _MOST_IN_ONE_ENTRY):
        entries.append(
            Event.DELETION_ORDERED,
            action=Action.CREATE,
            by=by,
            about=order,
            students=ids[first : first + _MOST_IN_ONE_ENTRY],
            data={"why": because, "tool": str(tool.public_id)},
        )
    return order


@transaction.atomic
def order_all(*, tool: Tool, because: str, by: User | None, at: dt.datetime) -> Order:
    """The provider must delete everything that the tool holds. An order that gathers becomes this one, with the clock that runs already.

    Where one for everybody waits for its answer, that one is given back.
    """
    _lock(tool)
    standing = queries.orders().filter(tool=tool, whole=True, called_off_at=None, certificate=None).first()
    if standing is not None:
        return standing
    order = _gathering(tool, because=because, whole=True, by=by, at=at)
    if not order.whole:
        order.whole, order.because, order.students = True, because, 0
        order.save(update_fields=["whole", "because", "students"])
    entries.append(
        Event.DELETION_ORDERED,
        action=Action.CREATE,
        by=by,
        about=order,
        data={"why": because, "tool": str(tool.public_id), "whole": True},
    )
    return order


@transaction.atomic
def send(*, order: UUID, at: dt.datetime) -> Order:
    """Close an order's text and its list of students, and tell the provider. Twice changes nothing."""
    found = _locked(order)
    if found.sent_at is not None or found.called_off_at is not None:
        return found
    found.text = texts.canonical(found)
    found.sha256 = texts.hash_of(found.text)
    found.sent_at = at
    found.save(update_fields=["text", "sha256", "sent_at"])
    entries.append(Event.DELETION_SENT, action=Action.UPDATE, by=None, about=found, data={"sha256": found.sha256})
    outbox.put(SENT, at=at, order=str(found.public_id))
    return found


@transaction.atomic
def remind(*, order: UUID, days: int, at: dt.datetime) -> bool:
    """Put the mail that says how many days are left, or with OVER that the last one has passed. False where it was put already."""
    found = _locked(order)
    _reminder, made = Reminder.objects.get_or_create(order=found, days=days, defaults={"told_at": at})
    if made:
        event = Event.DELETION_LATE if days == OVER else Event.DELETION_REMINDED
        entries.append(event, action=Action.UPDATE, by=None, about=found, data={"days": days})
        outbox.put(LATE if days == OVER else DUE, at=at, order=str(found.public_id), days=days)
    return made


@transaction.atomic
def call_off(*, order: UUID, because: str, by: User, at: dt.datetime) -> Order:
    """The order no longer stands. Raises CannotOrder without a reason, and for one that was answered. Twice changes nothing."""
    found = _locked(order)
    if found.called_off_at is not None:
        return found
    if hasattr(found, "certificate"):
        raise CannotOrder(_("The provider has confirmed this order. It cannot be called off."), code="confirmed")
    if not because.strip():
        raise CannotOrder(_("Give a reason. It stands beside the order."), code="no_reason")
    found.called_off_at, found.called_off_by, found.called_off_because = at, by, because.strip()[:300]
    found.save(update_fields=["called_off_at", "called_off_by", "called_off_because"])
    entries.append(Event.DELETION_CALLED_OFF, action=Action.UPDATE, by=by, about=found)
    return found


def confirm(
    *,
    order: UUID,
    order_sha256: str,
    deleted_on: dt.date,
    copies_until: dt.date | None = None,
    name: str = "",
    title: str = "",
    content: bytes | None = None,
    content_sha256: str = "",
    by: User,
    at: dt.datetime,
) -> Certificate:
    """Take the provider's certificate for the order with this hash: a signed statement, with a PDF (`content`) where there is one.

    `by` is the provider's open contact who may sign, with a second factor; or who keeps providers and registers what came on paper, with its
    scan and the `name` under it. `content_sha256` is the hash that the provider names for its document, where it names one. Raises
    CannotConfirm for another order or provider, another document than the one named or one that answered another order, a day before the
    order or to come, an order that was answered or called off; that refusal is recorded in the trail.
    """
    try:
        with transaction.atomic():
            found = _locked(order)
            registered = _check_who(found, by=by, at=at)
            _check_order(found, order_sha256)
            _check_days(found, deleted_on, copies_until, at=at)
            if registered and (content is None or not name.strip()):
                raise CannotConfirm(_("Add the scan of the provider's certificate and the name under it."), code="no_document")
            if content is not None:
                _check_document(content, content_sha256)
            elif content_sha256:
                raise CannotConfirm(_("You named a file's hash and sent no file. Choose the file."), code="no_document")
            document = (
                documents.receive(content=content, title=_("Certificate of deletion: %(tool)s") % {"tool": found.tool.name}, by=by, at=at)
                if content is not None
                else None
            )
            made = Certificate.objects.create(
                order=found,
                kind=Certificate.Kind.DOCUMENT if document else Certificate.Kind.STATEMENT,
                order_sha256=order_sha256,
                deleted_on=deleted_on,
                copies_until=copies_until,
                document=document,
                name=(name.strip() if registered else by.name or by.email)[:120],
                title=(title.strip() or ("" if registered else by.title))[:120],
                signed_at=at,
                signed_by=by,
                registered=registered,
                second_factor=is_mfa_enabled(by),
            )
            entries.append(
                Event.DELETION_CONFIRMED,
                action=Action.UPDATE,
                by=by,
                about=found,
                data={"sha256": order_sha256, "document": document.sha256 if document else None, "registered": registered},
            )
            return made
    except CannotConfirm as refusal:
        entries.refuse(Event.DELETION_NOT_ACCEPTED, by=by, about=Order.objects.get(public_id=order), data={"why": refusal.code})
        raise


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _check_who(order: Order, *, by: User, at: dt.datetime) -> bool:
    """Whether the district registers it. Raises CannotConfirm for whoever may do neither."""
    contact = catalogue.open_contacts(at).filter(user=by).first()
    if contact is None:
        if permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.MANAGE_PROVIDERS):
            return True
        raise CannotConfirm(_("Your account does not act for this provider."), code="not_the_provider")
    if contact.provider_id != order.tool.provider_id:
        raise CannotConfirm(_("This order was sent to another provider."), code="not_the_provider")
    if not contact.may_sign:
        raise CannotConfirm(_("Your account may not sign for this provider. Ask the district to change that."), code="may_not_sign")
    if not is_mfa_enabled(by) and not settings.DEMO:
        raise CannotConfirm(
            _("Signing takes a second factor. Set one up under “Sign-in and security”, then sign."), code="no_second_factor"
        )
    return False


def _check_order(order: Order, order_sha256: str) -> None:
    if order.called_off_at is not None:
        raise CannotConfirm(_("The district has called this order off. There is nothing to confirm."), code="called_off")
    if hasattr(order, "certificate"):
        raise CannotConfirm(_("This order was confirmed already."), code="confirmed")
    if order.sent_at is None or order.sha256 != order_sha256:
        raise CannotConfirm(
            _("This certificate is for another order. Open the order again, read it, then confirm that one."), code="other_order"
        )


def _check_days(order: Order, deleted_on: dt.date, copies_until: dt.date | None, *, at: dt.datetime) -> None:
    if deleted_on > people.day_of(at):
        raise CannotConfirm(_("The day of the deletion is in the future. Confirm when it is done."), code="future_day")
    if deleted_on < people.day_of(order.opened_at):
        raise CannotConfirm(
            _("The day of the deletion is before the order. Data that came since would still be there: give the day on which it was done."),
            code="before_order",
        )
    if copies_until is not None and copies_until < deleted_on:
        raise CannotConfirm(_("The last copies cannot go before the data itself. Correct the days."), code="copies_first")


def _check_document(content: bytes, content_sha256: str) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if content_sha256 and content_sha256.strip().lower() != digest:
        raise CannotConfirm(
            _("The file is not the one whose hash you named. It may have been changed on its way: send the original."), code="other_file"
        )
    if Certificate.objects.filter(document__sha256=digest).exists():
        raise CannotConfirm(_("This very file has confirmed another order already. Send the one for this order."), code="file_used")


def _lock(tool: Tool) -> None:
    Tool.objects.select_for_update().get(pk=tool.pk)


def _locked(public_id: UUID) -> Order:
    return Order.objects.select_for_update(of=("self",)).select_related("tool__provider", "agreement").get(public_id=public_id)


def _covered(tool: Tool, students: Iterable[int], at: dt.datetime) -> set[int]:
    """Which of the students an order without an answer covers already, so that nothing can have gone there since."""
    waiting = Order.objects.filter(tool=tool, called_off_at=None, certificate=None)
    if waiting.filter(whole=True).exists() and not _may_receive(tool, at):
        return set(students)
    gathering = waiting.filter(sent_at=None)
    return set(Ordered.objects.filter(order__in=gathering, student__in=list(students)).values_list("student_id", flat=True))


def _may_receive(tool: Tool, at: dt.datetime) -> bool:
    return status.of(Tool.objects.get(pk=tool.pk), at).usable


def _gathering(tool: Tool, *, because: str, whole: bool, by: User | None, at: dt.datetime) -> Order:
    order = queries.orders().filter(tool=tool, sent_at=None, called_off_at=None).first()
    if order is not None:
        return order
    terms = queries.terms_of(tool)
    return Order.objects.create(
        tool=tool,
        agreement=terms.agreement,
        whole=whole,
        because=because,
        opened_at=at,
        opened_by=by,
        days=terms.days,
        clock=terms.clock,
        due_on=people.day_of(at) + dt.timedelta(days=terms.days),
        disposition=terms.disposition,
    )
