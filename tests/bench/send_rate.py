"""`send_rate`: notices of the queue sent by two drainers, against a bare SMTP loop of two processes that make the same letters for the same server.

The loop is what one would write with the libraries: Django makes each mail, smtplib sends it, four answers of the server a letter. The server offers
PIPELINING, which the drainers use and smtplib does not; they make the head of a mail once (the bytes are the same, see test_texts.py).
"""

from contextlib import closing

from breaches.notices.models import Recipient
from tests.bench import harness, mail_out

BAR = 0.65


def run(full: bool) -> list[harness.Line]:
    """Rounds in turn; each drainer opens names and addresses through the door, marks each letter, and keeps its lease."""
    letters, rounds = (4_000, 5) if full else (1_000, 3)
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        which = mail_out.district(cursor, letters)
    harness.lift_ceiling()
    ours, bare = [], []
    with mail_out.sink() as sink:
        for _ in range(rounds):
            mail_out.close()
            bare.append(mail_out.timed([
                mail_out.process(mail_out.LOOP, sink.port, 1, letters // 2 + 1), mail_out.process(mail_out.LOOP, sink.port, letters // 2 + 1, letters + 1)
            ]))  # fmt: skip
            notice = mail_out.approved(which)
            mail_out.start(notice)
            ours.append(mail_out.timed([mail_out.process(mail_out.DRAINER, sink.port) for _ in range(2)]))
            if Recipient.objects.filter(notice=notice, state="sent", doubts=0).count() != letters:
                raise RuntimeError("not all letters were sent")
        if len(sink.taken()) != 2 * rounds * letters:
            raise RuntimeError("the mail server did not get each letter once")
    value, spread = harness.ratios(bare, ours)
    return [
        harness.line(
            "send_rate", value, "of a bare SMTP loop", bar=BAR, better="higher", n=rounds, spread=spread,
            peers={"Celery task a recipient": 0.34, "with a connection each": 0.22}, peers_measured="before, see docs",
            letters=letters, a_second=harness.tidy(letters / sorted(ours)[rounds // 2]), bare_a_second=harness.tidy(letters / sorted(bare)[rounds // 2]),
        )
    ]  # fmt: skip
