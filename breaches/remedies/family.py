"""What a family reads of the help that it is offered. All of it has its Spanish."""

import datetime as dt
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from breaches.remedies import wording
from breaches.remedies.models import Offer, Remedy
from portal.base.components import Status


def card(offer: Offer, *, on: dt.date, may_answer: bool) -> dict[str, Any]:
    """One offer on the family's page: what it is, where it stands, and what can be done about it now."""
    remedy = offer.remedy
    title, words, language = wording.said(remedy.texts, get_language() or "en")
    is_over = remedy.withdrawn_at is not None or remedy.answer_by < on
    has_code = getattr(offer, "code", None) is not None
    accepted = offer.state == Offer.State.ACCEPTED
    return {
        "public_id": offer.public_id,
        "title": title,
        "words": words,
        "language": language,
        "status": _status(offer, is_over=is_over),
        "answer_by": remedy.answer_by,
        "lasts_until": remedy.lasts_until,
        "answered_at": offer.answered_at,
        "may_accept": may_answer and not is_over and not accepted,
        "may_refuse": may_answer and not is_over and offer.state != Offer.State.REFUSED and not has_code and offer.done_at is None,
        "has_code": accepted and has_code and may_answer,
        "waits_for_code": accepted and not has_code and remedy.kind == Remedy.Kind.CREDIT_WATCH and offer.done_at is None,
        "is_late": is_over and offer.state == Offer.State.OFFERED,
        "is_complaint": remedy.kind == Remedy.Kind.COMPLAINT,
    }


def _status(offer: Offer, *, is_over: bool) -> Status:
    if offer.done_at is not None:
        return Status("ok", _("You got it"))
    if offer.state == Offer.State.ACCEPTED:
        return Status("wait", _("You said yes"))
    if offer.state == Offer.State.REFUSED:
        return Status("off", _("You said no"))
    return Status("off", _("Not answered in time")) if is_over else Status("warn", _("Waiting for your answer"))
