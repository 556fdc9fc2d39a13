"""Taking signed reviews in and giving own ones out; the list of keys that are trusted. What comes in is advice: no path leads from here to an approval."""

import datetime as dt
import hashlib
import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base.errors import CannotDo
from vendors.advice import files, queries
from vendors.advice.files import CannotTake, File, Finding, Limits
from vendors.advice.models import SignedReview, TrustedKey
from vendors.providers import links
from vendors.providers.models import Address, Tool
from vendors.reviews import actions as reviews
from vendors.reviews.models import Advice, Approval, Review

VALID_DAYS = 365  # how long a refusal of ours counts for others; an approval counts to its own last day
LONGEST_VALID_DAYS = 3 * 366


class CannotTrust(CannotDo):
    """The list of trusted keys stayed as it was."""


# -- Keys ----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def propose_key(*, name: str, public_key: str, by: User, at: dt.datetime) -> TrustedKey:
    """Propose to take reviews that are signed with a key, as it was told by its owner. It counts when a second person confirms it.

    Raises CannotTrust for what is no key, one that is there, and for the district's own.
    """
    key = re.sub(r"\s", "", public_key).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", key):
        raise CannotTrust(_("A key is 64 digits and letters from a to f. Copy it from the page of who signs."), code="no_key")
    if key == files.public_part(files.own_key()):
        raise CannotTrust(_("This is the key of this district."), code="own_key")
    if TrustedKey.objects.filter(public_key=key, ended_at=None).exists():
        raise CannotTrust(_("This key is on the list already."), code="there_already")
    made = TrustedKey.objects.create(name=name.strip()[:160], public_key=key, proposed_at=at, proposed_by=by)
    _tell_key(Event.TRUSTED_KEY_PROPOSED, made, by=by, action=Action.CREATE)
    return made


@transaction.atomic
def confirm_key(*, key: UUID, by: User, at: dt.datetime) -> TrustedKey:
    """Confirm a key that somebody else proposed, after comparing it with its owner on another way. Raises CannotTrust."""
    found = _locked_key(key)
    if found.proposed_by_id == by.pk:
        raise CannotTrust(_("You proposed this key. Another person has to compare and confirm it."), code="same_person")
    roles = people.roles_of(by, on=people.day_of(at))
    if not (permissions.holds(roles, Permission.REVIEW_TOOLS) or permissions.holds(roles, Permission.SECOND_KEY)):
        raise CannotTrust(_("Your role does not confirm keys."), code="no_role")
    if found.confirmed_at is None:
        found.confirmed_at, found.confirmed_by = at, by
        found.save(update_fields=["confirmed_at", "confirmed_by"])
        _tell_key(Event.TRUSTED_KEY_CONFIRMED, found, by=by, proposed_by=str(found.proposed_by.public_id))
    return found


@transaction.atomic
def end_key(*, key: UUID, by: User, at: dt.datetime) -> TrustedKey:
    """Take no further file of this key, or do not confirm it. What it signed before stays, as advice. Raises CannotTrust for one that has ended."""
    found = _locked_key(key)
    found.ended_at, found.ended_by = at, by
    found.save(update_fields=["ended_at", "ended_by"])
    _tell_key(Event.TRUSTED_KEY_ENDED, found, by=by)
    return found


def _locked_key(public_id: UUID) -> TrustedKey:
    found = TrustedKey.objects.select_for_update(of=("self",)).select_related("proposed_by").get(public_id=public_id)
    if found.ended_at is not None:
        raise CannotTrust(_("This key has left the list already."), code="ended")
    return found


# -- In ------------------------------------------------------------------------------------------------------------------------


def receive(*, content: bytes, tool: Tool, by: User, at: dt.datetime) -> Advice:
    """Take in a signed review of a tool, as advice. Whatever is not in order is refused with words, and the refusal is recorded.

    Raises CannotTake: no review, a key that nobody trusts, a signature that does not hold, one that came before, an older one than is there, one
    that has expired or is of a day to come, one of another tool.
    """
    try:
        with transaction.atomic():
            return _receive(content, tool, by=by, at=at)
    except CannotTake as refusal:
        with transaction.atomic():
            entries.refuse(Event.ADVICE_REFUSED, by=by, about=tool, data={"why": refusal.code})
        raise


def _receive(content: bytes, tool: Tool, *, by: User, at: dt.datetime) -> Advice:
    file = files.read(content)
    key = _key_of(file)
    if not files.holds(file):
        raise CannotTake(
            _("The signature does not hold: the file was changed, or somebody else signed it. Ask who sent it for a new one."),
            code="forged",
        )
    finding = file.finding
    _check_days(finding, on=people.day_of(at))
    _check_tool(finding, tool)
    digest = hashlib.sha256(file.signed).hexdigest()
    # One after another for each key: of two that come at once, the second one sees the first.
    TrustedKey.objects.select_for_update().get(pk=key.pk)
    _check_new(finding, digest, key, tool)
    advice = reviews.receive_advice(
        tool=tool,
        source=key.name,
        finding=finding.outcome,
        found_on=finding.decided_on,
        words=queries.words_of(finding)[:2000],
        signed=Advice.Signed.VALID,
        document=None,
        by=by,
        at=at,
    )
    SignedReview.objects.create(advice=advice, key=key, review_id=finding.id, sha256=digest, valid_until=finding.valid_until)
    return advice


def _key_of(file: File) -> TrustedKey:
    key = TrustedKey.objects.filter(public_key=file.key, ended_at=None).first()
    if key is None:
        raise CannotTake(
            _("Nobody here trusts the key that signed this file. Two people can put it on the list, after asking its owner."),
            code="unknown_key",
        )
    if key.confirmed_at is None:
        raise CannotTake(_("The key that signed this file waits for a second person to confirm it."), code="not_confirmed")
    return key


def _check_days(finding: Finding, *, on: dt.date) -> None:
    if finding.decided_on > on or not finding.decided_on <= finding.valid_until <= finding.decided_on + dt.timedelta(LONGEST_VALID_DAYS):
        raise CannotTake(_("The days in this file cannot be: look at the date of this computer, and ask who sent it."), code="wrong_days")
    if finding.valid_until < on:
        raise CannotTake(_("This review has expired. Ask who sent it for a newer one."), code="expired")


def _check_tool(finding: Finding, tool: Tool) -> None:
    by_address = {found.pk for found in links.tools_of_domains(finding.addresses).values()}
    by_name = (tool.provider.name.casefold(), tool.name.casefold()) == (finding.provider.casefold(), finding.tool.casefold())
    if tool.pk not in by_address and not by_name:
        raise CannotTake(_("This file is about another tool. Choose that one, or list it in the catalog first."), code="wrong_tool")


def _check_new(finding: Finding, digest: str, key: TrustedKey, tool: Tool) -> None:
    known = SignedReview.objects.filter(key=key)
    if known.filter(sha256=digest).exists() or known.filter(review_id=finding.id).exists():
        raise CannotTake(_("This review came in before. It stands with the tool's reviews."), code="came_before")
    if known.filter(advice__tool=tool, advice__found_on__gt=finding.decided_on).exists():
        raise CannotTake(_("A newer review of this tool by the same signer is there already."), code="older")


# -- Out -----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def give_out(*, review: Review, by: User, at: dt.datetime) -> bytes:
    """A finished review of this district as a signed file: outcome, reason, limits, kinds of data. No person stands in it.

    Raises CannotTake for one that has no outcome.
    """
    if review.outcome not in files.OUTCOMES:
        raise CannotTake(_("Only a review that approved or refused a tool can be given out."), code="no_outcome")
    content = files.write(_finding_of(review), files.own_key())
    entries.append(Event.ADVICE_GIVEN, action=Action.ACCESS, by=by, about=review, data={"outcome": review.outcome})
    return content


def _finding_of(review: Review) -> Finding:
    district, tool = people.district(), review.tool
    approval = Approval.objects.filter(review=review).first()
    assert review.closed_at is not None
    decided_on = people.day_of(review.closed_at)
    return Finding(
        id=review.public_id,
        issuer=district.name if district else "",
        provider=tool.provider.name,
        tool=tool.name,
        addresses=tuple(tool.addresses.filter(kind=Address.Kind.DOMAIN, path="").order_by("value").values_list("value", flat=True)),
        outcome=review.outcome,
        decided_on=decided_on,
        valid_until=max(approval.ends_on, decided_on) if approval else decided_on + dt.timedelta(days=VALID_DAYS),
        reason=review.reason,
        elements=tuple(sorted(approval.elements)) if approval else (),
        limits=None
        if approval is None
        else Limits(
            youngest_age=approval.youngest_age,
            oldest_age=approval.oldest_age,
            grades=tuple(approval.grades),
            families=approval.consent,
            no_names=approval.no_names,
            conditions=approval.conditions,
        ),
    )


def _tell_key(event: Event, key: TrustedKey, *, by: User, action: Action = Action.UPDATE, **data: Any) -> None:
    entries.append(event, action=action, by=by, about=key, data={"key": key.public_key[:16]} | data)
