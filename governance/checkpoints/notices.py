"""Mail to witnesses, and to those who must know that the trail does not hold. Subjects name nobody."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.checkpoints import cosignatures, queries
from governance.checkpoints.models import Sending
from governance.people import queries as people
from governance.trail.seals import queries as seals
from governance.trail.seals import runs
from portal.base import clock, outbox

CHECKPOINT = "checkpoints.checkpoint"
DOES_NOT_HOLD = "checkpoints.does_not_hold"


@outbox.handles(CHECKPOINT)
def send_checkpoint(body: dict) -> None:
    """Mail one checkpoint to one witness, as text and as a file. Run twice, the witness gets the same mail twice, which harms nothing."""
    sending = Sending.objects.select_related("witness").get(public_id=body["sending"])
    signed = seals.checkpoint_of_size(sending.size)
    if signed is None or sending.witness.state != sending.witness.State.NAMED:
        return
    note = cosignatures.with_lines(signed.note)
    with translation.override(sending.witness.language):
        facts = {
            "district": people.district(),
            "witness": sending.witness,
            "because": sending.because,
            "size": signed.size,
            "note": note,
            "trail": _address("checkpoints:trail"),
            "sign": _address("checkpoints:sign"),
            "source": settings.BASE_URL.rstrip("/") + "/trail",
        }
        subject = render_to_string("notices/checkpoint/subject.txt", facts).strip()
        mail = EmailMessage(subject, render_to_string("notices/checkpoint/body.txt", facts), None, [sending.witness.email])
    mail.attach(f"checkpoint-{signed.size:012d}.txt", note, "text/plain")
    mail.send()


@outbox.handles(DOES_NOT_HOLD)
def tell_that_it_does_not_hold(body: dict) -> None:
    """Tell compliance and admins, each in the own language, that a check found something. What it found stands on the page alone."""
    found = next((run for run in runs.latest(at_most=50) if run.number == body["run"]), None)
    if found is None:
        return
    for person in queries.told_when_verifying_fails(clock.today()):
        with translation.override(person.language):
            facts = {"district": people.district(), "at": found.ended_at, "link": _address("checks:checks")}
            subject = render_to_string("notices/trail_does_not_hold/subject.txt", facts).strip()
            EmailMessage(subject, render_to_string("notices/trail_does_not_hold/body.txt", facts), None, [person.email]).send()


def _address(name: str) -> str:
    return settings.BASE_URL.rstrip("/") + reverse(name)
