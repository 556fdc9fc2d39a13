"""What families of the demo were asked and said: one OK, one no, one OK taken back, and a form that waits. By the room's own actions."""

import datetime as dt
import uuid

from governance.people.models import User
from governance.records.models import Guardianship
from portal.base.models import Message
from vendors.consents import actions, campaigns
from vendors.consents.models import Answer, Form, Matter, Telling
from vendors.tool_requests.models import ToolUse

TOOL = "reading-journey"


def work(*, now: dt.datetime) -> None:
    """A teacher asks the families of the classes that use the reading tool; three answer; everybody can refuse directory information."""
    people = {name: User.objects.get(email=f"{name}@riverbend.example") for name in ("teacher", "steward", "parent", "other.parent")}
    use = ToolUse.objects.filter(tool__slug=TOOL, teacher=people["teacher"], ended_at=None).select_related("tool__provider").first()
    if use is None:
        return
    form = actions.publish_for_tool(tool=use.tool, by=people["steward"], at=now)
    campaigns.start(
        form=form,
        sections=use.sections,
        answer_by=now.date() + dt.timedelta(days=21),
        remind_on=[now.date() + dt.timedelta(days=7), now.date() + dt.timedelta(days=14)],
        key=_key("campaign"),
        by=people["teacher"],
        at=now,
    )
    _say(form, people["parent"], Answer.Said.GIVEN, now)
    _say(form, people["other.parent"], Answer.Said.GIVEN, now)
    _say(form, people["other.parent"], Answer.Said.WITHDRAWN, now + dt.timedelta(seconds=1))
    directory = actions.publish_for_everybody(subject=Matter.Subject.DIRECTORY, by=people["steward"], at=now)
    _say(directory, people["parent"], Answer.Said.REFUSED, now, last=True)
    # The demo writes to nobody.
    Telling.objects.filter(sent_at=None).update(sent_at=now)
    Message.objects.filter(topic=actions.RECEIPT, done_at=None).update(done_at=now)


def _say(form: Form, by: User, said: str, at: dt.datetime, *, last: bool = False) -> None:
    links = Guardianship.objects.filter(user=by, ended_at=None, may_consent=True).select_related("student").order_by("student_id")
    link = links.last() if last else links.first()
    if link is not None:
        actions.answer(
            matter=form.matter,
            student=link.student,
            said=said,
            text_sha256=form.sha256,
            language=by.language if by.language in form.texts else "en",
            key=_key(f"{form.matter.subject} {by.pk} {said}"),
            by=by,
            at=at,
        )


def _key(words: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"riverbend.example/consents/{words}")
