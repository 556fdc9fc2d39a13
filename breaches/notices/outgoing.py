"""Mails that are not families' letters: a test to oneself, and a notice to an office, a company or an editor. Handlers of the outbox.

A worker that dies between the server's answer and the commit makes a mail go again, with the same Message-ID.
"""

import datetime as dt
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from breaches.notices import contents, trouble
from breaches.notices import texts as wording
from breaches.notices.models import Addressee, Audience, Notice, Version
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import clock, outbox

TEST, TELL = "notices.test", "notices.tell"


@outbox.handles(TEST)
def send_test(body: dict) -> None:
    """A version to the person who asked, with words in the place of names."""
    version = Version.objects.select_related("notice").get(pk=body["version"])
    user = User.objects.get(public_id=body["to"], is_active=True)
    with translation.override(user.language):
        if version.notice.audience == Audience.FAMILY:
            letter = wording.Letter(version.texts, sender=settings.DEFAULT_FROM_EMAIL, district=_signature())
            subject, said = letter.body(wording.Whom(_("[name of the guardian]"), _("[name of the child]"), "", user.language, own=False))
        else:
            subject, said = written(version)
        told = _("This is a test. It went to you alone, and no student’s data is in it.")
        _send(f"{_('TEST')}: {subject}", f"{told}\n\n{said}", user.email, f"test-{version.pk}-{user.public_id}")


@outbox.handles(TELL)
def tell(body: dict) -> None:
    """A notice to one addressee, once; what was stopped, dropped or handed in meanwhile does not go."""
    addressee = (
        Addressee.objects.select_for_update(of=("self",)).select_related("notice__version").filter(public_id=body["addressee"]).first()
    )
    if (
        addressee is None
        or addressee.told_at is not None
        or addressee.given_up_at is not None
        or not addressee.notice.is_running
        or addressee.notice.drill
    ):
        return
    notice = addressee.notice
    assert notice.version is not None
    subject, said = written(notice.version)
    try:
        _send(subject, said, addressee.address, str(addressee.public_id), enclosed=enclosed_with(notice))
    except (OSError, smtplib.SMTPException) as error:
        if _is_for_now(error) and clock.now() < _until(addressee):
            raise  # the outbox tries again
        addressee.given_up_at = clock.now()
        addressee.save(update_fields=["given_up_at"])
        trouble.tell(notice, at=addressee.given_up_at, addressee=addressee)
        return
    addressee.told_at = clock.now()
    addressee.save(update_fields=["told_at"])
    entries.append(
        Event.NOTICE_DELIVERED, action=Action.UPDATE, by=None, about=notice, data={"addressee": str(addressee.public_id), "way": "mail"}
    )


def _until(addressee: Addressee) -> dt.datetime:
    """When the portal stops trying to mail a notice to somebody: four hours after it was to go. Its notice was started."""
    assert addressee.notice.started_at is not None
    return max(addressee.added_at, addressee.notice.started_at) + outbox.GIVE_UP


def _is_for_now(error: Exception) -> bool:
    """False where the server said that it will never take mail to this address."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return True
    return all(code < 500 for code, _words in error.recipients.values())


def written(version: Version) -> tuple[str, str]:
    """(subject, body) of a text that does not go to families, its languages one below the other."""
    parts = contents.every()[version.notice.content].parts
    said = []
    for language in sorted(version.texts, key=lambda each: each != "en"):
        text = version.texts[language]
        with translation.override(language):
            said.append("\n\n".join(f"{str(title).upper()}\n{text['parts'][key]}" for key, title in parts.items()))
    return version.texts["en"]["subject"], f"\n\n{'-' * 60}\n\n".join(said) + f"\n\n{_signature()}\n"


def enclosed_with(notice: Notice) -> str:
    """What is enclosed for an attorney general: the approved notice to families, without names. Empty for others, and while there is none."""
    if notice.audience != Audience.ATTORNEY_GENERAL:
        return ""
    family = Version.objects.filter(notice__incident=notice.incident_id, notice__audience=Audience.FAMILY, notice__started_at__isnull=False)
    version = family.order_by("-notice__started_at", "-number").select_related("notice").first()
    if version is None:
        return ""
    subject, said = written(version)
    return f"{subject}\n\n{said}"


def _send(subject: str, said: str, to: str, name: str, *, enclosed: str = "") -> None:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    mail = EmailMessage(subject, said, settings.DEFAULT_FROM_EMAIL, [to], headers={"Message-ID": f"<{name}@{domain}>"})
    if enclosed:
        mail.attach("notice-to-families.txt", enclosed, "text/plain")
    mail.send()


def _signature() -> str:
    district = people.district()
    return "\n".join(part for part in (district.name, district.contact_phone) if part) if district else ""
