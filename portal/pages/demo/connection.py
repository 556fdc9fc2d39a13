"""The demo's connection: the system of the reading tool fetched its classes this morning. By the room's own actions."""

import datetime as dt

from governance.people.models import User
from vendors.oneroster import actions as connections
from vendors.oneroster import asking, serving, standard
from vendors.providers.models import Tool
from vendors.sharing import actions as sharing

TOOL = "reading-journey"
PURPOSE = "online-learning-tool"
BEGAN = 20  # days ago


def work(*, now: dt.datetime) -> None:
    """A delivery whose preview somebody confirmed, credentials, a token, and one page of students as the tool's engineer would ask for it."""
    tool = Tool.objects.filter(slug=TOOL).select_related("provider").first()
    if tool is None:
        return
    admin, began = User.objects.get(email="admin@riverbend.example"), now - dt.timedelta(days=BEGAN)
    delivery = sharing.open_delivery(tool=tool, purpose=PURPOSE, by=admin, at=began)
    decided = sharing.preview(delivery=delivery, by=admin, at=began)
    delivery = sharing.confirm(delivery=delivery, children=len(decided.given), by=admin, at=began)
    client, secret = connections.make(tool=tool, by=admin, at=began)
    connections.issue(client_id=str(client.public_id), secret=secret, wanted=(), address=None, at=now)
    service = serving.Service(client, delivery, now)
    [students] = [each for each in standard.ENDPOINTS if each.path == "students"]
    service.listed(students, {}, asking.read({}, students.kind, service.agreed))
