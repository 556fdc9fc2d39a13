"""Mail to families: a receipt for what they said, and that something waits. No mail names a child, a tool or an answer."""

import logging
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from portal.base import clock, outbox
from vendors.consents import actions
from vendors.consents.models import Answer, Telling

log = logging.getLogger("portal.consents")
MOST_TRIES = 12


@outbox.handles(actions.RECEIPT)
def send_receipt(body: dict) -> None:
    """Tell who answered that the answer was taken; what it was stands on the page alone. For paper the office hands the receipt over."""
    one = Answer.objects.select_related("by", "standing__student").get(public_id=body["answer"])
    if one.method == Answer.Method.PAPER:
        return
    with translation.override(one.by.language):
        link = settings.BASE_URL.rstrip("/") + reverse("family:family")
        words = {"link": link, "receipt": one.public_id}
        _mail("consent_receipt", words, to=one.by.email, number=f"receipt-{one.public_id}").send()


def send_waiting(limit: int = 300) -> int:
    """Send what campaigns have put into the queue, one at a time. Safe to run twice at the same time; answers how many went.

    A run that is killed between the mail and its mark sends that one mail again, under the same Message-ID. One that fails is tried again by
    the next runs, twelve times in all.
    """
    sent = 0
    for _number in range(limit):
        with transaction.atomic():
            waiting = Telling.objects.filter(sent_at=None, attempts__lt=MOST_TRIES).order_by("attempts", "queued_at", "pk")
            telling = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("user", "campaign").first()
            if telling is None:
                break
            telling.attempts += 1
            try:
                _tell(telling)
                telling.sent_at = clock.now()
                sent += 1
            except Exception as error:  # noqa: BLE001 - whatever the mail server says: it is tried again
                log.warning("consents.mail_failed telling=%s %s", telling.pk, type(error).__name__)
            telling.save(update_fields=["attempts", "sent_at"])
    return sent


def _tell(telling: Telling) -> None:
    with translation.override(telling.user.language):
        words = {
            "link": settings.BASE_URL.rstrip("/") + reverse("family:family"),
            "answer_by": telling.campaign.answer_by,
            "again": telling.round > 0,
        }
        _mail("consent_asked", words, to=telling.user.email, number=f"asked-{telling.campaign.public_id}-{telling.pk}").send()


def _mail(kind: str, words: dict, *, to: str, number: str) -> EmailMessage:
    subject = render_to_string(f"notices/{kind}/subject.txt", words).strip()
    domain = urlsplit(settings.BASE_URL).hostname or make_msgid().rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject, render_to_string(f"notices/{kind}/body.txt", words), None, [to], headers={"Message-ID": f"<{number}@{domain}>"}
    )
