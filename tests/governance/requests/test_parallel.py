"""Twenty people press the button in the same second."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from governance.authority.models import Grant
from governance.requests import actions
from governance.requests.models import DataRequest
from portal.base import clock
from portal.base.errors import CannotDo
from tests.governance.situations import decided, draft, person, sent, trail

TIMES = 20


def at_once(act: Any) -> list[str]:
    """Run `act` twenty times together; what each came to: "done" or the code of the refusal."""
    ready = threading.Barrier(TIMES)

    def one(_number: int) -> str:
        try:
            ready.wait()
            act()
            return "done"
        except CannotDo as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(TIMES) as pool:
        return sorted(pool.map(one, range(TIMES)))


def test_twenty_approvals_give_exactly_one(district) -> None:
    request = sent()
    assert at_once(lambda: decided(request)) == ["closed"] * (TIMES - 1) + ["done"]
    assert Grant.objects.filter(data_request=request.pk).count() == 1
    assert len(trail("governance.grant.made", about=DataRequest.objects.get(pk=request.pk).grant.public_id)) == 1
    assert len(trail("governance.request.narrowed", about=request.public_id)) == 1
    assert len(trail("governance.decision.refused", about=request.public_id)) == TIMES - 1


def test_twenty_presses_of_send_send_it_once(district) -> None:
    made = draft()
    outcomes = at_once(lambda: actions.submit(data_request=made.public_id, by=person("teacher"), at=clock.now()))
    assert outcomes == ["already_sent"] * (TIMES - 1) + ["done"]
    assert len(trail("governance.request.submitted", about=made.public_id)) == 1
